from __future__ import annotations

import dataclasses
import pickle
import re
from pathlib import Path

import numpy as np
import prcoords
import pytest
from coord_convert import transform as coord_convert
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

import geo
from geo.datasets.demo import demo_points
from geo.errors import DatumError
from geo.measure import detect, distance_km
from geo.measure.detect import parse_datum, to_lonlat
from geo.measure.detection import by_names
from geo.measure.evidence import by_districts, by_places, sign_test, title
from geo.words import Said, catalogue

DATUMS = ("wgs84", "gcj02", "bd09")
NEAR = (113.3, 29.0, 116.2, 31.9)
AWAY = {"wgs84": lambda x, y: (x, y), "gcj02": coord_convert.wgs2gcj, "bd09": coord_convert.wgs2bd}


NAMES = r"WGS84|GCJ-02|BD-09|CGCS2000|EPSG:\d+|bd09mc|Web 墨卡托"
QUOTED = r"'[^']*'|\"[^\"]*\""
"""A column's own name, as a sentence quotes it."""


def is_said(what):
    """Whether it is a sentence or clause in both languages, with all of its places filled in."""
    zh, en = (re.sub(QUOTED, "", what.says(lang)) for lang in ("zh", "en"))
    assert str(what) == what.says("en")
    assert not set("{}[]") & set(zh + en)
    assert "Said" not in zh + en
    assert not re.search("[\u3000-\u9fff]", en), en
    assert re.search("[\u4e00-\u9fff]", zh), zh
    assert not re.search("[A-Za-z]", re.sub(NAMES, "", zh)), zh
    return True


def detect_datum(*columns, **clues):
    """Every case here also shows that whatever is said of it is said in both languages."""
    found = detect.detect_datum(*columns, **clues)
    assert all(is_said(line) for line in found.evidence)
    assert (found.doubt is None) == (found.confidence != "unsure")
    assert found.doubt is None or is_said(found.doubt)
    return found


def shift(datum, lon, lat):
    """Coordinates as another package writes them in a datum."""
    move = AWAY[datum]
    return np.array([move(x, y) for x, y in zip(lon, lat, strict=True)]).reshape(-1, 2).T.copy()


def grid(code, lon, lat):
    return np.array(Transformer.from_crs(4326, code, always_xy=True).transform(lon, lat))


@pytest.fixture(scope="module")
def outlines(units):
    return list(zip(units["adcode"], units["name_zh"], units.geometry, strict=True))


@pytest.fixture(scope="module")
def firms(wuhan):
    """50,000 firms; their districts are read off borders of another source than the outlines'."""
    frame = demo_points(wuhan, 50_000).frame
    other = geo.read_units(wuhan, source="amap")
    joined = frame[["geometry"]].sjoin(other[["name_zh", "geometry"]], how="left")
    joined = joined[~joined.index.duplicated()]
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    return {
        "xy": {datum: shift(datum, lon, lat) for datum in DATUMS},
        "district": joined["name_zh"].fillna("").to_numpy(object),
        "looked up": frame["unit"].to_numpy(object),
    }


@pytest.fixture(scope="module")
def places(wuhan):
    nodes = wuhan.nodes[wuhan.nodes.geometry.notna()]
    nodes = nodes[~nodes.geometry.is_empty & ~nodes["name_zh"].isin(["香港", "澳门"])]
    return {r.name_zh: (r.geometry.x, r.geometry.y) for r in nodes.itertuples()}


