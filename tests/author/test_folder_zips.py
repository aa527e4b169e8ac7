from __future__ import annotations

import io
import zipfile

import geopandas as gpd
import pytest
from shapely import box

import geo
from geo.errors import CorridorError, LayoutError
from geo.io.drawn_axis import axis_of
from geo.io.folder_zips import folder_of_zip, zip_of_folder, zip_of_layout
from geo.io.refusals import RefusedError
from geo.io.template import layout_of_axis
from geo.io.uploads import Upload


def packed(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in files.items():
            target.writestr(name, text)
    return Upload("own.zip", stream.getvalue())


@pytest.fixture
def folder(tmp_path):
    return layout_of_axis(tmp_path / "own", axis_of("2.1,48.8 2.2,48.7"), width_km=4, name="Own").folder  # fmt: skip


@pytest.fixture
def files(folder):
    return {f.name: f.read_text("utf-8") for f in folder.iterdir()}


@pytest.mark.parametrize("name", geo.layouts())
def test_a_bundled_layout_goes_into_a_zip_and_comes_out_the_same(name):
    own = geo.load_layout(name)
    back = folder_of_zip(Upload("x.zip", zip_of_folder(geo.layouts()[name], name)))
    again = folder_of_zip(Upload("x.zip", zip_of_layout(own)))
    for found in (back, again):
        assert found.problems == ()
        assert found.layout.folder is None
        assert found.layout.meta == own.meta
        assert found.layout.features == own.features
        assert found.layout.claims.equals(own.claims)


@pytest.mark.parametrize("prefix", ["", "own/", "deep/er/"])
def test_the_folder_is_found_where_it_lies(files, prefix):
    found = folder_of_zip(packed({prefix + n: t for n, t in files.items()} | {"__MACOSX/x": "", "other/a.csv": "1"}))  # fmt: skip
    assert found.layout.meta.id == "own"


def test_the_same_files_give_the_same_bytes(folder):
    assert zip_of_folder(folder, "a") == zip_of_folder(folder, "a")


def test_problems_are_listed(files):
    found = folder_of_zip(packed(files | {"nodes.geojson": "{", "claims.csv": "id\n"}))
    assert found.layout is None
    assert {p.file for p in found.problems} == {"nodes.geojson", "claims.csv"}


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"../x.csv": "1"}, "path-trick"), ({"/etc/x.csv": "1"}, "path-trick"), ({"C:\\x.csv": "1"}, "path-trick"),
        ({"big.csv": "0" * 60_000_000}, "ratio"), ({"two/layout.toml": "x"}, "several-layouts"),
    ],
)  # fmt: skip
def test_tricks_are_refused(files, extra, reason):
    with pytest.raises(RefusedError) as told:
        folder_of_zip(packed(files | extra))
    assert told.value.reason == reason
    assert told.value.says("zh") != told.value.says("en")


def test_what_unpacks_to_too_much_is_refused(files, monkeypatch):
    size = sum(len(text.encode()) for text in files.values())
    monkeypatch.setattr("geo.io.folder_zips.MOST_UNPACKED", size)
    assert folder_of_zip(packed(files)).problems == ()
    with pytest.raises(RefusedError) as told:
        folder_of_zip(packed(files | {"a.csv": "1"}))
    assert told.value.reason == "unpacks-to"


def test_what_is_no_layout_is_refused(files):
    files.pop("layout.toml")
    with pytest.raises(RefusedError) as told:
        folder_of_zip(packed(files))
    assert told.value.reason == "no-layout"
    with pytest.raises(CorridorError):
        folder_of_zip(Upload("own.zip", b"PK\x03\x04nonsense"))
    with pytest.raises(CorridorError):
        folder_of_zip(Upload("own.csv", b"a,b\n1,2\n"))


@pytest.mark.parametrize("where", ["/etc/passwd", "../secret.gpkg", "a\\\\b.gpkg", "/tmp/x.gpkg"])
def test_units_of_another_place_on_the_machine_are_never_read(files, where):
    meta = files["layout.toml"].replace('provider = "none"', f'provider = "file"\nfile = "{where}"')
    with pytest.raises(LayoutError, match="not in the folder"):
        folder_of_zip(packed(files | {"layout.toml": meta}))
    meta = files["layout.toml"].replace('provider = "none"', f'provider = "file"\nfile = "u.gpkg"\nlevels = {{city = "{where}"}}')  # fmt: skip
    with pytest.raises(LayoutError, match="not in the folder"):
        folder_of_zip(packed(files | {"layout.toml": meta}))


def test_its_own_units_come_along(folder, files):
    units = gpd.GeoDataFrame(
        {"adcode": ["1", "2"], "name_zh": ["西", "东"], "name_en": ["West", "East"]},
        geometry=[box(2.0, 48.6, 2.15, 48.9), box(2.15, 48.6, 2.3, 48.9)], crs=4326,
    )  # fmt: skip
    meta = files["layout.toml"].replace('provider = "none"', 'provider = "file"\nfile = "units.geojson"')  # fmt: skip
    beside = {"layout.toml": meta, "units.geojson": units.to_json()}
    found = folder_of_zip(packed(files | beside))
    if found.problems:
        # A layer file may not be called units.geojson: as a GeoPackage it may.
        units.to_file(folder / "units.gpkg")
        (folder / "layout.toml").write_text(meta.replace("units.geojson", "units.gpkg"), "utf-8")
        found = folder_of_zip(Upload("own.zip", zip_of_folder(folder, "own")))
    assert found.problems == ()
    assert geo.read_units(found.layout)["name_en"].tolist() == ["West", "East"]
    again = folder_of_zip(Upload("own.zip", zip_of_layout(found.layout)))
    assert len(geo.read_units(again.layout)) == 2
