"""Terms in texts, and the file of fields."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.matching import bundled_taxonomy, fields_of, read_taxonomy, terms_in
from geo.analysis.matching.fields import weights_of
from geo.analysis.matching.words import fold
from geo.errors import PointsError

SMALL = b"""
[similarity]
parent = 0.5
sibling = 0.1
[[field]]
id = "life"
name_zh = "\xe7\x94\x9f\xe5\x91\xbd"
name_en = "Life"
terms = ["\xe7\x94\x9f\xe7\x89\xa9", "life"]
[[field]]
id = "med"
name_zh = "\xe5\x8c\xbb\xe8\x8d\xaf"
name_en = "Medicine"
parent = "life"
terms = ["\xe7\x94\x9f\xe7\x89\xa9\xe5\x8c\xbb\xe8\x8d\xaf", "\xe5\x8c\xbb\xe8\x8d\xaf", "drug"]
near = { tech = 0.3 }
[[field]]
id = "food"
name_zh = "\xe9\xa3\x9f\xe5\x93\x81"
name_en = "Food"
parent = "life"
terms = ["\xe9\xa3\x9f\xe5\x93\x81", "food", "drug"]
[[field]]
id = "tech"
name_zh = "\xe6\x8a\x80\xe6\x9c\xaf"
name_en = "Tech"
terms = ["AI", "laser", "laser cutting"]
"""


@pytest.fixture(scope="module")
def small():
    return read_taxonomy(SMALL, name="small.toml")


def test_the_need_of_the_article_is_on_farming_and_organic_waste():
    assert fields_of("农业有机废弃物处理技术") == {
        "agriculture": ("农业",),
        "organic-waste": ("有机废弃物",),
    }
    assert set(fields_of("Treatment of agricultural organic wastes")) == {"agriculture", "organic-waste"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("生物医药", ["生物医药"]),  # the longest, and nothing in it again
        ("生物 医 药", ["生物医药"]),  # blanks that a narrow cell puts between characters
        ("LASER-cutting and lasers", ["laser cutting", "laser"]),
        ("ＡＩ技术,ai", ["AI", "AI"]),  # width and case
        ("MAIL fail aids", []),  # whole words only
        ("AI2 lasering", []),
        ("", []),
    ],
)
def test_terms_are_met_as_they_are_written(small, text, found):
    assert [h.term for h in terms_in(text, small)] == found


def by_hand(text, taxonomy):
    """A second way: of all sets of places without overlap, the longest first, tried one by one."""
    folded = fold(text)
    spans = []
    for a, b in itertools.combinations(range(len(folded) + 1), 2):
        piece = folded[a:b]
        for term in taxonomy.terms:
            ends = [term] + ([term + "s", term + "es"] if term[-1] in "abcdefghijklmnopqrstuvwxyz0123456789" else [])  # fmt: skip
            latin = "abcdefghijklmnopqrstuvwxyz0123456789"
            left = a and term[0] in latin and folded[a - 1] in latin
            right = b < len(folded) and term[-1] in latin and folded[b] in latin
            if piece in ends and not left and not right:
                spans.append((len(term), a, b, term))
    kept = []
    for size, a, b, term in sorted(spans, key=lambda s: (-s[0], s[1])):
        if all(b <= x or a >= y for _, x, y, _ in kept):
            kept.append((size, a, b, term))
    return [(a, b, taxonomy.terms[t][0]) for _, a, b, t in sorted(kept, key=lambda k: k[1])]


PIECES = [
    "生物",
    "医药",
    "食品",
    "laser",
    "lasers",
    "cutting",
    "ai",
    "A",
    "I",
    " ",
    "-",
    "drug",
    "的",
    "s",
    ",",
    "life",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_terms_are_those_that_a_second_way_finds(text):
    own = read_taxonomy(SMALL)
    assert [(h.start, h.stop, h.term) for h in terms_in(text, own)] == by_hand(text, own)


def test_weights_add_up_and_neither_repeating_nor_translating_changes_them(small):
    one = weights_of(["食品与laser"], small)
    assert one.sum() == pytest.approx(1)
    assert np.array_equal(one, weights_of(["食品食品食品与laser, laser"], small))
    assert np.array_equal(one, weights_of(["食品与laser", "food and lasers"], small))
    # A term of two fields is divided among them.
    assert weights_of(["drug"], small)[[small.index["med"], small.index["food"]]].tolist() == [0.5, 0.5]  # fmt: skip
    assert not weights_of(["的"], small).any()


def test_similarity_is_as_the_file_states(small):
    near, k = small.similarity, small.index
    assert np.array_equal(near, near.T)
    assert np.array_equal(np.diag(near), np.ones(4))
    assert near[k["med"], k["life"]] == 0.5
    assert near[k["med"], k["food"]] == 0.1
    assert near[k["med"], k["tech"]] == near[k["tech"], k["med"]] == 0.3
    assert near[k["food"], k["tech"]] == 0
    assert small.shared == {"drug": ("med", "food")}


def test_the_bundled_fields_are_whole():
    own = bundled_taxonomy()
    assert 25 <= len(own) <= 45
    assert own is bundled_taxonomy()
    near = own.similarity
    assert ((near >= 0) & (near <= 1)).all()
    for f in own.fields:
        for name in (f.id, f.name_zh, f.name_en):
            assert own.named(name) == (own.index[f.id],)
        # Each term shows its own field, standing alone.
        for term in f.terms:
            assert f.id in fields_of(term, own), (f.id, term)
        assert any(c > "\u2e80" for t in f.terms for c in t)
        assert any(t.isascii() for t in f.terms)
    assert len(own.table) == len(own)


FIELD = '[[field]]\nid="{}"\nname_zh="甲"\nname_en="A"\nterms=["甲"]\n{}\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FIELD.format("a", "") * 2, "'a' occurs 2 times"),
        (FIELD.format("a", 'parent="b"'), "unknown parent 'b'"),
        (FIELD.format("a", 'parent="a"'), "its own parent"),
        (FIELD.format("a", "") + FIELD.format("b", 'parent="a"') + FIELD.format("c", 'parent="b"'), "two levels"),
        (FIELD.format("a", "near={b=0.3}"), "'b', which is no other field"),
        (FIELD.format("a", "near={b=0.3}") + FIELD.format("b", "near={a=0.4}"), "give one value"),
        (FIELD.format("a", "near={b=3}") + FIELD.format("b", ""), "field 'a'.near.b"),
        (FIELD.format("A B", ""), "id"),
        (FIELD.format("a", "colour=1"), "colour"),
        (FIELD.format("a", "").replace('["甲"]', '["—"]'), "holds no letter"),
        ("id = [", "not TOML"),
        ("", "field"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_all_that_is_wrong(text, told, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PointsError, match=r"own\.toml") as error:
        read_taxonomy(file)
    assert told in str(error.value)


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(PointsError, match="no such file"):
        read_taxonomy(tmp_path / "none.toml")
    with pytest.raises(PointsError, match="UTF-8"):
        read_taxonomy("领域".encode("gbk"), name="g.toml")
