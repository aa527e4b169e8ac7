from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

import geo
import geo.cli.author
from geo.cli import app
from geo.io.drawn_axis import axis_of
from geo.io.next_steps import _STEPS, next_steps
from geo.io.template import layout_of_axis
from geo.words import catalogue

RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def left(folder):
    return [s.key for s in next_steps(geo.read_layout(folder)) if not s.done]


def edit(file, old, new):
    text = file.read_text("utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new), "utf-8")


def test_the_steps_lead_to_a_finished_layout(tmp_path):
    folder = layout_of_axis(tmp_path / "own", axis_of("2.1,48.8 2.2,48.7"), width_km=4, name="萨克雷").folder  # fmt: skip
    expected = ["two-points", "estimated", "source", "names-en", "nodes", "claims", "units", "as-of", "attribution"]  # fmt: skip
    assert left(folder) == expected
    layer, meta = folder / "corridors.geojson", folder / "layout.toml"
    edit(layer, "[2.2, 48.7]", "[2.15, 48.75], [2.2, 48.7]")
    assert left(folder)[0] == "estimated"
    document = json.loads(layer.read_text("utf-8"))
    document["features"][0]["properties"] |= {"note_zh": "", "note_en": "", "err_m": 300}
    document["features"][0]["properties"] |= {"source": "a plan of 2024", "name_en": "Saclay"}
    layer.write_text(json.dumps(document), "utf-8")
    assert left(folder) == ["names-en", *expected[4:]]
    edit(meta, 'name_en = "萨克雷"', 'name_en = "Saclay"')
    edit(meta, 'as_of = ""', 'as_of = "2024"')
    edit(meta, 'name = "来源待补 / source still to be named"', 'name = "A plan"')
    assert left(folder) == ["nodes", "claims", "units"]
    node = {
        "type": "Feature", "geometry": None,
        "properties": {"id": "n", "name_zh": "点", "name_en": "N", "kind": "firm", "layer": "node", "status": "official",
                       "err_m": None, "source": "a list", "confidence": "high"},
    }  # fmt: skip
    (folder / "nodes.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [node]}), "utf-8")  # fmt: skip
    assert left(folder) == ["positions", "claims", "units"]
    claims = folder / "claims.csv"
    row = {"id": "c", "subject": "n", "quantity": "x", "qualifier": "statement", "source": "s", "status": "stated", "label_zh": "x", "label_en": "x"}  # fmt: skip
    head = claims.read_text("utf-8").strip()
    claims.write_text(head + "\n" + ",".join(row.get(c, "") for c in head.split(",")) + "\n", "utf-8")  # fmt: skip
    assert left(folder) == ["positions", "corridor-claim", "units"]
    edit(claims, "c,n,x", "c,own-corridor,x")
    assert left(folder) == ["positions", "units"]


def test_every_step_has_its_words():
    for key, _, _ in _STEPS:
        assert f"author.steps.{key}" in catalogue()


@pytest.mark.parametrize("name", geo.layouts())
def test_a_bundled_layout_tells_only_what_is_true(name):
    own = geo.load_layout(name)
    steps = {s.key: s for s in next_steps(own)}
    assert set(steps["positions"].where) == {i.id for i in own.of_layer("node") if i.geometry is None}  # fmt: skip
    assert steps["units"].done == (own.meta.units.provider != "none")
    open_steps = {k for k, s in steps.items() if not s.done}
    assert open_steps <= {"positions", "units", "corridor-claim"}
    done = call("check", name, "--lang", "en")
    assert done.exit_code == 0
    assert f"{len(steps) - len(open_steps)} of {len(steps)} done" in done.output
    for step in steps.values():
        assert (step.says("en") in done.output) == (not step.done)


@pytest.mark.parametrize(("lang", "line"), [("zh", "已完成 4 项"), ("en", "4 of 13 done")])
def test_the_command_says_them_in_order(tmp_path, lang, line):
    folder = layout_of_axis(tmp_path / "own", axis_of("2.1,48.8 2.2,48.7"), width_km=4, name="萨克雷").folder  # fmt: skip
    done = call("check", folder, "--lang", lang)
    assert done.exit_code == 0
    assert line in done.output
    numbers = [text.split(".")[0].strip() for text in done.output.splitlines() if text.startswith("  ")]  # fmt: skip
    assert numbers == [str(k) for k in range(1, 10)]
    assert "own-corridor" in done.output


def test_errors_come_first_and_end_with_1(tmp_path):
    shutil.copytree(geo.layouts()["oxcam"], tmp_path / "copy")
    (tmp_path / "copy" / "claims.csv").unlink()
    assert call("check", tmp_path / "copy").exit_code == 0
    (tmp_path / "copy" / "nodes.geojson").write_text("{", "utf-8")
    done = call("check", tmp_path / "copy", "--lang", "en")
    assert done.exit_code == 1
    assert "nodes.geojson" in done.output
    assert "done" not in done.output
    assert call("check", tmp_path / "nowhere").exit_code == 1