def spoil(rng, xy, names):
    """Blanks, zeros and their image, swapped rows, far outliers, wrong names: a tenth of each."""
    x, y = xy[0].copy(), xy[1].copy()
    names = names.copy()
    n = len(x)
    rows = rng.permutation(n)
    tenth = max(n // 10, 1)
    blank, zero, turned, far = (rows[k * tenth : (k + 1) * tenth] for k in range(4))
    x[blank] = np.nan
    x[zero], y[zero] = 0, 0
    x[zero[::2]], y[zero[::2]] = -0.0065, -0.0060
    x[turned], y[turned] = y[turned], x[turned].copy()
    x[far], y[far] = rng.uniform(-90, 60, len(far)), rng.uniform(-40, 60, len(far))
    wrong = rng.permutation(n)[:tenth]
    names[wrong] = rng.permutation(names)[: len(wrong)]
    names[rng.permutation(n)[: n // 20]] = "不详"
    return (x, y), names


def right_or_unsure(found, datum, swapped=False):
    assert (found.datum == "") == (found.confidence == "unsure")
    assert found.evidence
    if found.confidence != "unsure":
        assert (found.datum, found.swapped) == (datum, swapped), found
    return found.confidence != "unsure"


# Districts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("dirty", [False, True])
def test_ample_districts_tell_the_datum(firms, outlines, datum, dirty):
    xy, names = firms["xy"][datum], firms["district"]
    if dirty:
        xy, names = spoil(np.random.default_rng(3), xy, names)
    found = detect_datum(*xy, districts=names, units=outlines)
    assert found.datum == datum
    # WGS84 is also what districts say that were looked up with raw coordinates: never "sure".
    assert found.confidence == ("likely" if datum == "wgs84" else "sure")
    assert any("lie in the district that their row names" in str(line) for line in found.evidence)
    if not dirty:
        lon, lat = to_lonlat(*xy, found.datum)
        assert distance_km(*firms["xy"]["wgs84"], lon, lat).max() < 1e-6


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("dirty", [False, True])
@pytest.mark.parametrize("n", [50, 500, 2000])
def test_few_districts_never_mislead(firms, outlines, datum, dirty, n):
    found_at_all = 0
    for seed in range(4):
        rng = np.random.default_rng([seed, n])
        rows = rng.choice(50_000, n, replace=False)
        xy, names = firms["xy"][datum][:, rows], firms["district"][rows]
        if dirty:
            xy, names = spoil(rng, xy, names)
        flip = bool(seed % 2)
        found = detect_datum(*(xy[::-1] if flip else xy), districts=names, units=outlines)
        found_at_all += right_or_unsure(found, datum, flip)
    assert n > 50 or found_at_all == 0
    assert n < 2000 or found_at_all > 0


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("column", ["district", "looked up"])
def test_one_district_alone_never_misleads(firms, outlines, datum, column):
    for name in sorted(set(firms[column]) - {""})[::2]:
        rows = np.flatnonzero(firms[column] == name)[:700]
        found = detect_datum(
            *firms["xy"][datum][:, rows], districts=firms[column][rows], units=outlines
        )
        right_or_unsure(found, datum)


def test_districts_looked_up_with_raw_coordinates_prove_nothing(firms, units, outlines, places):
    import geopandas as gpd

    for datum in ("wgs84", "gcj02", "bd09"):
        x, y = firms["xy"][datum][:, :5000]
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=4326)
        joined = points.sjoin(units[["adcode", "geometry"]], how="left")
        names = joined[~joined.index.duplicated()]["adcode"].fillna("").to_numpy(object)
        found = detect_datum(x, y, districts=names, units=outlines)
        assert (found.datum, found.confidence) == ("", "unsure")
        assert "looked up with these very coordinates" in str(found.doubt)
        # Nor do they stand against what names and places say.
        said = (f"lon_{datum}", f"lat_{datum}")
        found = detect_datum(x, y, names=said, districts=names, units=outlines)
        assert (found.datum, found.confidence) == (datum, "sure")
        xy, labels = named_rows(np.random.default_rng(1), places, datum, 30, 300, 30)
        found = detect_datum(
            *np.concatenate([[x, y], xy], axis=1), districts=[*names, *[""] * 30], units=outlines,
            labels=[*[""] * len(x), *labels], places=places,
        )  # fmt: skip
        assert (found.datum, found.confidence) == (datum, "sure")
        for code in (3857, 4547):
            found = detect_datum(*grid(code, x, y), near=NEAR, districts=names, units=outlines)
            assert found.confidence != "sure"
            assert code == 4547 or found.confidence == "unsure"


@pytest.mark.parametrize("crowd", [10, 100])
def test_a_crowd_at_one_address_is_one_observation(firms, outlines, crowd):
    x, y = np.tile(firms["xy"]["wgs84"][:, :25], crowd)
    for name in ("洪山区", "江夏区", "青山区"):
        names = np.array([name] * len(x), dtype=object)
        right_or_unsure(detect_datum(x, y, districts=names, units=outlines), "wgs84")


@pytest.mark.parametrize(
    "odd",
    [
        lambda lon, lat: np.array([prcoords.wgs_gcj(prcoords.wgs_gcj(p)) for p in zip(lat, lon, strict=True)]).T[::-1],
        lambda lon, lat: np.array([prcoords.gcj_wgs(p) for p in zip(lat, lon, strict=True)]).T[::-1],
        lambda lon, lat: np.array([prcoords.gcj_bd(p) for p in zip(lat, lon, strict=True)]).T[::-1],
        lambda lon, lat: np.array([lon, lat + 0.008]),
        lambda lon, lat: np.array([lon - 0.01, lat]),
    ],
    ids=["shifted twice", "shifted back for nothing", "half of BD-09", "800 m north", "1 km west"],
)  # fmt: skip
def test_a_shift_of_no_datum_is_none(firms, outlines, places, odd):
    x, y = odd(*firms["xy"]["wgs84"][:, :8000])
    found = detect_datum(x, y, districts=firms["district"][:8000], units=outlines)
    assert found.confidence == "unsure"
    x, y = odd(*np.array(list(places.values())).T)
    found = detect_datum(x, y, labels=list(places), places=places)
    assert found.confidence == "unsure"


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("cut", [np.round, lambda v, d: np.trunc(v * 10**d) / 10**d])
@pytest.mark.parametrize("decimals", [2, 3, 4])
def test_rounded_coordinates_never_mislead(firms, outlines, places, datum, cut, decimals):
    xy = cut(firms["xy"][datum][:, :4000], decimals)
    found = detect_datum(*xy, districts=firms["district"][:4000], units=outlines)
    right_or_unsure(found, datum)
    if decimals == 2:
        assert found.confidence == "unsure"
        assert any("rounded to 0.01 degrees" in str(line) for line in found.evidence)
    elif decimals == 3:
        assert any("three decimals" in str(line) for line in found.evidence)
    xy = cut(shift(datum, *np.array(list(places.values())).T), decimals)
    right_or_unsure(detect_datum(*xy, labels=list(places), places=places), datum)


# Places -------------------------------------------------------------------------------------------


def named_rows(rng, places, datum, count, err_m, n):
    """Rows of a file: some named after places that lie err_m off, the rest unknown."""
    names = rng.permutation(list(places))[:count]
    lon, lat = np.array([places[name] for name in names]).T
    turn, far = rng.uniform(0, 2 * np.pi, count), err_m * np.sqrt(rng.uniform(0, 1, count))
    lon = np.concatenate([lon + far * np.cos(turn) / 95_800, rng.uniform(114, 115, n - count)])
    lat = np.concatenate([lat + far * np.sin(turn) / 110_900, rng.uniform(30, 31, n - count)])
    labels = np.array([*names, *(f"某公司{k}" for k in range(n - count))], dtype=object)
    return shift(datum, lon, lat), labels


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("dirty", [False, True])
@pytest.mark.parametrize("n", [50, 500])
def test_thirty_places_tell_the_datum(places, datum, dirty, n):
    known = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        xy, labels = named_rows(rng, places, datum, 30, 300, n)
        if dirty:
            xy, labels = spoil(rng, xy, labels)
        found = detect_datum(*xy, labels=labels, places=places)
        known += right_or_unsure(found, datum)
        assert found.confidence != "likely"
        assert any("known places lie" in str(line) for line in found.evidence)
    # Of 50 dirty rows some 17 places are left, a tenth of them under a wrong name.
    assert known >= (5 if dirty and n == 50 else 6)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(DATUMS),
    st.integers(1, 40),
    st.sampled_from([0, 100, 300, 300]),
    st.booleans(),
)
def test_places_that_are_300_m_off_never_mislead(places, seed, datum, count, err_m, dirty):
    rng = np.random.default_rng(seed)
    xy, labels = named_rows(rng, places, datum, count, err_m, count + 10)
    if dirty:
        xy, labels = spoil(rng, xy, labels)
    found = detect_datum(*xy, labels=labels, places=places)
    known = right_or_unsure(found, datum)
    assert count >= 3 or not known
    assert count >= 5 or found.confidence != "sure"


@pytest.mark.parametrize("datum", DATUMS)
def test_rough_places_hardly_ever_mislead(places, datum):
    # Names of campuses kilometres wide: five times the error that is promised.
    wrong = known = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        xy, labels = named_rows(rng, places, datum, int(rng.integers(3, 12)), 1500, 12)
        found = detect_datum(*xy, labels=labels, places=places)
        known += found.confidence != "unsure"
        wrong += found.confidence != "unsure" and found.datum != datum
    assert wrong == 0
    assert known < 10


def test_places_at_one_spot_are_one_place():
    places = {f"实验室{k}": (114.36, 30.54) for k in range(30)}
    x, y = shift("gcj02", np.full(30, 114.36), np.full(30, 30.54))
    found = detect_datum(x, y, labels=list(places), places=places)
    assert found.confidence == "unsure"


def test_labels_are_compared_in_one_form(places):
    names = [name for name in places if "(" in name or "(" in name][:3] + list(places)[15:40]
    x, y = shift("bd09", *np.array([places[name] for name in names]).T)
    written = [f" {name} ".replace("(", "(").replace(")", ")") for name in names]
    assert detect_datum(x, y, labels=written, places=places).datum == "bd09"


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "datum"),
    [
        (("lng_gcj02", "lat_gcj02"), "gcj02"),
        (("高德经度", "高德纬度"), "gcj02"),
        (("腾讯lng", "腾讯lat"), "gcj02"),
        (("火星坐标经度", "火星坐标纬度"), "gcj02"),
        (("百度经度", "百度纬度"), "bd09"),
        (("bd_lon", "bd_lat"), "bd09"),
        (("BD-09 lng", "BD-09 lat"), "bd09"),
        (("bdlng", "bdlat"), "bd09"),
        (("经度_wgs84", "纬度_wgs84"), "wgs84"),
        (("lon (EPSG:4326)", "lat (EPSG:4326)"), "wgs84"),
        (("经度(CGCS2000)", "纬度(CGCS2000)"), "cgcs2000"),
        (("经度", "纬度"), ""),
        (("GPS经度", "GPS纬度"), ""),
        (("abdomen", "lobby"), ""),
        (("wgs84_lon", "gcj02_lat"), ""),
        (("西安80经度", "西安80纬度"), ""),
        (("bd09mc_x", "bd09mc_y"), ""),
        (("搜狗经度", "搜狗纬度"), ""),
    ],
)
def test_names_of_columns(names, datum):
    x, y = np.array([114.3123, 114.4127, 114.2891]), np.array([30.5123, 30.4127, 30.6891])
    found = detect_datum(x, y, names=names)
    assert (found.datum, found.confidence) == (datum, "sure" if datum else "unsure")


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("said", DATUMS)
def test_a_name_that_the_points_contradict_is_unsure(firms, outlines, places, datum, said):
    names = (f"lon_{said}", f"lat_{said}")
    rows = slice(0, 4000)
    by_district = detect_datum(
        *firms["xy"][datum][:, rows], names=names, districts=firms["district"][rows], units=outlines
    )
    xy, labels = named_rows(np.random.default_rng(5), places, datum, 30, 300, 40)
    by_place = detect_datum(*xy, names=names, labels=labels, places=places)
    for found in (by_district, by_place):
        assert found.confidence == ("sure" if said == datum else "unsure")
        assert found.datum == (said if said == datum else "")


