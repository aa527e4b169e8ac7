"""Names are found however they are spelled, and nothing is found that a plain reading does not give."""

from __future__ import annotations

import re
import time

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, pinyin

from geo.analysis.find import Places, find, layout_places, point_places, unit_places
from geo.analysis.names import Names, normal

CHARACTERS = "光谷重庆长沙武汉东湖科技创新大走廊行省会都乐绿女硚口中心实验室厦门西安阿恩"
TWO = ("zh", "ch", "sh")


def readings(character):
    """The readings of a character, by the library's own function."""
    found = set()
    for reading in pinyin(character, heteronym=True, style=Style.NORMAL, errors="ignore")[0]:
        found |= {reading.replace("ü", "v"), reading.replace("ü", "u").replace("v", "u"), reading}
    return {r for r in found if r.isascii()}


READINGS = {c: readings(c) for c in CHARACTERS}


def answers(name, query, *, short):
    """Whether a name answers to a query: letter by letter, in every way."""
    if not query:
        return True
    if not name:
        return False
    first, rest = name[0], name[1:]
    if query[0] == first and answers(rest, query[1:], short=short):
        return True
    for reading in READINGS.get(first, ()):
        for size in range(1, len(reading) + 1):
            part = reading[:size]
            if not query.startswith(part):
                break
            last = size == len(query)
            cut = short and (size == 1 or part in TWO)
            if (last or size == len(reading) or cut) and answers(rest, query[size:], short=short):
                return True
    return False


def plainly(names, query, *, short):
    return {k for k, n in enumerate(names) if any(answers(n[i:], query, short=short) for i in range(len(n)))}  # fmt: skip


words = st.text(st.sampled_from(CHARACTERS + "ab1"), min_size=1, max_size=7)


@settings(max_examples=150, deadline=None)
@given(st.lists(words, min_size=1, max_size=30), st.data())
def test_what_is_found_is_what_a_plain_reading_gives(names, data):
    name = data.draw(st.sampled_from(names))
    start = data.draw(st.integers(0, len(name) - 1))
    query = ""
    for character in name[start : start + data.draw(st.integers(1, 6))]:
        spelled = [*sorted(READINGS.get(character, ())), character]
        reading = data.draw(st.sampled_from(spelled))
        query += reading[: data.draw(st.sampled_from([1, 2, len(reading)]))]
    hits = Names(names).find(query, most=len(names) * 2)
    if not plainly(names, query, short=True):
        query = re.sub(r"(?<=[a-z])[1-5]", "", query)  # a digit may have been meant as a tone
    full = plainly(names, query, short=False)
    found = {h.number for h in hits if h.match in ("whole", "start", "part") and h.spelling != "initials"}  # fmt: skip
    assert found == full
    cut = {h.number for h in hits if h.spelling == "initials"}
    assert cut == plainly(names, query, short=True) - full


def test_readings_that_a_character_also_has():
    names = Names(["重庆大学", "长沙", "绿地中心", "乐山", "女子学院"])
    for query, number in [
        ("chongqing", 0), ("zhongqing", 0), ("cqdx", 0), ("zqdx", 0), ("chongq", 0), ("changsha", 1),
        ("zhangsha", 1), ("lvdi", 2), ("ludi", 2), ("lǜdì", 2), ("lu4di4", 2), ("leshan", 3), ("yueshan", 3),
        ("nv zi", 4), ("nuzi", 4), ("CHONG QING da xue", 0),
    ]:  # fmt: skip
        assert names.find(query)[0].number == number, query


def test_what_matches_better_comes_first():
    names = ["武汉大学附属中学", "武汉大学", "武汉", "中国武汉", "汉武"]
    found = Names(names).find("wuhan")
    assert [names[h.number] for h in found] == ["武汉", "武汉大学", "武汉大学附属中学", "中国武汉"]
    assert [h.match for h in found] == ["whole", "start", "start", "part"]
    assert names[Names(names).find("wh")[0].number] == "武汉"


