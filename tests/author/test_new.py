from __future__ import annotations

import json
import math
import tomllib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, MultiLineString, Point
from typer.testing import CliRunner

import geo
import geo.cli.author
from geo.cli import app
from geo.errors import CorridorError, LayoutError
from geo.io.city_codes import cities_along
from geo.io.drawn_axis import axis_of, axis_of_file, axis_of_text, km_of
from geo.io.layouts import check_layout
from geo.io.slugs import slug_of, unique_slug
from geo.io.template import layout_of_axis
from geo.io.units import units_of_cities

RUNNER = CliRunner()
PARIS = "2.13424,48.80359 2.16923,48.7326 2.18727,48.69572 2.2498,48.71828 2.28301,48.72692"
G60 = "121.22326,31.03443 120.75,30.7522 120.16142,30.29365 119.64421,29.10678"


def call(*arguments, **more):
    return RUNNER.invoke(app, [str(a) for a in arguments], **more)


@pytest.mark.parametrize(
    ("text", "km"),
    [("10", 10), ("6 mi", 9.656064), ("800m", 0.8), ("3公里", 3), ("6 英里", 9.656064), ("1,200 m", 1.2)],
)  # fmt: skip
def test_a_width_has_a_unit(text, km):
    assert km_of(text) == pytest.approx(km)


@pytest.mark.parametrize("text", ["", "wide", "-3", "0", "3 leagues", "1..2", "inf"])
def test_a_width_that_is_none_is_refused(text):
    with pytest.raises(LayoutError, match="is no width"):
        km_of(text)


@pytest.mark.parametrize("text", [PARIS, PARIS.replace(" ", "\n"), PARIS.replace(" ", "; "), PARIS.replace(",", ", "), PARIS.replace(",", ",")])  # fmt: skip
def test_points_are_read_as_people_paste_them(text):
    axis = axis_of_text(text)
    assert shapely.get_coordinates(axis.line).tolist()[1] == [2.16923, 48.7326]
    assert (axis.datum, axis.doubt_m, len(axis.line.coords)) == ("wgs84", 0.0, 5)


def test_the_estimate_follows_its_rule():
    axis = axis_of_text("2.0,48.0 2.4,48.0 2.5,48.3")
    geod = Geod(ellps="WGS84")
    legs = [geod.inv(2.0, 48.0, 2.4, 48.0)[2], geod.inv(2.4, 48.0, 2.5, 48.3)[2]]
    expected = 0.05 * 111_195 + max(legs) / 10
    assert axis.coarse_m == pytest.approx(expected, rel=1e-9)
    assert expected <= axis.err_m() < expected * 1.1
    assert axis.err_m(250) == 250
    # Fine points close together: no better than drawn by hand.
    assert axis_of_text("2.00000,48.00000 2.00100,48.00000").err_m() == 100


def test_an_arc_that_is_2_7_percent_longer_strays_a_tenth_of_its_chord():
    # Independent of the series in the docstring: an arc of half angle a, its chord and sagitta.
    a = next(x for x in np.linspace(0.1, 1, 100_000) if x / math.sin(x) >= 1.027)
    assert (1 - math.cos(a)) / (2 * math.sin(a)) == pytest.approx(0.1, abs=0.002)


def test_in_china_the_doubt_about_the_datum_is_part_of_the_error():
    plain = axis_of_text(G60)
    geod, xy = Geod(ellps="WGS84"), shapely.get_coordinates(plain.line)
    moved = [geo.to_wgs84(*xy.T, name) for name in ("gcj02", "bd09")]
    worst = max(geod.inv(*xy.T, *m)[2].max() for m in moved)
    assert plain.doubt_m == pytest.approx(worst, rel=1e-4)
    assert plain.err_m(2500) >= 2500 + plain.doubt_m
    sure = axis_of_text(G60, datum="gcj02")
    assert sure.doubt_m == 0
    assert np.allclose(shapely.get_coordinates(sure.line), np.column_stack(moved[0]), atol=1e-6)
    assert axis_of_text(G60, datum="wgs84").err_m(2500) == 2500


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("31.03,121.22 30.75,120.75", "longitude first"), ("2.1,48.8", "at least two"), ("2,48 2,48", "apart"),
        ("2,48 x", "is no point"), ("nothing", "neither a file nor points"), ("400,1 2,3", "longitude"),
        ("2,48 2..3,48", "is no point"),
    ],
)  # fmt: skip
def test_points_that_are_none_are_refused_with_a_mend(text, what):
    with pytest.raises(CorridorError, match=what):
        axis_of(text)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp"])