def test_evidence_that_contradicts_itself_is_unsure(firms, outlines, places):
    xy, labels = named_rows(np.random.default_rng(5), places, "bd09", 30, 100, 30)
    rows = slice(0, 20_000)
    x, y = np.concatenate([firms["xy"]["gcj02"][:, rows], xy], axis=1)
    found = detect_datum(
        x, y, districts=[*firms["district"][rows], *[""] * 30], units=outlines,
        labels=[*[""] * 20_000, *labels], places=places,
    )  # fmt: skip
    assert found.confidence == "unsure"
    assert str(found.doubt) == "the evidence contradicts itself"


def test_no_evidence_in_china_is_unsure(firms):
    for datum in DATUMS:
        found = detect_datum(*firms["xy"][datum], near=NEAR, names=("经度", "纬度"))
        assert (found.datum, found.confidence) == ("", "unsure")
        assert found.candidates == DATUMS
        for part in ("WGS84, GCJ-02 or BD-09", "datum=", "--datum"):
            assert part in found.ask()
    assert by_names(("GPS", "amapx")) == frozenset({"gcj02"})


# Degrees: order and dirt --------------------------------------------------------------------------


def test_outside_china_datums_do_not_differ():
    rng = np.random.default_rng(1)
    for west, south, east, north in (
        (139, 35, 140, 36),
        (-100, 30, -95, 40),
        (114.17, 22.3, 114.2, 22.35),
    ):
        x, y = rng.uniform(west, east, 200), rng.uniform(south, north, 200)
        assert (detect_datum(x, y).datum, detect_datum(x, y).confidence) == ("wgs84", "sure")
        turned = detect_datum(y, x)
        assert (turned.datum, turned.swapped, turned.confidence) == ("wgs84", True, "sure")
    oxford = rng.uniform(-1.4, -1.1, 50), rng.uniform(51.6, 51.9, 50)
    assert detect_datum(*oxford).confidence == "unsure"
    assert detect_datum(*oxford, names=("lon", "lat")).confidence == "sure"
    assert detect_datum(*oxford, near=(-2, 51, 0, 53)).datum == "wgs84"
    assert detect_datum(*oxford[::-1], near=(-2, 51, 0, 53)).swapped
    assert detect_datum(*np.radians(oxford), names=("lon", "lat")).confidence == "unsure"


