"""Matches against second ways to compute them, and what must hold whatever the numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from geo.analysis.matching import (
    bundled_needs,
    bundled_taxonomy,
    match,
    needs_of,
    read_taxonomy,
    supply_from,
    supply_of,
)
from geo.analysis.matching.assign import assigned
from geo.errors import PointsError
from geo.measure import distance_km
from geo.network.travel import Straight

TAXONOMY = bundled_taxonomy()
IDS = [f.id for f in TAXONOMY.fields]
BOX = (113.9, 30.2, 115.0, 31.0)


def tables(rng, n=6, m=9, *, capacity=True, blanks=True):
    """Random needs and suppliers that state their fields."""

    def some(k):
        return ";".join(rng.choice(IDS, k, replace=False))

    needs = pd.DataFrame({"id": [f"n{k:02d}" for k in range(n)], "field": [some(rng.integers(1, 4)) for _ in range(n)]})  # fmt: skip
    supply = pd.DataFrame({"id": [f"s{k:02d}" for k in range(m)], "name": [f"甲{k}" for k in range(m)], "fields": [some(rng.integers(1, 4)) for _ in range(m)]})  # fmt: skip
    for frame in (needs, supply):
        frame["lon"] = rng.uniform(BOX[0], BOX[2], len(frame))
        frame["lat"] = rng.uniform(BOX[1], BOX[3], len(frame))
        frame["err_m"] = rng.choice([0.0, 300.0, 5000.0], len(frame))
        if blanks:
            frame.loc[rng.random(len(frame)) < 0.2, ["lon", "lat"]] = np.nan
    if capacity:
        supply["capacity"] = rng.choice([np.nan, 1, 2, 3], m)
        supply["taken"] = rng.choice([0, 0, 1], m)
    return needs, supply


def read(needs, supply):
    return needs_of(needs, datum="wgs84"), supply_from(supply, datum="wgs84")


def score_by_hand(need, supplier, weights, halving, of, travel):
    """The score of one pair, straight from the definition."""
    near = TAXONOMY.similarity
    asked = need["field"].split(";")
    own = supplier["fields"].split(";")
    field = np.mean([max(near[TAXONOMY.index[a], TAXONOMY.index[b]] for b in own) for a in asked])
    total = sum(weights.values())
    cost = distance_km(need["lon"], need["lat"], supplier["lon"], supplier["lat"]) if not math.isnan(need["lon"] + supplier["lon"]) else math.nan  # fmt: skip
    cost = cost * travel.detour * (1 if of == "km" else 60 / travel.speed_kmh)
    distance = 0.0 if math.isnan(cost) else 0.5 ** (float(cost) / halving)
    capacity = supplier["capacity"]
    left = math.inf if math.isnan(capacity) else max(capacity - supplier["taken"], 0)
    room = 1.0 if math.isinf(left) else left / max(capacity, 1)
    whole = (weights["field"] * field + weights["distance"] * distance + weights["capacity"] * room) / total  # fmt: skip
    return field, float(cost), left, whole


@pytest.mark.parametrize("seed", range(12))
def test_scores_and_ranks_are_those_of_a_second_way(seed):
    rng = np.random.default_rng(seed)
    needs, supply = tables(rng)
    weights = dict(zip(("field", "distance", "capacity"), rng.uniform(0.1, 1, 3), strict=True))
    of, travel = ("km", "minutes")[seed % 2], Straight(1.2 + seed / 20, 30 + seed)
    halving, reach = float(rng.uniform(5, 40)), (None, 45.0)[seed % 3 == 0]
    found = match(*read(needs, supply), weights=weights, halving=halving, of=of, travel=travel, reach=reach, most=4)  # fmt: skip
    for _, need in needs.iterrows():
        hand = []
        for _, supplier in supply.iterrows():
            field, cost, left, whole = score_by_hand(need, supplier, weights, halving, of, travel)
            if field >= 0.1 and left >= 1 and (reach is None or cost <= reach):
                hand.append((-round(whole, 9), -round(field, 9), math.inf if math.isnan(cost) else cost, supplier["id"], whole))  # fmt: skip
        hand.sort()
        own = found.table[found.table["need"] == need["id"]]
        assert own["score"].tolist() == pytest.approx([h[4] for h in hand[:4]], abs=1e-6)
        assert own["rank"].tolist() == list(range(1, min(len(hand), 4) + 1))
        assert own["supplier"].tolist() == [h[3] for h in hand[:4]]
        count = found.counts.set_index("need").loc[need["id"]]
        assert count["within"] == len(hand)
        assert count["within_low"] <= count["within"] <= count["within_high"] <= count["able"] <= count["in_field"]  # fmt: skip
        assert (need["id"] in set(found.unassigned["need"])) == (not hand)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_moved_within_its_error_keeps_its_band(seed):
    rng = np.random.default_rng(100 + seed)
    needs, supply = tables(rng, 3, 8, blanks=False)
    first = match(*read(needs, supply), most=8)
    key = ["need", "supplier"]
    bands = first.table.set_index(key)
    assert (bands["score_low"] <= bands["score"]).all()
    assert (bands["score"] <= bands["score_high"]).all()
    for _ in range(9):
        moved = [f.copy() for f in (needs, supply)]
        for frame in moved:
            angle, away = rng.uniform(0, 2 * np.pi, len(frame)), frame["err_m"] * rng.random(len(frame)) / 1000 * 0.999  # fmt: skip
            frame["lat"] += away * np.sin(angle) / 111.2
            frame["lon"] += away * np.cos(angle) / (111.4 * np.cos(np.radians(frame["lat"])))
        again = match(*read(*moved), most=8).table.set_index(key)
        own = bands.loc[again.index]
        assert (again["score"] >= own["score_low"] - 1e-9).all()
        assert (again["score"] <= own["score_high"] + 1e-9).all()
        assert (again["rank"] >= own["rank_low"]).all()
        assert (again["rank"] <= own["rank_high"]).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_nearer_of_two_alike_never_ranks_lower(seed):
    rng = np.random.default_rng(200 + seed)
    needs, supply = tables(rng, 1, 8, capacity=False, blanks=False)
    supply["fields"] = supply["fields"].iat[0]
    needs["field"] = supply["fields"].iat[0]
    found = match(*read(needs, supply), weights=dict(zip(("field", "distance"), rng.random(2), strict=True)))  # fmt: skip
    assert found.table["minutes"].is_monotonic_increasing


@pytest.mark.parametrize("seed", range(5))
def test_more_of_the_same_field_never_ranks_lower(seed):
    rng = np.random.default_rng(300 + seed)
    needs, supply = tables(rng, 1, 8, blanks=False)
    before = match(*read(needs, supply), most=8).table.set_index("supplier")
    for k in range(len(supply)):
        more = supply.copy()
        more.loc[k, "fields"] += f";{needs['field'].iat[0]}"
        after = match(*read(needs, more), most=8).table.set_index("supplier")
        name = supply["id"].iat[k]
        if name in before.index:
            assert after.loc[name, "score"] >= before.loc[name, "score"] - 1e-12
            assert after.loc[name, "rank"] <= before.loc[name, "rank"]


@pytest.mark.parametrize("seed", range(40))
def test_the_assignment_is_the_best_of_all(seed):
    rng = np.random.default_rng(400 + seed)
    n, m = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    score = rng.random((n, m)) * (rng.random((n, m)) < 0.7)
    left = rng.choice([0, 1, 2, np.inf], m)

    def total(chosen):
        used = np.bincount([c for c in chosen if c >= 0], minlength=m)
        if (used > left).any() or any(c >= 0 and score[k, c] == 0 for k, c in enumerate(chosen)):
            return -1.0
        return sum(score[k, c] for k, c in enumerate(chosen) if c >= 0)

    best = max(total(c) for c in itertools.product(range(-1, m), repeat=n))
    found = assigned(score, left).tolist()
    assert total(found) == pytest.approx(best, abs=1e-12)


def test_an_assignment_keeps_capacities_and_says_who_went_without():
    needs = pd.DataFrame({"id": list("abc"), "field": ["lasers"] * 3, "lon": [114.3, 114.31, 114.5], "lat": [30.5] * 3})  # fmt: skip
    supply = pd.DataFrame({"id": ["x"], "name": ["激光所"], "fields": ["lasers"], "capacity": [2], "lon": [114.3], "lat": [30.5]})  # fmt: skip
    found = match(*read(needs, supply), assign=True)
    assert found.assigned["need"].tolist() == ["a", "b"]
    assert found.unassigned[["need", "code"]].to_numpy().tolist() == [["c", "outbid"]]
    assert found.loads[["supplier", "given"]].to_numpy().tolist() == [["x", 2]]
    # One who stands further down than is listed is listed none the less.
    supply = pd.concat([supply.assign(capacity=1), supply.assign(id="y", capacity=5, lon=115.0)])
    found = match(*read(needs.head(2), supply), assign=True, most=1)
    assert found.table[["need", "supplier", "rank", "assigned"]].to_numpy().tolist() == [
        ["a", "x", 1, False], ["a", "y", 2, True], ["b", "x", 1, True],
    ] or found.assigned["supplier"].tolist() == ["x", "y"]  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_plays_no_part(seed):
    rng = np.random.default_rng(500 + seed)
    needs, supply = tables(rng, 7, 6)
    supply["fields"] = rng.choice(["lasers", "chips"], 6)
    needs["field"] = rng.choice(["lasers", "chips"], 7)
    needs[["lon", "lat"]] = 114.3, 30.5
    supply[["lon", "lat"]] = 114.4, 30.6  # all alike: nothing but ties
    key, columns = ["need", "rank"], ["need", "rank", "rank_low", "rank_high", "tied", "supplier", "assigned"]  # fmt: skip
    first = match(*read(needs, supply), assign=True).table.sort_values(key)[columns]
    again = match(*read(needs.sample(frac=1, random_state=seed), supply.sample(frac=1, random_state=seed)), assign=True)  # fmt: skip
    assert again.table.sort_values(key)[columns].to_numpy().tolist() == first.to_numpy().tolist()


def test_blocks_change_nothing(monkeypatch):
    needs, supply = tables(np.random.default_rng(9), 30, 12)
    first = match(*read(needs, supply), assign=True)
    monkeypatch.setattr("geo.analysis.matching.score._CELLS", 60)
    seen = []
    again = match(*read(needs, supply), assign=True, progress=lambda done, total: seen.append((done, total)))  # fmt: skip
    pd.testing.assert_frame_equal(first.table, again.table)
    assert seen[-1] == (30, 30)
    assert len(seen) == 6


@pytest.mark.parametrize("with_table", [True, False])
@pytest.mark.parametrize("near", [0.0, 0.5])
def test_the_need_of_the_article_goes_to_the_farming_university(wuhan, with_table, near):
    """It does so for every weighting in steps of a quarter and detours of 1 and 5.

    With or without what is stated of universities (where no field of waste is named), and whether
    or not farming counts as near to organic waste.
    """
    text = bundled_taxonomy().text.replace("near = { organic-waste = 0.5,", f"near = {{ organic-waste = {near},")  # fmt: skip
    fields = read_taxonomy(text.encode(), name="fields.toml")
    assert fields.similarity[fields.index["agriculture"], fields.index["organic-waste"]] == near
    supply = supply_of(wuhan, taxonomy=fields, stated=None if with_table else False)
    needs = bundled_needs(wuhan, taxonomy=fields)
    assert "organic-waste" not in set(supply.evidence.loc[supply.evidence["supplier"] == "univ-hzau", "field"])  # fmt: skip
    for field, distance in itertools.product((0, 1, 2, 3, 4), repeat=2):
        if field + distance > 4:
            continue
        weights = {"field": field, "distance": distance, "capacity": 4 - field - distance}
        for detour, of in ((1.0, "minutes"), (5.0, "km")):
            found = match(needs, supply, weights=weights, travel=Straight(detour), of=of, most=3)
            best = found.table.iloc[0]
            assert best["supplier"] == "univ-hzau", (weights, detour)
            assert not (field and best["tied"])
    found = match(needs, supply, most=3)
    best = found.table.iloc[0]
    assert best["rank_low"] == 1
    assert "有机废弃物" in best["reason_zh"]
    assert "农业" in best["reason_zh"]
    assert "organic waste" in best["reason_en"]
    assert "National Key Laboratory of Agricultural Microbiology" in best["reason_en"]
    assert found.needs.frame["placed_by"].tolist() == ["unit"]
    # Its own firm is no candidate, and the agency of its district comes first.
    assert "firm-cj-shenghuanyuan" not in set(found.table["supplier"])
    assert found.services["supplier"].iat[0] == "jiangxia-agency"
    assert found.services["same_place"].iat[0]


def test_the_reason_names_a_hosted_laboratory(wuhan):
    supply = supply_of(wuhan, stated=False)
    row = supply.frame.index[supply.frame["supplier"] == "univ-whu"][0]
    assert supply.strength[row, TAXONOMY.index["geospatial"]] == pytest.approx(0.5)
    own = supply.evidence[supply.evidence["supplier"] == "univ-whu"]
    assert set(own["shown_by"]) == {"lab"}
    assert "lab-06" in set(own["via"])


def test_a_firm_is_never_matched_to_itself():
    needs = [{"id": "a", "name": "某激光公司", "text": "激光", "lon": 114.3, "lat": 30.5}]
    supply = [{"name": "某激光公司", "fields": "lasers", "lon": 114.3, "lat": 30.5}, {"name": "另一家", "fields": "lasers", "lon": 114.3, "lat": 30.5}]  # fmt: skip
    found = match(needs_of(needs, datum="wgs84"), supply_from(supply, datum="wgs84"))
    assert found.table["supplier_zh"].tolist() == ["另一家"]


def test_why_nobody_is_found():
    needs = [
        {"id": "blank", "text": "随便什么"}, {"id": "nobody", "text": "激光"}, {"id": "full", "text": "食品"},
        {"id": "far", "text": "桥梁", "lon": 114.0, "lat": 30.0}, {"id": "nowhere", "text": "桥梁"},
    ]  # fmt: skip
    supply = [{"name": "甲", "fields": "food", "capacity": 2, "taken": 2}, {"name": "乙", "fields": "civil", "lon": 115.0, "lat": 31.0}]  # fmt: skip
    found = match(needs_of(needs, datum="wgs84"), supply_from(supply, datum="wgs84"), reach=10.0)
    codes = dict(found.unassigned[["need", "code"]].to_numpy().tolist())
    assert codes == {"blank": "no-field", "nobody": "no-supplier", "full": "full", "far": "reach", "nowhere": "no-position"}  # fmt: skip
    assert not len(found.table)
    assert (found.unassigned["why_zh"] != found.unassigned["why_en"]).all()


def test_no_supplier_at_all_and_a_layout_without_units(tmp_path):
    from geo.io.layouts import read_layout

    (tmp_path / "layout.toml").write_text('id="bare"\nname_zh="空"\nname_en="Bare"\ncentre=[114.3, 30.5]\n', encoding="utf-8")  # fmt: skip
    bare = read_layout(tmp_path)
    found = match([{"text": "激光", "place": "江夏区"}], bare)
    assert found.unassigned["code"].tolist() == ["no-supplier"]
    assert found.needs.problems["code"].tolist() == ["place-unknown"]
    with pytest.raises(PointsError, match="without needs"):
        bundled_needs(bare)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"weights": {"field": -1}}, "0 or more"),
        ({"weights": {"field": 0}}, "all weights are 0"),
        ({"weights": {"price": 1}}, "no weight 'price'"),
        ({"of": "hours"}, "minutes or km"),
        ({"most": 0}, "one candidate"),
        ({"reach": -1}, "above 0"),
        ({"halving": 0}, "above 0"),
        ({"least": 2}, "from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused(values, told):
    with pytest.raises(PointsError, match=told):
        match([{"text": "激光"}], [{"name": "甲", "fields": "lasers"}], **values)


def test_what_a_result_says_of_itself():
    found = match([{"text": "激光", "lon": 114.3, "lat": 30.5}], [{"name": "甲", "fields": "lasers"}], datum="wgs84")  # fmt: skip
    assert "Pearl" in found.provenance.says("en")
    assert found.provenance.parameters["detour"] == 1.3
    assert found.table["estimate"].all()
    assert found.table["minutes"].isna().all()
    assert set(found.tables) == {"matches", "unassigned", "needs", "services", "supply", "evidence"}
    # Where it is not known, it may be next door.
    row = found.table.iloc[0]
    assert row["score_high"] - row["score_low"] == pytest.approx(0.3)


class Broken(Straight):
    """A network on which some places cannot be reached."""

    estimate = False

    def costs(self, origins, destinations, **more):
        costs = super().costs(origins, destinations, **more)
        costs[:, np.asarray(destinations)[:, 0] > 114.5] = np.inf
        return costs


def test_where_no_way_leads_distance_counts_nothing():
    needs = [{"id": "a", "text": "激光", "lon": 114.3, "lat": 30.5}]
    supply = [{"id": "x", "name": "甲", "fields": "lasers", "lon": 114.6, "lat": 30.5}, {"id": "y", "name": "乙", "fields": "lasers", "lon": 114.0, "lat": 30.5}]  # fmt: skip
    read_both = needs_of(needs, datum="wgs84"), supply_from(supply, datum="wgs84")
    found = match(*read_both, travel=Broken())
    assert found.table["supplier"].tolist() == ["y", "x"]
    assert found.table["part_distance"].iat[1] == 0
    assert "到不了" in found.table["reason_zh"].iat[1]
    assert "沿路网" in found.table["reason_zh"].iat[0]
    assert not found.table["estimate"].any()
    assert match(*read_both, travel=Broken(), reach=500).table["supplier"].tolist() == ["y"]


def test_one_reading_is_not_matched_with_another():
    own = bundled_taxonomy()
    other = type(own)(own.fields)
    with pytest.raises(PointsError, match="one taxonomy"):
        match(needs_of([{"text": "激光"}]), supply_from([{"name": "甲"}], taxonomy=other))