def test_a_letter_may_be_wrong(wuhan, layout_index):
    rng = np.random.default_rng(11)
    queries = []
    for item in wuhan:
        spelled = "".join(r[0] for r in pinyin(item.name_zh, style=Style.NORMAL))
        for least, query in ((5, item.name_zh), (6, item.name_en), (6, spelled)):
            if least <= len(normal(query)) <= 50:
                queries.append((item.id, normal(query)))
    for k in rng.permutation(len(queries))[:150]:
        own, query = queries[k]
        at, letter = (
            int(rng.integers(0, len(query) - 1)),
            str(rng.choice(list("abgnuz" if query.isascii() else "光龙"))),
        )
        wrong = {
            "other": query[:at] + letter + query[at + 1 :],
            "missing": query[:at] + query[at + 1 :],
            "more": query[:at] + letter + query[at:],
            "turned": query[:at] + query[at + 1] + query[at] + query[at + 2 :],
        }
        for typo, text in wrong.items():
            found = find(text, [layout_index], most=60)
            # What the wrong spelling itself names comes first.
            named = (found["match"] != "similar").any()
            assert own in set(found["id"]) or named, (query, typo, text)


@pytest.fixture(scope="module")
def layout_index(wuhan):
    return layout_places(wuhan)


def test_everything_of_a_layout_is_found(wuhan, units, layout_index):
    for item in list(wuhan)[::3]:
        for name in (item.name_zh, item.name_en, item.id):
            table = find(name, [layout_index], most=12)
            own = table[table["id"] == item.id].iloc[0]
            assert own["match"] == "whole"
            assert own["located"] == (item.located or getattr(item, "footprint", None) is not None)
    unlocated = find("国家信息光电子", [layout_index])
    assert not unlocated["located"].any() or len(unlocated) == 0
    table = find("jianganqu", [layout_index, unit_places(units)])
    assert table["id"].iat[0] == "unit:420102"
    at = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)[:1]
    assert units.set_index("adcode").geometry["420102"].contains(at[0])
    assert find("420106", [unit_places(units)])["name_zh"].tolist() == ["武昌区"]


def test_a_place_found_lies_on_its_thing(wuhan, layout_index):
    for item in list(wuhan)[::2]:
        row = find(item.id, [layout_index], most=1).iloc[0]
        if item.geometry is not None and item.geometry.geom_type == "Point" and item.properties.layer == "node":  # fmt: skip
            assert (row["lon"], row["lat"]) == (item.geometry.x, item.geometry.y)
        if not row["located"]:
            assert row[["lon", "lat"]].isna().all()


def test_own_points_are_found_after_the_layout(wuhan, layout_index):
    frame = gpd.GeoDataFrame(
        {"firm": ["光谷广场", "武汉长飞光纤", None, "=1+1"], "row": [2, 3, 4, 9]},
        geometry=gpd.points_from_xy([114.4, 114.5, 114.6, 114.7], [30.5] * 4), crs=4326,
    )  # fmt: skip
    own = point_places(frame, "firm")
    assert isinstance(own, Places)
    table = find("光谷广场", [layout_index, own])
    assert table["id"].tolist()[:2] == ["guanggu-square", "row:2"]
    row = find("zhangfei", [layout_index, own]).iloc[0]
    assert (row["id"], row["lon"], row["match"], row["spelling"]) == ("row:3", 114.5, "part", "pinyin")  # fmt: skip
    assert find("1+1", [own])["id"].tolist() == ["row:9"]


@pytest.mark.parametrize(
    "query", ["", "   ", "?!", "\n", "zzzzqqqq", "的" * 500, "\ud800", "a" * 5000]
)
def test_nothing_is_found_quietly(layout_index, query):
    assert len(find(query, [layout_index])) == 0
    assert len(find(query, [])) == 0
    assert Names([]).find(query) == []
    assert Names(["", "\n"]).find(query) == []


def test_a_line_break_in_a_name_splits_it_not():
    names = Names(["光\n谷", "东湖"])
    assert [h.number for h in names.find("guanggu")] == [0]
    assert [h.number for h in names.find("东湖")] == [1]


def test_half_a_million_names_answer_at_once():
    rng = np.random.default_rng(1)
    pool = np.array(
        list("武汉光谷东湖长江阳夏黄石鄂州襄宜昌孝感重庆科技创新智能机器激电子信息生物医药材料软件")
    )
    texts = ["".join(row) + "有限公司" for row in rng.choice(pool, (500_000, 6))]
    names = Names(texts)
    for query in [
        "武汉",
        "wuhan",
        "wh",
        "g",
        "ggkj",
        "guanggukeji",
        "wuhnaguanggu",
        "有限公司",
        "yxgs",
        "zzzzzz",
    ]:
        took = []
        for _ in range(3):
            # Time of this process: others may be at work on the machine.
            start = time.process_time()
            names.find(query)
            took.append(time.process_time() - start)
        assert min(took) < 0.2, query
