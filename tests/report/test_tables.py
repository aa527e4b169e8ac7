from __future__ import annotations

import io
import json

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

import geo
from geo.errors import CorridorError
from geo.report.layers import export_layers, to_geojson, with_geometry, write_atomically, write_gpkg
from geo.report.tables import for_people, to_csv, to_json, to_xlsx
from geo.words.figures import figure

EVIL = pd.DataFrame(
    {
        "id": ["=1+1", "@SUM(A1)", "+1", "-2+3", "\tx", "ok"],
        "count": [1.5, float("nan"), 3, 4, 5, 6],
    }
)


def test_formulas_are_defused():
    book = openpyxl.load_workbook(
        io.BytesIO(to_xlsx({"a/b:c*d?[very long name indeed]": EVIL}, "en"))
    )
    sheet = book.worksheets[0]
    assert [c.value for c in sheet["A"]][1:] == EVIL["id"].tolist()
    assert {c.data_type for c in sheet["A"]} == {"s"}  # text, not formulas
    assert sheet["B3"].value is None
    lines = to_csv(EVIL).decode("utf-8-sig").splitlines()
    assert lines[1] == "'=1+1,1.5"
    assert all(line[0] not in "=+-@\t" for line in lines)


def test_json_is_strict():
    records = json.loads(to_json(EVIL))
    assert records[1] == {"id": "@SUM(A1)", "count": None}


def test_people_read_one_language(wuhan, units):
    table = geo.footprint_units(wuhan, units)
    for lang, other, word in (("zh", "英文", "示意"), ("en", "(zh)", "illustrative")):
        shown = for_people(table, lang)
        assert not any(other in c for c in shown.columns)
        assert shown.columns.is_unique
        assert word in shown.to_numpy()


def test_provenance_goes_into_every_export(wuhan, tmp_path):
    layers = export_layers(wuhan)
    path = tmp_path / "w.gpkg"
    write_gpkg(layers, path)
    for name, frame in layers.items():
        again = gpd.read_file(path, layer=name)
        assert len(again) == len(frame)
        assert {"status", "source", "confidence", "note_zh"} <= set(again.columns)
        document = json.loads(to_geojson(frame, name))
        for feature in document["features"]:
            assert feature["properties"]["source"]
            assert feature["properties"]["status"] in (
                "official",
                "digitised",
                "illustrative",
                "computed",
            )
    ring = json.loads(to_geojson(layers["belts"]))["features"][0]["geometry"]["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw  # RFC 7946


def test_tables_get_the_geometry_they_speak_of(wuhan, units):
    table = geo.footprint_units(wuhan, units)
    frame = with_geometry(wuhan, table, units)
    area = frame.to_crs(wuhan.crs).geometry.area / 1e6
    inside = table["unit_id"] != ""
    assert area[inside].to_numpy() == pytest.approx(
        table.loc[inside, "area_km2"].to_numpy(), rel=1e-6, abs=1e-6
    )
    seats = with_geometry(wuhan, geo.seats_held(wuhan), units)
    assert (seats.geometry.geom_type == "Point").all()


def test_nothing_is_half_written(tmp_path):
    target = tmp_path / "out.txt"
    target.write_text("old")

    def breaks(path):
        path.write_text("half")
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        write_atomically(target, breaks)
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    with pytest.raises(CorridorError, match="no such folder"):
        write_atomically(tmp_path / "no" / "x", lambda p: None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12326518, "12,326,518"),
        (0.041234, "0.04123"),
        (99.999999, "100"),
        (4500.0, "4,500"),
        (-142.06, "-142.1"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (0, "0"),
        (81.05461, "81.05"),
    ],
)
def test_figures(value, text):
    assert figure(value) == text
