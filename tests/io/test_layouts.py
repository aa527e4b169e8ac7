from __future__ import annotations

import json

import pytest
import shapely

import geo
from geo.errors import LayoutError
from geo.io.layouts import check_layout
from geo.io.template import new_layout


def edit(folder, layer, change, name=None):
    """Change one feature of a layer (the first, or one by id) and write the file again."""
    path = folder / f"{layer}s.geojson"
    document = json.loads(path.read_text("utf-8"))
    for feature in document["features"]:
        if name is None or feature["properties"].get("id") == name:
            change(feature)
            break
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def told(folder):
    return "\n".join(str(p) for p in check_layout(folder))


def test_reading_writing_and_reading_again_gives_the_same(wuhan, tmp_path):
    folder = geo.write_layout(wuhan, tmp_path / "again")
    for name in ("needs.csv", "supply.csv"):
        assert (folder / name).read_bytes() == (wuhan.folder / name).read_bytes()
    again = geo.read_layout(folder)
    assert again.meta == wuhan.meta
    assert [f.properties for f in again.features] == [f.properties for f in wuhan.features]
    for a, b in zip(again.features, wuhan.features, strict=True):
        assert (a.geometry is None) == (b.geometry is None)
        assert a.geometry is None or shapely.equals_exact(a.geometry, b.geometry, 0)
    assert again.claims.equals(wuhan.claims)
    assert again.population.equals(wuhan.population)
    third = geo.write_layout(again, tmp_path / "third")
    for file in folder.iterdir():
        assert file.read_bytes() == (third / file.name).read_bytes()
    with pytest.raises(LayoutError, match="holds a layout already"):
        geo.write_layout(wuhan, folder)


def test_the_bundled_layout_is_valid():
    for folder in geo.layouts().values():
        assert check_layout(folder) == []


def test_a_new_layout_is_valid_and_works(tmp_path):
    folder = new_layout(tmp_path / "my-city", lon=120.1, lat=30.25)
    assert check_layout(folder) == []
    layout = geo.read_layout(folder)
    assert layout["corridor"].length_km > 15
    assert len(layout.unlocated) == 1
    verdicts = geo.audit(layout)["verdict"]
    assert list(verdicts) == ["not-measurable"]
    with pytest.raises(LayoutError, match="not empty"):
        new_layout(folder)
    with pytest.raises(LayoutError, match="no place"):
        new_layout(tmp_path / "x", lon=400)
    odd = new_layout(tmp_path / 'Ödes "Dorf"', name='A "quoted"\nname')
    assert check_layout(odd) == []


def test_all_problems_are_told_at_once(copy_of_wuhan):
    edit(copy_of_wuhan, "zone", lambda f: f["properties"].pop("source"))
    edit(copy_of_wuhan, "corridor", lambda f: f["properties"].update(widht_km=4))
    edit(copy_of_wuhan, "belt", lambda f: f["properties"].update(status="official-ish"))
    text = told(copy_of_wuhan)
    assert (
        "zones.geojson, feature 1 (donghu-science-city), source: the field is missing — add it"
        in text
    )
    assert "widht_km: the field is not known — did you mean width_km?" in text
    assert "'official-ish' is not one of 'official', 'digitised'" in text
    assert len(check_layout(copy_of_wuhan)) == 3
    with pytest.raises(LayoutError, match="3 problems") as caught:
        geo.read_layout(copy_of_wuhan)
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("layer", "change", "expected"),
    [
        ("node", lambda f: f["geometry"].update(coordinates=[30.5, 114.3]), "swapped coordinates"),
        (
            "node",
            lambda f: f["geometry"].update(coordinates=[527000.0, 3384000.0]),
            "are not degrees",
        ),
        ("node", lambda f: f["geometry"].update(coordinates=["a", "b"]), "not numbers"),
        ("node", lambda f: f["geometry"].update(coordinates=[]), "it is empty"),
        (
            "node",
            lambda f: f.update(geometry={"type": "Polygon", "coordinates": []}),
            "use Point, or null",
        ),
        ("node", lambda f: f.update(geometry=None), "an unlocated feature has an err_m"),
        ("node", lambda f: f["properties"].update(err_m=None), "a located feature has no err_m"),
        ("node", lambda f: f["properties"].update(err_m=-5), "is below 0"),
        (
            "node",
            lambda f: f["properties"].update(kind="castle"),
            "kind 'castle' is not a kind of node",
        ),
        ("node", lambda f: f["properties"].update(id="Not A Slug"), "not an identifier"),
        ("node", lambda f: f["properties"].update(parent="nobody"), "no feature 'nobody'"),
        ("node", lambda f: f["properties"].update(as_of="last spring"), "is not a date"),
        ("node", lambda f: f["properties"].update(layer="zone"), "in the file of layer 'node'"),
        ("node", lambda f: f["properties"].update(name_zh=""), "the text is empty"),
        ("node", lambda f: f.update(properties=None), "not a GeoJSON Feature with properties"),
        ("link", lambda f: f["properties"].update(to_id="nowhere"), "no feature 'nowhere'"),
        (
            "link",
            lambda f: f.update(geometry={"type": "Point", "coordinates": [1, 2]}),
            "drawn between its ends",
        ),
        ("corridor", lambda f: f["properties"].update(width_km=-2), "is not above 0"),
        ("corridor", lambda f: f["properties"].update(widths_km=[[0, 2]]), "exactly one of them"),
        (
            "corridor",
            lambda f: f["properties"].update(width_km=None, widths_km=[[5, 2], [1, 3]]),
            "chainages must grow",
        ),
        (
            "corridor",
            lambda f: f["properties"].update(cores=["missing-core"]),
            "no feature 'missing-core'",
        ),
        (
            "belt",
            lambda f: f["properties"].update(length_km=None),
            "needs azimuth_deg, length_km and width_km",
        ),
        ("belt", lambda f: f["properties"].update(azimuth_deg=400), "is not below 360"),
        ("zone", lambda f: f["properties"].update(area_km2=None), "skeleton without area_km2"),
        ("zone", lambda f: f["properties"].update(side="left"), "one-sided without a line"),
        (
            "zone",
            lambda f: f["properties"].update(nested_in=f["properties"]["id"]),
            "it refers to itself",
        ),
        (
            "zone",
            lambda f: f.update(
                geometry={
                    "type": "Polygon",
                    "coordinates": [[[114, 30], [115, 31], [115, 30], [114, 31], [114, 30]]],
                }
            ),
            "crosses itself",
        ),
    ],
)
def test_malformed_features_are_told(copy_of_wuhan, layer, change, expected):
    edit(copy_of_wuhan, layer, change)
    text = told(copy_of_wuhan)
    assert expected in text
    assert f"{layer}s.geojson" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not valid JSON at line 1"),
        (b'{"type": "FeatureCollection", "features": [', "not valid JSON"),
        (b"[1, 2]", "not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection"}', "no list of features"),
        (b'{"type": "FeatureCollection", "features": [7]}', "not a GeoJSON Feature"),
        (b'{"type": "FeatureCollection", "features": [], "x": NaN}', "holds NaN"),
        ('{"type": "FeatureCollection", "features": [], "n": "\u6b66"}'.encode("gbk"), "not UTF-8"),
        (
            b'{"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:3857"}}, "features": []}',
            "its crs member says",
        ),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_malformed_files_are_told(copy_of_wuhan, content, expected):
    (copy_of_wuhan / "rivers.geojson").write_bytes(content)
    assert expected in told(copy_of_wuhan)
    assert "rivers.geojson" in told(copy_of_wuhan)


