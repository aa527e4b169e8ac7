"""A script that the application gives makes the very tables that the page shows."""

from __future__ import annotations

import ast
import hashlib
import io
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import geo
from geo.analysis.targets import known_of
from geo.datasets.demo import demo_points
from geo.errors import LayoutError
from geo.io.points import read_points
from geo.measure import from_wgs84
from geo.report.notes import notes_of
from geo.report.script import PointsAsked, missing, points_asked, script_of, variable
from geo.report.tables import to_csv, to_xlsx
from geo.words import say

HOSTILE = 'x"; raise SystemExit("hostile")\n#\'\'\'"""\\'


@pytest.fixture(scope="module")
def scenario(wuhan):
    corridor = wuhan.of_layer("corridor")[0].id
    return geo.Scenario.of(
        {
            "id": "wider", "name_zh": HOSTILE.replace("\n", " "), "name_en": "Wider {braces} %s", "base": wuhan.id,
            "changes": [{"do": "widen", "feature": corridor, "width_km": 7.5, "why": "'''\"\"\" \\n"}],
        }
    )  # fmt: skip


def run(text, folder):
    (folder / "again.py").write_text(text, "utf-8")
    done = subprocess.run([sys.executable, "-W", "error", "again.py"], cwd=folder, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def written(folder, table, layout="wuhan"):
    return (folder / f"{layout}-{table}.csv").read_bytes()


def test_tables_of_invented_firms_with_a_scenario_are_the_same(wuhan, scenario, tmp_path):
    points, changed = demo_points(wuhan), geo.apply_scenario(wuhan, scenario)
    found = geo.coverage(points, changed, by="industry", weight="staff", ring_km=1.4)
    tables = {"coverage": found.table, "coverage-totals": found.totals}
    calls = [
        "found = geo.coverage(points, layout, by=by, weight=weight, ring_km=ring_km)",
        "coverage = found.table", "coverage_totals = found.totals",
    ]  # fmt: skip
    assert missing(tables, calls) == []
    asked = points_asked(points, invented=True, by="industry", weight="staff")
    text = script_of(wuhan, list(tables), calls, scenario=scenario, points=asked, ring_km=1.4)
    out = run(text, tmp_path)
    for name, table in tables.items():
        assert written(tmp_path, name) == to_csv(table)
        assert name in out.splitlines()
    # The scenario does change the numbers: the test could fail.
    assert to_csv(geo.coverage(points, wuhan, by="industry", weight="staff", ring_km=1.4).table) != to_csv(found.table)  # fmt: skip


@pytest.mark.parametrize("asked_datum", [pytest.param("gcj02", marks=pytest.mark.long), "auto"])
def test_a_file_with_hostile_names_is_read_again(wuhan, asked_datum, tmp_path):
    name = 'firms\' "quoted" $(touch x) \\ {0}.csv'
    firms = demo_points(wuhan, 400).frame
    lon, lat = from_wgs84(firms.geometry.x, firms.geometry.y, "gcj02")
    columns = {"行业\"'": [HOSTILE if k % 3 else "=1+1" for k in range(400)], "lng_gcj02": lon, "lat_gcj02": lat, "w": range(400)}  # fmt: skip
    file = tmp_path / name
    pd.DataFrame(columns).to_csv(file, index=False)
    points = read_points(file, datum=asked_datum, err_m=120.0, known=known_of(wuhan))
    assert points.datum == "gcj02"
    table = geo.coverage(points, wuhan, by="行业\"'", weight="w").table
    asked = points_asked(
        points, datum=asked_datum, digest=hashlib.sha256(file.read_bytes()).hexdigest(), err_m=120.0, by="行业\"'", weight="w", name=name,
    )  # fmt: skip
    text = script_of(wuhan, ["coverage"], ["coverage = geo.coverage(points, layout, by=by, weight=weight).table"], points=asked)  # fmt: skip
    out = run(text, tmp_path)
    assert "another file" not in out
    assert written(tmp_path, "coverage") == to_csv(table)
    # Another file of that name is told, not taken in silence.
    file.write_text(file.read_text() + "\n", "utf-8")
    assert "another file" in run(text, tmp_path)


def test_a_folder_of_ones_own_is_read_again(copy_of_wuhan, tmp_path):
    own = copy_of_wuhan.parent / 'it\'s "mine" \\n'
    copy_of_wuhan.rename(own)
    layout = geo.read_layout(own)
    text = script_of(layout, ["audit"], ["audit = geo.audit(layout)"])
    run(text, tmp_path)
    assert written(tmp_path, "audit") == to_csv(geo.audit(layout))


def test_one_in_memory_is_read_from_the_folder_of_its_name(wuhan, tmp_path):
    meta = wuhan.meta.model_copy(update={"id": "my-city"})
    own = geo.Layout(meta, wuhan.features, wuhan.claims, wuhan.population)
    assert own.folder is None
    geo.write_layout(own, tmp_path / "my-city")
    run(script_of(own, ["audit"], ["audit = geo.audit(layout)"]), tmp_path)
    assert (tmp_path / "my-city-audit.csv").read_bytes() == to_csv(geo.audit(own))


def test_every_text_from_data_is_a_literal(wuhan, scenario):
    """Whatever a name holds, the script's names and calls stay those that the builder wrote."""
    asked = PointsAsked(HOSTILE, "0" * 64, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1.5, HOSTILE, HOSTILE)  # fmt: skip
    plain = PointsAsked("x", "0" * 64, "y", "z", "z", "z", 1.5, "b", "w")
    shapes = []
    for own in (asked, plain):
        tree = ast.parse(script_of(wuhan, ["t"], ["t = geo.audit(layout)"], scenario=scenario, points=own))  # fmt: skip
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                node.value = ""
        shapes.append(ast.dump(tree))
    assert shapes[0] == shapes[1]
    values = {n.value for n in ast.walk(ast.parse(script_of(wuhan, ["t"], ["t = 1"], points=asked))) if isinstance(n, ast.Constant)}  # fmt: skip
    assert HOSTILE in values


def test_calls_that_are_no_python_are_refused(wuhan):
    with pytest.raises(SyntaxError):
        script_of(wuhan, ["t"], ["t = geo.audit(layout"])
    assert missing({"a-b": pd.DataFrame(), "c": pd.DataFrame()}, ["a_b = 1"]) == ["c"]
    assert [variable(n) for n in ("a-b", "class", "1x", "表")] == ["a_b", "table_class", "table_1x", "table__"]  # fmt: skip


def test_the_workbook_says_what_went_in(wuhan, scenario):
    points = demo_points(wuhan, 100)
    found = geo.coverage(points, wuhan, by="industry")
    curve = geo.profile(points, wuhan.of_layer("corridor")[0])
    asked = PointsAsked("企业.xlsx", "ab" * 32, "gcj02", by="industry")
    for lang in ("zh", "en"):
        notes = notes_of(
            wuhan, lang, scenario=scenario, points=asked, n=100, rejected=3, datum="gcj02", synthetic=True, ring_km=1.2,
            methods=[curve.provenance], tables=[found.table],
        )  # fmt: skip
        content = to_xlsx({"coverage": found.table}, lang, notes=notes)
        book = openpyxl.load_workbook(io.BytesIO(content))
        assert len(book.sheetnames) == 2
        said = [str(r[0]) for r in book.worksheets[1].iter_rows(values_only=True) if r[0]]
        text = "\n".join(said)
        for part in (wuhan.id, "wider", "企业.xlsx", "ab" * 32, "gcj02", "1.2", curve.provenance.says(lang)):  # fmt: skip
            assert part in text
        assert any(len(word) == 64 for line in said for word in line.replace(":", " ").split())
        for status in set(found.table["status"]):
            assert say(f"model.status-long.{status}", lang) in said
        assert say("report.notice.synthetic", lang) in said
        assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)  # fmt: skip


def test_a_scenario_for_another_layout_fails_in_words(wuhan, scenario, tmp_path):
    other = scenario.model_copy(update={"base": "elsewhere"})
    text = script_of(wuhan, ["audit"], ["audit = geo.audit(layout)"], scenario=other)
    with pytest.raises(LayoutError, match="elsewhere"):
        exec(text, {})
    assert not list(Path(tmp_path).iterdir())
