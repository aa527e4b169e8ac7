"""Tables of needs and suppliers as people write them: nothing is lost, all that is wrong is told."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import geo
from geo.analysis.matching import needs_of, supply_from, supply_of
from geo.analysis.matching.spots import gazetteer_of
from geo.errors import PointsError
from geo.measure import area_km2, from_wgs84
from geo.model.scenario import apply_scenario


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    """A workbook as it comes: titles, blanks, coordinates in some rows only, odd cells."""
    rows = [
        ("A-1", "某农业公司", "秸秆与畜禽粪污处理", "", "江夏区", "50万", "", ""),
        ("A-1", "某激光公司", "激光焊接", "激光;量子魔法", "火星", "", "114.40", "30.50"),
        ("", "=cmd|' /C calc'!A0", "", "", "武汉市 蔡甸区/经开区", "", "", ""),
        ("A-4", "某桥梁公司", "大跨桥梁监测", "", "洪山区", "", "abc", "30.5"),
        ("A-5", "某公司", "随便", "", "420115", "", "0", "0"),
        ("A-6", "B firm", "drug discovery by AI", "", "Wuchang", "", "30.55", "114.31"),
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("needs") / "需求.xlsx"
    columns = ["需求编号", "企业名称", "技术需求", "技术领域", "所在区", "预算", "经度", "纬度"]
    pd.DataFrame(rows, columns=columns).to_excel(path, index=False)
    return path


def test_no_row_is_lost_and_each_problem_is_told(messy, wuhan):
    found = needs_of(messy, layout=wuhan, datum="wgs84")
    assert len(found) == 6
    assert found.frame["row"].tolist() == [2, 3, 4, 5, 6, 7]
    assert found.frame["need"].tolist() == ["A-1", "A-1#2", "row-4", "A-4", "A-5", "A-6"]
    assert found.frame["placed_by"].tolist() == ["unit", "point", "unit", "unit", "unit", "unit"]
    told = {(r["row"], r["code"]) for r in found.problems.to_dict("records")}
    assert told == {
        (3, "id-twice"), (3, "field-unknown"), (4, "no-field"), (5, "position-number"), (6, "position-zero"),
        (6, "no-field"), (7, "position-swapped"),
    }  # fmt: skip
    for row in found.problems.to_dict("records"):
        assert row["mend_zh"]
        assert row["mend_en"]
        assert row["column"] in {"需求编号", "技术需求", "技术领域", "所在区", "经度, 纬度"}
    assert found.frame["amount"].iat[0] == "50万"
    fields = found.found.groupby("need")["field"].agg(set).to_dict()
    assert fields["A-1"] == {"organic-waste"}
    assert fields["A-1#2"] == {"lasers"}
    assert fields["A-6"] == {"biomedicine", "ai"}


def test_a_need_is_placed_by_its_district(wuhan, units):
    found = needs_of([{"text": "激光", "place": "江夏区"}], layout=wuhan)
    row = found.frame.iloc[0]
    shape = units.set_index("name_zh").geometry["江夏区"]
    assert shapely.contains(shape, shapely.Point(row["lon"], row["lat"]))
    assert row["err_m"] == pytest.approx(math.sqrt(area_km2(shape) * 1e6 / math.pi) + 100, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "spot"),
    [
        ("江夏", "420115"), ("江夏区", "420115"), ("武汉市江夏区", "420115"), ("武汉江夏区", "420115"),
        ("Jiangxia District", "420115"), ("jiangxia", "420115"), ("420115", "420115"), ("武汉 江夏区", "420115"),
        ("武汉市江夏区庙山大道1号", "420115"), ("武汉市", "420100"), ("黄石", "420200"), ("东湖高新区", "unlocated"),
        ("华中农业大学", "univ-hzau"), ("火星", "unknown"), ("武汉市江夏区与洪山区交界", "several"), ("湖北光谷实验室", "unlocated"),
    ],
)  # fmt: skip
def test_places_are_found_by_their_names(wuhan, units, text, spot):
    names = gazetteer_of(wuhan, units)
    found = names.find(text)
    assert (found if isinstance(found, str) else found.id) == spot


def test_coordinates_of_any_datum(wuhan):
    lon, lat = from_wgs84(np.array([114.4]), np.array([30.5]), "gcj02")
    found = needs_of(pd.DataFrame({"text": ["激光"], "lon": lon, "lat": lat}), layout=wuhan, datum="gcj02")  # fmt: skip
    assert found.frame[["lon", "lat"]].to_numpy()[0] == pytest.approx([114.4, 30.5], abs=1e-6)
    frame = gpd.GeoDataFrame({"text": ["激光"]}, geometry=gpd.points_from_xy([114.4], [30.5]), crs=4326)  # fmt: skip
    assert needs_of(frame).frame["lon"].iat[0] == 114.4
    points = geo.read_points(_csv_of(frame))
    assert needs_of(points).frame["row"].tolist() == [2]


def _csv_of(frame):
    import tempfile
    from pathlib import Path

    path = Path(tempfile.mkdtemp()) / "points.csv"
    pd.DataFrame({"需求": frame["text"], "lon_wgs84": frame.geometry.x, "lat_wgs84": frame.geometry.y}).to_csv(path, index=False)  # fmt: skip
    return path


def test_columns_are_named_where_they_have_odd_names():
    table = pd.DataFrame({"要什么": ["激光"], "哪里": ["某处"]})
    with pytest.raises(PointsError, match="no column of needs"):
        needs_of(table)
    assert needs_of(table, columns={"text_zh": "要什么"}).weight.sum() == 1
    with pytest.raises(PointsError, match="no column"):
        needs_of(table, columns={"text_zh": "没有"})
    with pytest.raises(PointsError, match="no role"):
        needs_of(table, columns={"colour": "哪里"})
    with pytest.raises(PointsError, match="nothing to read"):
        needs_of(table.head(0), columns={"text_zh": "要什么"})


def test_stated_fields_and_text_count_half_each():
    own = needs_of([{"text": "激光", "field": "食品"}])
    weights = {own.taxonomy.fields[k].id: own.weight[0, k] for k in np.flatnonzero(own.weight[0])}
    assert weights == {"lasers": 0.5, "food": 0.5}


def test_a_table_of_suppliers(wuhan):
    found = supply_from(
        [
            {
                "名称": "甲所",
                "领域": "激光;没有这个",
                "容量": "3",
                "已承接": "1",
                "所在区": "洪山区",
            },
            {"名称": "乙桥梁院", "领域": "", "容量": "很多", "所在区": ""},
        ],
        layout=wuhan,
    )
    assert found.left.tolist() == [2, np.inf]
    assert set(found.problems["code"]) == {"field-unknown", "count"}
    strength = {(s, found.taxonomy.fields[k].id): v for s, row in zip(found.frame["supplier_zh"], found.strength, strict=True) for k, v in enumerate(row) if v}  # fmt: skip
    assert strength == {("甲所", "lasers"): 1.0, ("乙桥梁院", "civil"): 0.6}
    with pytest.raises(PointsError, match="no column of names"):
        supply_from([{"领域": "激光"}])


def test_noisy_or_by_hand():
    found = supply_from(
        [{"name": "桥梁院", "notes": "土木工程", "fields": "civil", "confidence": "low"}]
    )
    assert found.strength[0, found.taxonomy.index["civil"]] == pytest.approx(1 - 0.4 * 0.4 * 0.5)


def test_own_suppliers_join_those_of_a_layout(wuhan):
    layout = supply_of(wuhan)
    own = supply_from([{"id": "univ-hzau", "name": "华中农业大学", "fields": "organic-waste", "capacity": 2}, {"id": "own-1", "name": "甲", "fields": "food"}])  # fmt: skip
    both = layout.joined(own)
    assert len(both) == len(layout) + 1
    row = both.frame.set_index("supplier").loc["univ-hzau"]
    assert row["capacity"] == 2
    assert row["lon"] == 114.352
    k = both.frame.index[both.frame["supplier"] == "univ-hzau"][0]
    assert both.strength[k, both.taxonomy.index["organic-waste"]] == 1
    assert both.frame["supplier"].is_monotonic_increasing


def test_stated_strengths_of_a_table_that_names_no_node(wuhan):
    found = supply_of(wuhan, stated=pd.DataFrame({"id": ["none", "univ-whu"], "fields": ["food", "food;魔法"], "capacity": ["", "-1"]}))  # fmt: skip
    assert set(found.problems["code"]) == {"supplier-unknown", "field-unknown", "count"}


def test_the_bundled_strengths_are_read_without_a_problem(wuhan):
    found = supply_of(wuhan)
    assert not len(found.problems)
    stated = found.evidence[found.evidence["shown_by"] == "stated"]
    assert set(stated["supplier"]) == {"univ-whu", "univ-hust", "univ-cug", "univ-wut", "univ-hzau"}
    assert (stated["source"] != "").all()
    assert (stated["probability"] == 0.8).all()
    hust = stated[(stated["supplier"] == "univ-hust") & (stated["field"] == "optoelectronics")]
    assert hust["terms"].tolist() == ["光学工程; optical engineering"]


def test_what_a_scenario_places_is_placed(wuhan):
    from geo.model.changes import Place
    from geo.model.scenario import Scenario

    node = next(i.id for i in wuhan.of_layer("node") if i.geometry is None and i.tier == "lab")
    moved = apply_scenario(wuhan, Scenario(id="s", base="wuhan", name_zh="试", name_en="Try", changes=(Place(feature=node, do="place", lon=114.4, lat=30.5, err_m=50),)))  # fmt: skip
    before, after = (supply_of(w).frame.set_index("supplier").loc[node] for w in (wuhan, moved))
    assert math.isnan(before["lon"])
    assert after["lon"] == 114.4