def test_a_line_in_a_file_is_an_axis(tmp_path, suffix):
    line = axis_of_text(PARIS).line
    file = tmp_path / f"line{suffix}"
    gpd.GeoDataFrame(geometry=[shapely.force_3d(line, 7.0)], crs=4326).to_crs(2154 if suffix != ".geojson" else 4326).to_file(file)  # fmt: skip
    axis = axis_of_file(file)
    assert not axis.line.has_z
    assert shapely.hausdorff_distance(axis.line, line) < 1e-5
    assert axis.name == file.name


def test_a_drawn_line_in_kml_and_in_two_pieces_that_join(tmp_path):
    kml = tmp_path / "a.kml"
    kml.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>x</name><LineString><coordinates>'
        "2.1,48.8,0 2.2,48.7,0</coordinates></LineString></Placemark></kml>", "utf-8",
    )  # fmt: skip
    assert len(axis_of_file(kml).line.coords) == 2
    joined = MultiLineString([[(2, 48), (2.1, 48)], [(2.1, 48), (2.2, 48.1)]])
    gpd.GeoDataFrame(geometry=[joined], crs=4326).to_file(tmp_path / "j.geojson")
    assert len(axis_of_file(tmp_path / "j.geojson").line.coords) == 3
    apart = [LineString([(2, 48), (2.1, 48)]), LineString([(3, 48), (3.2, 48.1)])]
    gpd.GeoDataFrame(geometry=apart, crs=4326).to_file(tmp_path / "n.geojson")
    with pytest.raises(LayoutError, match="2 lines that do not join"):
        axis_of_file(tmp_path / "n.geojson")
    gpd.GeoDataFrame(geometry=[Point(2, 48)], crs=4326).to_file(tmp_path / "p.geojson")
    with pytest.raises(LayoutError, match="0 lines"):
        axis_of_file(tmp_path / "p.geojson")


def test_the_cities_are_those_whose_outline_the_axis_touches():
    line = axis_of_text(G60).line
    codes = cities_along(line)
    shapes = units_of_cities(codes, "city").set_index("adcode").geometry
    assert all(shape.intersects(line) for shape in shapes)
    at = [shapely.line_locate_point(line, shapely.Point(c)) for c in line.coords]
    holding = [next(c for c in codes if shapes[c].contains(shapely.Point(p))) for p in line.coords]
    assert [codes.index(c) for c in holding] == sorted(codes.index(c) for c in holding)
    assert at == sorted(at)
    assert holding == ["310000", "330400", "330100", "330700"]
    assert cities_along(axis_of_text(PARIS).line) == ()


def test_a_new_layout_is_valid_honest_and_works(tmp_path):
    made = layout_of_axis(
        tmp_path / "saclay", axis_of(PARIS), width_km=4, name="萨克雷 / Paris-Saclay", first="en"
    )
    assert check_layout(made.folder) == []
    own = geo.read_layout(made.folder)
    item = own["saclay-corridor"]
    assert (own.meta.languages, own.meta.name_zh, own.meta.name_en) == (("en", "zh"), "萨克雷", "Paris-Saclay")  # fmt: skip
    assert (item.properties.status, item.source, item.err_m) == ("illustrative", "drawn by the author", made.err_m)  # fmt: skip
    assert made.estimated
    assert "err_m is an estimate" in item.properties.note_en
    assert own.meta.units.provider == "none"
    # The strip: length times width and a disc, whatever projection: within a percent.
    length = geo.measure.length_km(item.axis)
    assert own.corridors["area_km2"].iat[0] == pytest.approx(length * 4 + math.pi * 4, rel=0.08)
    line = (made.folder / "layout.toml").read_text("utf-8")
    assert line.count("#") > 20
    assert tomllib.loads(line)["id"] == "saclay"
    assert "corridor check saclay" in (made.folder / "README.md").read_text("utf-8")
    assert (made.folder / "claims.csv").read_text("utf-8").startswith("id,subject,quantity")