def test_points_that_a_shift_may_have_moved_across_the_edge_are_unsure():
    # Luohu in Shenzhen, north of the Shenzhen River: in GCJ-02 some of it seems to lie in Hong Kong.
    rng = np.random.default_rng(1)
    x, y = shift("gcj02", rng.uniform(114.12, 114.13, 50), rng.uniform(22.548, 22.55, 50))
    assert detect_datum(x, y).confidence == "unsure"


def test_western_china_may_be_swapped():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(75.9, 76.2, 200), rng.uniform(39.3, 39.6, 200)
    kashgar = (75, 39, 77, 40)
    assert str(detect_datum(x, y).doubt) == "the columns may be swapped"
    for near in (None, kashgar):
        # Names that put the points into the Arctic are not believed.
        assert (
            detect_datum(y, x, names=("lon_wgs84", "lat_wgs84"), near=near).confidence == "unsure"
        )
    for first, second, swapped in ((x, y, False), (y, x, True)):
        found = detect_datum(first, second, near=kashgar)
        assert (found.swapped, found.confidence) == (swapped, "unsure")
        assert found.candidates == DATUMS
    right = detect_datum(y, x, names=("纬度_gcj02", "经度_gcj02"))
    assert (right.datum, right.swapped, right.confidence) == ("gcj02", True, "sure")


