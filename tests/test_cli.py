from __future__ import annotations

import json
import subprocess
import sys

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo
from geo.cli import app, main
from geo.datasets import demo

RUNNER = CliRunner()


def corridor(*arguments):
    """Run the command as a person does, in its own process."""
    code = "from geo.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def call(*arguments):
    return RUNNER.invoke(app, [str(a) for a in arguments])


@pytest.mark.parametrize(
    "name",
    ["layers", "audit", "stats", "curve", "population", "check", "new", "export", "demo", "app"],
)
def test_help_tells_of_every_command(name):
    assert name in call("--help").output
    own = call(name, "--help")
    assert own.exit_code == 0
    assert "--help" in own.output


def test_layers(tmp_path, wuhan):
    assert "光谷科技创新大走廊" in call("layers", "--lang", "zh").output
    assert "Optics Valley" in call("layers", "--lang", "en").output
    records = json.loads(call("layers", "-f", "json").output)
    assert {r["id"] for r in records} == set(wuhan.footprints["id"])
    assert records[0].keys() >= {
        "status",
        "err_m",
        "source",
        "confidence",
        "area_km2_low",
        "area_km2",
    }
    out = tmp_path / "all.gpkg"
    assert call("layers", "--all", "-o", out).exit_code == 0
    assert len(gpd.read_file(out, layer="nodes")) == len(wuhan.nodes)
    layer = json.loads(call("layers", "-f", "geojson").output)
    assert len(layer["features"]) == len(records)


def test_audit_gives_the_library_numbers(wuhan, tmp_path):
    records = json.loads(call("audit", "-f", "json", "--all").output)
    table = geo.audit(wuhan)
    assert [r["id"] for r in records] == table["id"].tolist()
    assert [r["verdict"] for r in records] == table["verdict"].tolist()
    out = tmp_path / "audit.xlsx"
    assert call("audit", "-o", out, "--lang", "en").exit_code == 0
    rows = list(openpyxl.load_workbook(out).worksheets[0].iter_rows(values_only=True))
    assert len(rows) == len(table) + 1
    assert "WNW–ESE" in call("audit", "--lang", "en").output.replace("\n", " ")


def test_stats_of_the_layout(wuhan, units, tmp_path):
    parts = json.loads(call("stats", "-f", "json").output)
    assert set(parts) == {"areas", "nodes", "seats", "overlaps", "none"}
    table = geo.footprint_units(wuhan, units)
    assert [r["area_km2"] for r in parts["areas"]] == pytest.approx(table["area_km2"].tolist())
    out = tmp_path / "overlaps.geojson"
    assert call("stats", "-t", "overlaps", "-o", out).exit_code == 0
    layer = gpd.read_file(out)
    row = layer.set_index(["a", "b"]).loc[("donghu-science-city", "optics-valley-corridor")]
    assert gpd.GeoSeries([row.geometry], crs=4326).to_crs(wuhan.crs).area[0] / 1e6 == pytest.approx(
        row["area_km2"], rel=1e-6
    )
    wide = json.loads(call("stats", "-t", "areas", "-f", "json", "--ring-km", "2").output)
    rings = [r["area_km2"] for r in wide if r["footprint"] == "campus-rings"]
    assert sum(rings) > table.loc[table["footprint"] == "campus-rings", "area_km2"].sum()


def test_stats_of_points_and_rejects(tmp_path, wuhan):
    demo.write_dirty(wuhan, tmp_path / "dirty.csv")
    out, rejects = tmp_path / "stats.xlsx", tmp_path / "rejects.csv"
    done = corridor(
        "stats",
        tmp_path / "dirty.csv",
        "--datum",
        "gcj02",
        "--by",
        "行业",
        "--weight",
        "员工数",
        "-o",
        out,
        "--rejects",
        rejects,
        "--lang",
        "en",
    )
    assert done.returncode == 0, done.stderr
    assert "161 rows without a usable position: blank 61" in done.stderr
    assert "says nothing about the real world" in done.stderr
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["coverage", "totals", "rejects", "sources"]
    listed = pd.read_csv(rejects)
    assert len(listed) == 161
    assert list(listed.columns) == ["file", "row", "reason", "lon", "lat"]


def test_check_and_new(tmp_path, copy_of_wuhan):
    folder = tmp_path / "my-city"
    assert call("new", folder, "--name", "我的城市").exit_code == 0
    assert call("check", folder).exit_code == 0
    assert corridor("layers", "--layout", folder, "--lang", "zh").returncode == 0
    (copy_of_wuhan / "zones.geojson").write_text("{", "utf-8")
    (copy_of_wuhan / "claims.csv").write_text("id\n", "utf-8")
    done = corridor("check", copy_of_wuhan, "--lang", "en")
    assert done.returncode == 1
    assert "problems found: 2" in done.stdout
    assert "zones.geojson: not valid JSON at line 1, column 2" in done.stdout


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "xlsx", "html", "pdf", "png", "svg"])
def test_export(tmp_path, suffix):
    out = tmp_path / f"wuhan.{suffix}"
    result = call("export", out, "--lang", "zh", "--office", "规划院", "--title", "测试图")
    assert result.exit_code == 0, result.output
    assert out.stat().st_size > 10_000
    assert [p.name for p in tmp_path.iterdir()] == [out.name]  # nothing half-written is left


def test_wrong_calls_exit_2_and_say_how(tmp_path, monkeypatch, capsys):
    cases = [
        (["layers", "--layout", "atlantis"], "guangshen, hangzhou-chengxi, oxcam, wuhan"),
        (["layers", "-f", "xlsx"], "needs a file"),
        (["stats", "-f", "csv"], "choose one with --table"),
        (["audit", "-f", "geojson"], "has no geometry"),
        (["export", tmp_path / "x.doc"], "unknown ending"),
        (["export", tmp_path / "no" / "x.html"], "no such folder"),
        (["stats", tmp_path / "none.csv"], "no such file"),
        (["demo", tmp_path / "x.csv"], "ends in .xlsx"),
        (["stats", "--ring-km", "-1"], "greater than or equal to 0.01"),
        (["fly"], "No such command"),
    ]
    for arguments, expected in cases:
        monkeypatch.setattr(sys, "argv", ["corridor", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr().err
        assert ended.value.code == 2, (arguments, told)
        assert expected in " ".join(told.replace("│", " ").split()), (arguments, told)
    done = corridor("layers", "--layout", "atlantis")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_demo_writes_two_files(tmp_path):
    assert call("demo", tmp_path / "firms.xlsx").exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["firms.xlsx", "firms_dirty_gcj02_gbk.csv"]
    book = openpyxl.load_workbook(tmp_path / "firms.xlsx", read_only=True)
    assert book.sheetnames == ["数据", "说明"]