def test_the_examples_in_its_readme_are_valid(tmp_path):
    made = layout_of_axis(tmp_path / "x", axis_of(PARIS), width_km=4)
    text = (made.folder / "README.md").read_text("utf-8")
    node = text.split("```json\n")[1].split("\n```")[0]
    collection = {"type": "FeatureCollection", "features": [json.loads(node)]}
    (made.folder / "nodes.geojson").write_text(json.dumps(collection), "utf-8")
    (made.folder / "claims.csv").write_text(text.split("```csv\n")[1].split("```")[0], "utf-8")
    assert check_layout(made.folder) == []
    assert len(geo.read_layout(made.folder).claims) == 1


def test_stated_things_are_kept_and_nothing_is_overwritten_or_half_written(tmp_path, monkeypatch):
    axis = axis_of(PARIS)
    made = layout_of_axis(tmp_path / "x", axis, width_km=4, err_m=50, source='GeoNames "CC BY 4.0"')
    own = geo.read_layout(made.folder)
    item = own["x-corridor"]
    assert (item.err_m, item.source, made.estimated) == (50, 'GeoNames "CC BY 4.0"', False)
    assert "estimate" not in item.properties.note_en
    before = {f.name: f.read_bytes() for f in made.folder.iterdir()}
    with pytest.raises(LayoutError, match="not empty"):
        layout_of_axis(tmp_path / "x", axis, width_km=5)
    assert {f.name: f.read_bytes() for f in made.folder.iterdir()} == before
    with pytest.raises(LayoutError, match="width"):
        layout_of_axis(tmp_path / "y", axis, width_km=0)
    monkeypatch.setattr("geo.io.template._readme", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        layout_of_axis(tmp_path / "z", axis, width_km=5)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@settings(deadline=None, max_examples=40)
@given(st.text(min_size=1, max_size=30))
def test_any_name_makes_a_valid_layout(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("n") / "f"
    made = layout_of_axis(folder, axis_of("2.1,48.8 2.2,48.7"), width_km=1, name=name)
    assert check_layout(made.folder) == []


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_slug_is_a_slug(name):
    import re

    assert re.fullmatch(r"([a-z0-9][a-z0-9-]*)?", slug_of(name))


def test_slugs():
    assert slug_of("华中科技大学") == "hua-zhong-ke-ji-da-xue"
    assert slug_of("Kongens Lyngby – Hørsholm") == "kongens-lyngby-horsholm"
    assert unique_slug("a", {"a", "a-2"}) == "a-3"


def test_the_command(tmp_path):
    folder = tmp_path / "saclay"
    done = call("new", folder, "--axis", PARIS, "--width", "2 mi", "--name", "Paris-Saclay", "--lang", "en")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "width 3.21869 km" in done.output
    assert "an estimate" in done.output
    assert "units: none" in done.output
    own = geo.read_layout(folder)
    assert own.corridors["width_km"].iat[0] == pytest.approx(3.218688)
    assert own.meta.imperial
    again = call("new", folder, "--axis", PARIS, "--width", "2")
    assert isinstance(again.exception, LayoutError)
    assert call("new", tmp_path / "n", "--axis", PARIS).exit_code == 2


def test_in_china_the_command_says_what_it_took(tmp_path):
    done = call("new", tmp_path / "g60", "--axis", G60, "--width", "20", "--lang", "zh")
    assert "分不清坐标系" in done.output
    assert "frykit" in done.output
    own = geo.read_layout(tmp_path / "g60")
    assert not own.meta.imperial
    assert own.meta.units.cities == ("310000", "330400", "330100", "330600", "330700")
    assert len(geo.read_units(own)) > 40
    said = call("new", tmp_path / "g61", "--axis", G60, "--width", "20", "--datum", "bd09", "--lang", "zh")  # fmt: skip
    assert "分不清" not in said.output
    assert "bd09" in said.output


def test_on_a_terminal_it_asks(tmp_path, monkeypatch):
    monkeypatch.setattr(geo.cli.author, "_terminal", lambda: True)
    answers = f"京杭 / Jinghang\n{G60}\n10\n\n"
    done = call("new", tmp_path / "asked", "--lang", "en", input=answers.replace("10\n", "gcj02\n10\n"))  # fmt: skip
    assert done.exit_code == 0, done.output
    own = geo.read_layout(tmp_path / "asked")
    assert own.meta.name_zh == "京杭"
    assert "gcj02" in done.output
    example = call("new", tmp_path / "e", "--lang", "en", input="\n\n")
    assert "invented" in example.output
    assert check_layout(tmp_path / "e") == []