def test_rows_without_coordinates():
    for x, y in (([], []), ([np.nan, 0, -0.0065, 0], [30, 0, -0.006, np.nan])):
        found = detect_datum(x, y)
        assert (found.datum, found.confidence, found.candidates) == ("", "unsure", ())
        assert "none is recognised" in found.ask()
    half = detect_datum([114.3, 114.4, 38_500_000, 1e12], [30.5, 30.4, 3_380_000, 7])
    assert half.confidence == "unsure"
    with pytest.raises(DatumError, match="differ in length"):
        detect_datum([114.3], [30.5, 30.6])
    with pytest.raises(DatumError, match="differ in length"):
        detect_datum([114.3], [30.5], labels=["a", "b"], places={"a": (114.3, 30.5)})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.floats(-1e8, 1e8) | st.floats(-180, 180) | st.just(float("nan"))] * 2),
        max_size=20,
    )
)
def test_nothing_that_a_column_can_hold_breaks_it(rows):
    x, y = np.array(rows, dtype=float).reshape(-1, 2).T
    found = detect_datum(x, y, near=NEAR)
    assert (found.datum == "") == (found.confidence == "unsure")
    if found.datum:
        to_lonlat(x, y, found.datum, found.swapped)
    assert found.ask()
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.datum = "gcj02"


