"""Every link, measured; every statement about one, in the audit or among the unlocated."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

import geo
from geo.analysis.links import FIGURE_COLUMNS, LINK_COLUMNS, links, ways
from geo.model.scenario import Scenario, apply_scenario
from geo.network.graph import Network
from geo.network.travel import Straight
from geo.words import catalogue

WGS84 = Geodesic.WGS84
STATED = {
    "S028": {"offshore-xianning"},
    "S030": {"partner-hust", "partner-whu"},
    "S036": {f"main-supporting-{c}" for c in ("ezhou", "huangshi", "huanggang", "xiaogan")},
    "S038": {"hxy-wuhan-xiangyang", "hxy-wuhan-yichang", "hxy-xiangyang-yichang", "research-computing"},
    "S039": {"science-science-xiangjiang", "science-science-nanchang", "science-xiangjiang-nanchang"},
    "S040": {"science-science-xiangjiang", "science-science-nanchang", "science-xiangjiang-nanchang"},
    "S041": {"hong-kong-centre"},
    "S042": {"hong-kong-station"},
    "S043": {"hong-kong"},
    "S056": {"agency-jiangxia", "match-jiangxia"},
    "S057": {"match-jiangxia"},
    "S060": {"africa-needs"},
    "S067": {"station-wut"},
    "S076": {"contest-pku", "contest-hust"},
}  # fmt: skip
"""Links by the statement of the report that names both their ends."""
CLAIMS_ALONE = {
    "S009": "a chain from laboratory to production, no places named",
    "S012": "a network of laboratories and universities, no pairs named",
    "S026": "a slogan: the world",
    "S037": "a metropolitan circle, its members not listed",
    "S058": "a platform, one place",
    "S059": "levels of policies",
    "S068": "eight stations whose hosts are not named",
    "S069": "needs, no places",
}
"""Statements about working together that name no pair of places: claims, and no links."""


def network_of(lines, oneway=0):
    """A small network along straight lines, at 60 km/h."""
    ends = [p for line in lines for p in (line.coords[0], line.coords[-1])]
    nodes = list(dict.fromkeys(ends))
    at, index = np.array(nodes), {p: k for k, p in enumerate(nodes)}
    km = np.array([WGS84.Inverse(p[1], p[0], q[1], q[0])["s12"] / 1000 for p, q in zip(ends[::2], ends[1::2], strict=True)])  # fmt: skip
    shapes = np.empty(len(lines), dtype=object)
    shapes[:] = lines
    return Network(
        "own", "user", "me", at[:, 0], at[:, 1], np.array([index[p] for p in ends[::2]], np.int32),
        np.array([index[p] for p in ends[1::2]], np.int32), km, km, np.full(len(lines), oneway, np.int8), shapes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found(wuhan):
    return links(wuhan)


def test_every_stated_link_is_there_and_in_the_audit_or_among_the_unlocated(wuhan, found):
    table = found.table.set_index("id")
    audited = geo.audit(wuhan)
    audited = set(audited.loc[audited["type"] == "claim", "id"])
    unlocated = set(wuhan.unlocated["id"])
    for ref, ids in STATED.items():
        named = {i for i in table.index if ref in table.at[i, "refs"].split()}
        assert named == ids, ref
        for name in ids:
            claims = table.at[name, "claim"].split()
            assert set(claims) <= audited
            assert claims or name in unlocated
            assert ref in set(found.figures.loc[found.figures["link"] == name, "ref"])
            assert table.at[name, "in_unlocated"] == (name in unlocated)
    for ref in CLAIMS_ALONE:
        assert ref in set(wuhan.claims["ref"]), ref
        assert not any(ref in refs.split() for refs in table["refs"]), ref
    # Nothing is left over: what no statement of the report names has a claim of its kind.
    for name, row in table.iterrows():
        assert row["refs"] or row["claim"], name
        assert row["claim"] or row["in_unlocated"], name


def test_the_seven_centres_and_the_23_universities_are_figures_of_their_links(found):
    figures = found.figures.set_index(["link", "claim"])
    own = figures.loc[("partner-hust", "park-partners")]
    assert (own["value"], own["unit"], own["qualifier"]) == (23, "universities", "exact")
    assert own["source"]
    centres = found.table[found.table["kind"] == "offshore-centre"]
    assert len(centres) == 7
    for name in centres["id"]:
        assert figures.at[(name, "offshore-cities"), "value"] == 7
        assert figures.at[(name, "offshore-cities"), "joined"] == "kind"
    assert figures.at[("africa-needs", "african-needs"), "value"] == 74
    assert figures.at[("hong-kong", "hk-flow"), "joined"] == "subject"


def test_distances_are_geodesic_and_their_bands_add_both_errors(wuhan, found):
    for row in found.table.to_dict("records"):
        ends = [wuhan[row["from_id"]], wuhan[row["to_id"]]]
        assert row["located"] == all(e.geometry is not None for e in ends)
        assert row["missing_end"].split() == [e.id for e in ends if e.geometry is None]
        if not row["located"]:
            assert math.isnan(row["km"])
            assert math.isnan(row["minutes"])
            continue
        a, b = (e.geometry for e in ends)
        inverse = WGS84.Inverse(a.y, a.x, b.y, b.x)
        assert row["km"] == pytest.approx(inverse["s12"] / 1000, abs=1e-6)
        err = sum(e.err_m for e in ends) / 1000
        assert row["km_high"] == pytest.approx(row["km"] + err)
        assert row["km_low"] == pytest.approx(max(row["km"] - err, 0))
        if row["km"]:
            assert row["azimuth_deg"] == pytest.approx(inverse["azi1"] % 360, abs=1e-6)


def test_yichang_is_290_km_away(found):
    table = found.table.set_index("id")
    assert round(table.at["hxy-wuhan-yichang", "km"], 1) == 289.3
    assert table.at["hxy-wuhan-yichang", "km_low"] < 290 < table.at["hxy-wuhan-yichang", "km_high"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_move_within_the_errors_leaves_the_band(seed):
    rng = np.random.default_rng(seed)
    lon, lat = rng.uniform(100, 120, 2), rng.uniform(20, 40, 2)
    err = rng.uniform(0, 5000, 2)
    km = WGS84.Inverse(lat[0], lon[0], lat[1], lon[1])["s12"] / 1000
    moved = [
        WGS84.Direct(lat[k], lon[k], rng.uniform(0, 360), rng.uniform(0, 1) * err[k])
        for k in (0, 1)
    ]
    after = WGS84.Inverse(moved[0]["lat2"], moved[0]["lon2"], moved[1]["lat2"], moved[1]["lon2"])
    assert abs(after["s12"] / 1000 - km) <= err.sum() / 1000 + 1e-9


@pytest.mark.parametrize(("detour", "speed"), [(1.0, 60.0), (1.4, 25.0)])
def test_straight_ways_are_marked_and_scale(wuhan, detour, speed):
    own = links(wuhan, travel=Straight(detour, speed)).table
    own = own[own["located"]]
    assert own["estimate"].all()
    assert own["km_network"].to_numpy() == pytest.approx(detour * own["km"].to_numpy(), rel=1e-4)
    assert own["minutes"].to_numpy() == pytest.approx(own["km_network"].to_numpy() * 60 / speed, rel=1e-9)  # fmt: skip
    apart = own[own["km"] > 0]
    assert apart["detour"].to_numpy() == pytest.approx(detour, rel=1e-4)
    # The band of an estimate is that of the geodesic, lengthened.
    assert (own["km_network_high"] - own["km_network"]).to_numpy() == pytest.approx(detour * (own["km_high"] - own["km"]).to_numpy())  # fmt: skip


def test_along_a_network_the_detour_is_the_way_over_the_geodesic(wuhan):
    """An L of two legs: the way is the sum of the legs, whatever the geodesic is."""
    a, b = (wuhan[f"seat-{n}"].geometry for n in ("wuhan", "yichang"))
    corner = shapely.Point(b.x, a.y)
    legs = [shapely.LineString([a, corner]), shapely.LineString([corner, b])]
    network = network_of(legs)
    table = links(wuhan, travel=network).table.set_index("id")
    row = table.loc["hxy-wuhan-yichang"]
    km = sum(WGS84.Inverse(p.y, p.x, q.y, q.x)["s12"] for p, q in ((a, corner), (corner, b))) / 1000
    assert not row["estimate"]
    assert row["km_network"] == pytest.approx(km, rel=1e-3)
    assert row["minutes"] == pytest.approx(km, rel=1e-3)
    assert row["detour"] == pytest.approx(km / row["km"], rel=1e-3)


def test_an_end_that_a_scenario_places_is_located(wuhan):
    changes = [{"do": "place", "feature": "xianning-offshore-park", "lon": 114.43, "lat": 30.48, "err_m": 500}]  # fmt: skip
    after = apply_scenario(wuhan, Scenario(id="x", name_zh="x", name_en="x", base=wuhan.id, changes=changes))  # fmt: skip
    before, now = (links(w).table.set_index("id") for w in (wuhan, after))
    assert before.at["offshore-xianning", "missing_end"] == "xianning-offshore-park"
    assert now.at["offshore-xianning", "missing_end"] == ""
    assert now.at["offshore-xianning", "km"] == pytest.approx(68, abs=3)
    assert now.at["partner-hust", "located"]


def test_two_ends_at_one_point_have_no_line_and_no_detour(found):
    row = found.table.set_index("id").loc["station-wut"]
    assert (row["located"], row["km"], row["km_low"]) == (True, 0, 0)
    assert row["km_high"] == pytest.approx(25.4)
    assert math.isnan(row["detour"])
    shape = found.frame().set_index("id").geometry["station-wut"]
    assert shape is None


def test_columns_are_as_said_and_have_words(wuhan, found):
    assert tuple(found.table.columns) == LINK_COLUMNS
    assert tuple(found.figures.columns) == FIGURE_COLUMNS
    words = catalogue()
    for column in {*LINK_COLUMNS, *FIGURE_COLUMNS}:
        assert f"report.column.{column}" in words, column
    assert found.provenance.parameters["detour"] == 1.3
    assert found.provenance.says("zh")
    # Dates are text: a year stays a year.
    assert set(found.table["since"]) >= {"2023", "2025-11", ""}


def test_ways_pair_row_by_row():
    rng = np.random.default_rng(1)
    a, b = rng.uniform((114, 30), (115, 31), (2, 7, 2))
    a[3] = a[0]
    own = ways(Straight(1.0), a, b, "km")
    for k in range(7):
        assert own[k] == pytest.approx(WGS84.Inverse(a[k, 1], a[k, 0], b[k, 1], b[k, 0])["s12"] / 1000, rel=1e-5)  # fmt: skip


def test_a_layout_without_links(copy_of_wuhan):
    (copy_of_wuhan / "links.geojson").unlink()
    claims = copy_of_wuhan / "claims.csv"
    about = ("xianning-pair,", "hk-flow,", "jiangxia-need,", "hzau-match,")
    kept = [line for line in claims.read_text("utf-8").splitlines() if not line.startswith(about)]
    claims.write_text("\n".join(kept) + "\n", "utf-8")
    empty = links(geo.read_layout(copy_of_wuhan))
    assert len(empty.table) == len(empty.figures) == 0
    assert tuple(empty.table.columns) == LINK_COLUMNS
    assert len(empty.frame()) == 0
