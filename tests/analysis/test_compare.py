from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

import geo
from geo.analysis.compare import COMPARE_COLUMNS, compare
from geo.analysis.footprints import footprints_of
from geo.errors import LayoutError
from geo.model.scenario import Scenario, apply_scenario

OPTICS, VALLEY = "optics-valley-corridor", "robot-valley"


def scenario(*changes):
    return Scenario.of(
        {"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": changes}
    )


SOUTH = {"do": "move", "feature": OPTICS, "by_km": 4, "azimuth_deg": 180}
NARROW = {"do": "widen", "feature": VALLEY, "width_km": 15}
TURN = {"do": "turn", "feature": "auto-valley-corridor", "by_deg": 20}


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(12)
    n = 6000
    lon, lat = rng.uniform([113.7, 29.9], [115.3, 31.2], (n, 2)).T
    return pd.DataFrame(
        {"lon": lon, "lat": lat, "kind": rng.choice(["a", "b"], n), "staff": rng.integers(-5, 60, n), "err_m": rng.choice([0.0, 0.0, 300.0], n)}
    )  # fmt: skip


def rows(result, statistic, scope="footprint", by=""):
    t = result.table
    return t[(t["statistic"] == statistic) & (t["scope"] == scope) & (t["by"] == by)].set_index("id")  # fmt: skip


@pytest.fixture(scope="module")
def result(wuhan, units, points):
    return compare(wuhan, scenario(SOUTH, NARROW), points, units=units, by="kind", weight="staff", datum="wgs84")  # fmt: skip


def test_both_sides_are_what_coverage_counts(wuhan, points, result):
    for layout, side in ((wuhan, "base"), (result.layout, "scenario")):
        cover = geo.coverage(points, layout, by="kind", weight="staff", datum="wgs84").table
        for by in ("", "a", "b"):
            own = cover[cover["by"] == by].set_index("footprint")
            for statistic in ("count", "sum"):
                table = rows(result, statistic, by=by)
                for suffix in ("_low", "", "_high"):
                    expected = own[f"{statistic}{suffix}"].reindex(table.index)
                    assert np.allclose(table[f"{side}{suffix}"].astype(float), expected)


def test_what_is_gained_and_lost_point_by_point(wuhan, points, result):
    """Against plain shapely, without errors of points: those of footprints by their offsets."""
    exact = compare(wuhan, scenario(SOUTH, NARROW), points.drop(columns="err_m"), units=False, datum="wgs84")  # fmt: skip
    at = shapely.points(points["lon"], points["lat"])
    sides = [{f.id: [shapely.intersects(o, at) for o in f.outlines] for f in footprints_of(layout)} for layout in (wuhan, result.layout)]  # fmt: skip
    table = rows(exact, "count")
    edited = {OPTICS, VALLEY}
    for name in table.index:
        b, s = sides[0][name], sides[1][name]
        row = table.loc[name]
        gained = [(s[k] & ~b[2 - k]).sum() if name in edited else 0 for k in range(3)]
        lost = [(b[k] & ~s[2 - k]).sum() if name in edited else 0 for k in range(3)]
        assert [row["gained_low"], row["gained"], row["gained_high"]] == gained
        assert [row["lost_low"], row["lost"], row["lost_high"]] == lost
        assert row["diff"] == s[1].sum() - b[1].sum()
    shared = [np.any([sides[0][n][k] for n in sides[0] if n not in edited], axis=0) for k in range(3)]  # fmt: skip
    b, s = ([np.any([side[n][k] for n in edited], axis=0) for k in range(3)] for side in sides)
    total = rows(exact, "count", "total").loc["any"]
    assert total["gained_low"] == (s[0] & ~b[2] & ~shared[2]).sum()
    assert total["gained_high"] == (s[2] & ~b[0] & ~shared[0]).sum()
    assert total["lost"] == (b[1] & ~s[1] & ~shared[1]).sum()