# Projected ----------------------------------------------------------------------------------------

PREFIXED = {
    4526: (112.8, 115.2), 4527: (115.8, 118.2), 4514: (77.0, 79.0), 4519: (91.8, 94.2),
    4497: (108.5, 113.5), 4498: (114.5, 119.5), 4499: (120.5, 125.0),
}  # fmt: skip


@pytest.mark.parametrize("code", PREFIXED)
@pytest.mark.parametrize(("swapped", "n"), [(False, 500), (True, 50)])
def test_a_zone_prefix_tells_the_grid(code, swapped, n):
    rng = np.random.default_rng(code)
    south, north = (36, 39) if code == 4514 else (41, 44) if code in (4519, 4499) else (29, 33)
    lon, lat = rng.uniform(*PREFIXED[code], n), rng.uniform(south, north, n)
    x, y = grid(code, lon, lat)
    (x, y), _ = spoil(rng, (x, y), np.full(n, "", dtype=object))
    pair = (y, x) if swapped else (x, y)
    found = detect_datum(*pair)
    assert (found.datum, found.swapped, found.confidence) == (f"epsg:{code}", swapped, "likely")
    assert any("Xi'an 80 and Beijing 54" in str(line) for line in found.evidence)
    near = (lon.min(), lat.min(), lon.max(), lat.max())
    found = detect_datum(*pair, near=near, names=("X坐标", "Y坐标"))
    assert (found.datum, found.swapped, found.confidence) == (f"epsg:{code}", swapped, "sure")
    back = to_lonlat(*pair, found.datum, swapped)
    good = np.isfinite(back[0])
    off = distance_km(lon[good], lat[good], back[0][good], back[1][good])
    assert 0.5 < good.mean() < 0.95
    assert np.median(off) < 1e-5
    assert detect_datum(*pair, names=("X坐标(CGCS2000)", "Y")).confidence == "sure"
    assert detect_datum(*pair, names=("百度经度", "百度纬度"), near=near).confidence == "unsure"


def test_a_zone_prefix_in_a_large_file(firms):
    (x, y), _ = spoil(
        np.random.default_rng(1), grid(4526, *firms["xy"]["wgs84"]), firms["district"]
    )
    found = detect_datum(y, x, near=NEAR)
    assert (found.datum, found.swapped, found.confidence) == ("epsg:4526", True, "sure")


def test_figures_that_two_grids_share():
    rng = np.random.default_rng(1)
    kashgar, shanghai = (74, 38, 77.5, 40.5), (121.2, 30.9, 121.7, 31.4)
    lon, lat = rng.uniform(75, 76, 200), rng.uniform(39, 40, 200)
    for code, own in ((4491, kashgar),):
        x, y = grid(code, lon, lat)
        assert detect_datum(x, y).confidence == "unsure"
        assert detect_datum(x, y, near=own).datum == f"epsg:{code}"
    x, y = grid(3857, rng.uniform(121.3, 121.6, 200), rng.uniform(31, 31.3, 200))
    for near in (None, shanghai):
        found = detect_datum(x, y, near=near)
        assert found.confidence == "unsure"
        assert "epsg:3857" in found.candidates


def test_old_datums_and_mixed_zones_are_unsure(firms):
    x, y = grid(4526, *firms["xy"]["wgs84"][:, :500])
    found = detect_datum(y, x, names=("X(西安80)", "Y(西安80)"), near=NEAR)
    assert (found.confidence, found.candidates[0]) == ("unsure", "epsg:2362")
    lon, lat = to_lonlat(x, y, found.candidates[0])
    assert distance_km(*firms["xy"]["wgs84"][:, :500], lon, lat).max() < 0.3
    x[:200], y[:200] = grid(4527, *firms["xy"]["wgs84"][:, :200])
    assert detect_datum(x, y, near=NEAR).confidence == "unsure"
    assert np.isnan(to_lonlat(x, y, "epsg:4526")[0][:200]).all()


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_shifted_coordinates_in_a_grid_are_unsure_where_it_shows(firms, outlines, datum):
    rows = slice(0, 8000)
    for code in (4526, 3857, 4547):
        x, y = grid(code, *firms["xy"][datum][:, rows])
        found = detect_datum(x, y, near=NEAR, districts=firms["district"][rows], units=outlines)
        assert found.confidence == "unsure", found
        assert found.candidates[0] == f"epsg:{code}"