def test_other_problems_of_a_folder(copy_of_wuhan, tmp_path):
    assert "no such folder" in told(tmp_path / "nowhere")
    (tmp_path / "bare").mkdir()
    assert "layout.toml: the file is missing" in told(tmp_path / "bare")
    (copy_of_wuhan / "node.geojson").write_text("{}")
    assert "rename it to one of" in told(copy_of_wuhan)
    (copy_of_wuhan / "node.geojson").unlink()
    meta = copy_of_wuhan / "layout.toml"
    text = meta.read_text("utf-8")
    meta.write_text(text.replace("centre = [114.5001, 30.5708]", "centre = [30.5, 114.5]"), "utf-8")
    assert "centre.1: 114.5 is above 90" in told(copy_of_wuhan)
    meta.write_text(text + "\n[units\n", "utf-8")
    assert "not valid TOML" in told(copy_of_wuhan)


def test_swapped_coordinates_that_stay_in_range(tmp_path):
    folder = new_layout(tmp_path / "oxford", lon=-1.25, lat=51.75)
    assert check_layout(folder) == []
    edit(folder, "node", lambda f: f["geometry"].update(coordinates=[51.76, -1.24]))
    assert "campus, geometry: 51.760, -1.240 lies far from the layout's centre: swapped" in told(
        folder
    )


def test_units_of_measure_that_are_not_known(copy_of_wuhan):
    path = copy_of_wuhan / "claims.csv"
    path.write_text(
        path.read_text("utf-8").replace("area,,100,,km²", "area,,100,,furlong"), "utf-8"
    )
    assert "'furlong' is no unit of area — use one of km², km2" in told(copy_of_wuhan)


def test_the_same_id_twice_and_loops(copy_of_wuhan):
    edit(copy_of_wuhan, "river", lambda f: f["properties"].update(id="robot-valley"))
    assert "robot-valley, id: also used in belts.geojson" in told(copy_of_wuhan)
    edit(copy_of_wuhan, "river", lambda f: f["properties"].update(id="yangtze"))
    edit(
        copy_of_wuhan,
        "zone",
        lambda f: f["properties"].update(nested_in="donghu-science-city"),
        "donghu-science-city-260",
    )
    assert "it comes back to itself" in told(copy_of_wuhan)


def test_malformed_tables_are_told(copy_of_wuhan):
    path = copy_of_wuhan / "claims.csv"
    lines = path.read_text("utf-8").splitlines()
    spoiled = lines[1].replace("statement", "hearsay")
    path.write_text("\n".join([lines[0], spoiled, lines[2] + ",one,more", *lines[3:]]), "utf-8")
    text = told(copy_of_wuhan)
    assert "claims.csv, row 2, qualifier: 'hearsay' is not one of" in text
    assert "claims.csv, row 3: the row has not as many cells as the header" in text
    path.write_text(
        "\n".join(line.replace("robot-valley", "robot-alley") for line in lines), "utf-8"
    )
    assert "no feature 'robot-alley'" in told(copy_of_wuhan)
    path.write_text("id,subject\n1,layout\n", "utf-8")
    assert "no column quantity" in told(copy_of_wuhan)
    path.write_bytes("编号,说法\n".encode("gbk"))
    assert "not UTF-8" in told(copy_of_wuhan)
