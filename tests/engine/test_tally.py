"""Tallies add up exactly and in any order."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.engine import tally as module
from geo.engine.tally import Tally, exact_parts, names_of
from geo.errors import PointsError

weight = st.floats(allow_nan=False, allow_infinity=False, width=64)


@settings(max_examples=200, deadline=None)
@given(st.lists(weight, max_size=40))
def test_the_parts_of_numbers_add_up_to_them_exactly(values):
    array = np.array(values, dtype=float)
    total = [Fraction(0)] * len(values)
    for exponent, whole in exact_parts(array):
        assert (np.abs(whole) < 2**24).all()
        assert (whole == np.trunc(whole)).all()
        total = [t + Fraction(2) ** exponent * int(w) for t, w in zip(total, whole, strict=True)]
    assert total == [Fraction(v) for v in values]


def tally_of(rng, n, weights):
    sets = np.array([[False, False], [True, False], [True, True]])
    names = tuple(rng.permutation(["a", "b", "c", ""])[: rng.integers(1, 5)].tolist())
    return (
        Tally.of(sets, ids := rng.integers(0, 3, n), names, codes := rng.integers(0, len(names), n).astype(np.int32), weights),
        [(sets[i].tolist(), names[c]) for i, c in zip(ids, codes, strict=True)],
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.lists(weight.filter(lambda w: abs(w) < 1e300), max_size=30), max_size=6),
)
def test_the_sum_of_batches_is_the_rounded_sum_of_all_whatever_the_order(seed, batches):  # fmt: skip
    rng = np.random.default_rng(seed)
    made = [tally_of(rng, len(b), np.array(b, dtype=float)) for b in batches]
    orders = [range(len(made)), rng.permutation(len(made)), range(len(made))[::-1]]
    found = []
    for order in orders:
        total = Tally.empty(2, weighed=True)
        for k in order:
            total = total + made[k][0]
        inside = total.sets[:, 0]
        rows = dict(zip(total.categories, zip(total.count(inside[:, None])[0], total.total(inside, inside), strict=True), strict=True))  # fmt: skip
        found.append({name: row for name, row in rows.items() if row[0]})
    assert found[0] == found[1] == found[2]
    expected: dict[str, list[float]] = {}
    for (_, rows), batch in zip(made, batches, strict=True):
        for (members, name), value in zip(rows, batch, strict=True):
            if members[0]:
                expected.setdefault(name, []).append(value)
    assert {n: (len(v), math.fsum(v)) for n, v in expected.items()} == found[0]


def test_three_tenths_are_exact():
    whole = np.ones(1, dtype=bool)
    total = Tally.empty(1, weighed=True)
    for _ in range(10):
        total = total + Tally.of(np.array([[True]]), np.zeros(1, int), ("",), None, np.array([0.1]))
    naive = sum([0.1] * 10)
    found = total.total(total.sets[:, 0], total.sets[:, 0])[0]
    assert naive != 1.0
    assert found == math.fsum([0.1] * 10) == 1.0
    assert whole.all()


def test_a_column_of_ids_is_no_category(monkeypatch):
    monkeypatch.setattr(module, "MAX_CATEGORIES", 3)
    one = Tally.of(
        np.array([[True]]), np.zeros(2, int), ("a", "b"), np.array([0, 1], np.int32), None
    )
    two = Tally.of(
        np.array([[True]]), np.zeros(2, int), ("c", "d"), np.array([0, 1], np.int32), None
    )
    with pytest.raises(PointsError, match="more than 3 different values"):
        one + two


def test_names_of_values():
    assert names_of(["a", None, 1.0, 2.5, float("nan"), True]) == ("a", "", "1", "2.5", "", "True")