def test_without_a_prefix_the_area_tells_the_meridian(firms, outlines):
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(113.8, 114.9, 500), rng.uniform(30.2, 30.9, 500)
    x, y = grid(4547, lon, lat)
    found = detect_datum(y, x, near=NEAR)
    assert (found.datum, found.swapped, found.confidence) == ("epsg:4547", True, "likely")
    alone = detect_datum(x, y)
    assert alone.confidence == "unsure"
    assert "epsg:4547" in alone.candidates
    assert "more" in alone.ask()
    assert detect_datum(x, y, near=(103, 30, 105, 31)).datum in ("", "epsg:4544")
    assert detect_datum(x, y, near=(10, 50, 12, 52)).confidence == "unsure"
    named = detect_datum(x, y, names=("x_epsg4547", "y_epsg4547"), near=NEAR)
    assert (named.datum, named.confidence) == ("epsg:4547", "sure")
    assert detect_datum(x, y, names=("x_epsg99999", "y"), near=NEAR).confidence == "unsure"
    # Districts settle the meridian, and tell a six-degree Gauss-Krueger grid from UTM.
    for code in (4547, 4548, 32650):
        x, y = grid(code, *firms["xy"]["wgs84"][:, :20_000])
        found = detect_datum(x, y, districts=firms["district"][:20_000], units=outlines)
        assert found.datum in ("", f"epsg:{code}"), found
        assert found.datum or code == 4548


@pytest.mark.parametrize("code", [4508, 4509, 32649, 32650])
def test_six_degree_grids_and_utm_look_alike(code):
    rng = np.random.default_rng(1)
    west, east = {4508: (111.2, 113), 32649: (111.2, 113), 4509: (116, 118), 32650: (116, 118)}[
        code
    ]
    x, y = grid(code, rng.uniform(west, east, 300), rng.uniform(30.2, 30.9, 300))
    found = detect_datum(x, y, near=(west, 30, east, 31))
    assert found.confidence == "unsure"
    same = {4508: "epsg:4546", 4509: "epsg:4548"}.get(code, f"epsg:{code}")
    assert same in found.candidates


def test_web_mercator_may_hide_a_datum(firms, outlines, places):
    for datum in DATUMS:
        x, y = grid(3857, *firms["xy"][datum][:, :2000])
        found = detect_datum(x, y, near=NEAR)
        assert (found.confidence, found.candidates) == ("unsure", ("epsg:3857",))
        xy, labels = named_rows(np.random.default_rng(2), places, datum, 30, 200, 30)
        found = detect_datum(*grid(3857, *xy), labels=labels, places=places)
        assert found.datum == ("epsg:3857" if datum == "wgs84" else "")


# Words --------------------------------------------------------------------------------------------


def test_what_is_said_nests_and_keeps_what_data_hold():
    line = Said("datum.names.say", columns=repr("{n}"), datums=title("gcj02 in epsg:4547"))
    assert str(line) == "The columns '{n}' name GCJ-02 in EPSG:4547"
    assert line.says("zh") == "列名 '{n}' 所指坐标系:EPSG:4547 中的 GCJ-02"
    shares = [Said("datum.under.share", share="1.0 %", datum=title(d)) for d in ("bd09", "wgs84")]
    listed = Said("datum.grid.shares", n=1234, shares=shares)
    assert listed.says("en").endswith("Of 1,234 points, in the area of interest lie: 1.0 % under BD-09, 1.0 % under WGS84")  # fmt: skip
    assert listed.says("zh").endswith(":按 BD-09 为 1.0 %、按 WGS84 为 1.0 %")
    assert pickle.loads(pickle.dumps(listed)) == listed
    assert len({listed, Said("datum.grid.shares", n=1234, shares=shares)}) == 1
    assert listed != Said("datum.grid.shares", n=1, shares=shares)
    with pytest.raises(dataclasses.FrozenInstanceError):
        listed.key = "datum.rows.none"