def test_numbers_add_up(result):
    t = result.table
    known = t["gained"].notna()
    assert np.allclose(t["diff"][known], (t["gained"] - t["lost"])[known])
    assert np.allclose(t["diff"], t["scenario"] - t["base"])
    assert (t["diff_low"] <= t["diff"] + 1e-9).all()
    assert (t["diff"] <= t["diff_high"] + 1e-9).all()
    for statistic in ("count", "sum"):
        for scope in ("footprint", "total", "unit"):
            whole, a, b = (rows(result, statistic, scope, by) for by in ("", "a", "b"))
            for column in ("base", "scenario", "gained_high", "lost_low", "diff"):
                assert np.allclose(whole[column].astype(float), (a[column] + b[column]).astype(float))  # fmt: skip
    totals = rows(result, "count", "total")
    assert totals.loc["any", "base"] + totals.loc["none", "base"] == 6000
    assert totals.loc["any", "diff_low"] == -totals.loc["none", "diff_high"]


def test_units_share_out_the_whole(wuhan, units, result):
    """Where units cover all points, what they gain and lose adds up to the whole."""
    whole = rows(result, "area_km2", "total").loc["any"]
    parts = rows(result, "area_km2", "unit")
    assert len(parts) == len(units)
    assert parts["gained"].sum() == pytest.approx(whole["gained"], rel=1e-3)
    assert parts["lost"].sum() == pytest.approx(whole["lost"], rel=1e-3)
    best = result.ranked("area_km2")
    assert (best["verdict"] != "even").all()
    assert best["diff"].is_monotonic_decreasing


def test_areas_against_closed_forms(wuhan, result):
    valley = rows(result, "area_km2").loc[VALLEY]
    # Half as wide about the same axis: all of the new one lies in the old one.
    assert (valley["base"], valley["scenario"]) == (pytest.approx(4500, rel=1e-4), pytest.approx(2250, rel=1e-4))  # fmt: skip
    assert valley["gained"] == pytest.approx(0, abs=1e-6)
    assert valley["diff"] == pytest.approx(-2250, rel=1e-4)
    assert valley["verdict"] == "loss"
    same = rows(result, "area_km2").drop([OPTICS, VALLEY])
    assert (same[["gained_high", "lost_high", "diff_low", "diff_high"]] == 0).all(axis=None)
    assert set(same["verdict"]) == {"even"}
    assert set(same["change"]) == {"unchanged"}


def test_two_steps_are_one(wuhan, points):
    first, both = scenario(SOUTH, TURN), scenario(SOUTH, TURN, NARROW)
    middle = apply_scenario(wuhan, first)
    a = compare(wuhan, first, points, units=False, datum="wgs84")
    b = compare(middle, apply_scenario(wuhan, both), points, units=False, datum="wgs84")
    c = compare(wuhan, both, points, units=False, datum="wgs84")
    for statistic in ("count", "area_km2", "nodes", "population"):
        one, two, whole = (rows(r, statistic)["diff"] for r in (a, b, c))
        assert np.allclose((one + two).astype(float), whole.astype(float))


def test_nodes_that_come_go_and_stay(wuhan):
    inside = wuhan[VALLEY].shape
    new = {
        "do": "add-node", "feature": "lab-new", "name_zh": "新", "name_en": "New", "kind": wuhan.of_layer("node")[0].properties.kind,
        "lon": inside.lon, "lat": inside.lat, "err_m": 10,
    }  # fmt: skip
    table = rows(compare(wuhan, scenario(new), units=False), "nodes")
    row = table.loc[VALLEY]
    assert [row[c] for c in ("gained_low", "gained", "gained_high", "lost_high", "diff_low", "diff", "diff_high")] == [1, 1, 1, 0, 1, 1, 1]  # fmt: skip
    assert row["change"] == "unchanged"


def test_nothing_changed_differs_by_nothing(wuhan, units, points):
    same = compare(wuhan, scenario(), points, units=units, datum="wgs84")
    assert tuple(same.table.columns) == COMPARE_COLUMNS
    assert (same.table[["diff_low", "diff", "diff_high"]] == 0).all(axis=None)
    assert set(same.table["verdict"]) == {"even"}
    assert same.ranked("count").empty
    assert same.provenance.parameters["changes"] == []


def test_nothing_to_compare_is_told(wuhan):
    nothing = geo.Layout(wuhan.meta.model_copy(update={"campus_rings": None}), [], wuhan.claims, wuhan.population)  # fmt: skip
    with pytest.raises(LayoutError, match="nothing to compare"):
        compare(nothing, nothing)