def test_rare_sentences(outlines, places):
    far = np.full(20, 2.0), np.full(20, 48.0)
    readings = {"wgs84": far, "gcj02 in epsg:4547": far}
    for found in (
        by_districts(readings, ["洪山区"] * 20, outlines),
        by_places(readings, list(places)[:20], places),
    ):
        assert found.against == set(readings)
        assert all(is_said(line) for line in found.lines)
    one = {"武汉": (114.3, 30.6)}
    found = by_places({"wgs84": (np.array([114.3]), np.array([30.6]))}, ["武汉"], one)
    assert [str(line) for line in found.lines] == ["1 known place lies 0 m (median) from the rows named after them under WGS84"]  # fmt: skip


def test_every_word_of_the_detective_exists_and_is_used():
    words = {key for key in catalogue() if key.startswith("datum.")}
    code = "".join(path.read_text("utf-8") for path in Path(detect.__file__).parent.glob("*.py"))
    asked = set(re.findall(r'"(datum\.[\w.-]+)"', code))
    assert asked <= words
    families = ("datum.name.", "datum.kind.", "datum.order.first", "datum.order.second")
    families += ("datum.place.one", "datum.place.several")
    assert {key for key in words - asked if not key.startswith(families)} == set()
    for key in words:
        zh, en = (re.sub(r"{[^}]*}", "", catalogue()[key][lang]) for lang in ("zh", "en"))
        assert not re.search("[A-Za-z]", re.sub(NAMES, "", zh)), key
        assert not re.search("[\u3000-\u9fff]", en), key
    named = re.findall(r'^    "([\w ]+)": rf?"', code, re.MULTILINE)
    assert {"gcj02", "xian80", "another datum"} <= set(named)
    for reading in (*named, "wgs84", "epsg:4547", "bd09 in epsg:3857"):
        assert str(title(reading))


# Converting and names of datums -------------------------------------------------------------------


def test_conversion_keeps_gaps_and_says_what_is_valid():
    lon, lat = to_lonlat([114.3, np.nan, 200, 30.6], [30.6, 30.6, 1, 114.3], "gcj02")
    assert np.isfinite(lon).tolist() == [True, False, False, False]
    assert np.isnan(lat[1:]).all()
    assert to_lonlat([30.6], [114.3], "wgs84", swapped=True)[0][0] == 114.3
    x, y = grid(4547, 114.3, 30.6)
    lon, lat = to_lonlat([x, np.nan, 38_528_000, 1e12], [y, y, y, 1e12], "EPSG:4547")
    assert lon[0] == pytest.approx(114.3)
    assert np.isnan(lon[1:]).all()
    with pytest.raises(DatumError, match=r"wgs84, cgcs2000, gcj02, bd09, or an EPSG code"):
        to_lonlat([1], [2], "nonsense")
    with pytest.raises(DatumError, match="differ in shape"):
        to_lonlat([1], [2, 3], "wgs84")


def test_words_for_datums():
    assert [parse_datum(w) for w in ("WGS 84", "GCJ-02", "bd09ll", "CGCS2000", "EPSG:4490")] == [
        "wgs84", "gcj02", "bd09", "cgcs2000", "cgcs2000",
    ]  # fmt: skip
    assert [parse_datum(w) for w in ("4326", "epsg:4526", "EPSG 4526", "4526")] == [
        "wgs84", *["epsg:4526"] * 3,
    ]  # fmt: skip
    for word in ("", "epsg:99999", "beijing54", "epsg:5773"):
        with pytest.raises(DatumError):
            parse_datum(word)


def test_the_sign_test_is_exact():
    from scipy.stats import binomtest

    for wins, losses in ((0, 0), (5, 0), (14, 0), (9, 3), (700, 600), (40, 60)):
        n = wins + losses
        expected = binomtest(wins, n, alternative="greater").pvalue if n else 1.0
        assert sign_test(wins, losses) == pytest.approx(expected, rel=1e-9)
