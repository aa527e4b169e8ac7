from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.analysis.composite import composite, entropy_weights
from geo.errors import PointsError


def by_hand(values):
    """The weights again, with plain loops."""
    n = len(values)
    spare = []
    for column in np.transpose(values):
        e = -sum(v / column.sum() * np.log(v / column.sum()) for v in column if v > 0) / np.log(n)
        spare.append(1 - e)
    return np.array(spare) / sum(spare)


def test_weights_against_loops_and_closed_forms():
    values = np.array([[1.0, 0.0, 3.0], [2.0, 0.0, 1.0], [3.0, 5.0, 2.0]])
    entropy, weight = entropy_weights(values)
    assert np.allclose(weight, by_hand(values))
    # All in one place has entropy 0, and as much weight as any can have.
    assert entropy[1] == pytest.approx(0)
    assert weight.argmax() == 1
    even = np.column_stack([np.ones(4), [1.0, 2, 3, 4]])
    assert entropy_weights(even)[1].tolist() == [0, 1]
    assert entropy_weights(np.ones((4, 2)))[1].tolist() == [0.5, 0.5]
    # Half and half of two places of four: ln 2 over ln 4.
    assert entropy_weights(np.array([[1.0], [1.0], [0], [0]]))[0][0] == pytest.approx(0.5)


@settings(max_examples=60, deadline=None)
@given(arrays(float, (5, 3), elements=st.floats(0, 100, width=32)), st.permutations(range(5)))
def test_scores_do_not_depend_on_order_or_units(values, order):
    frame = pd.DataFrame(values, columns=list("abc")).assign(id=[f"u{k}" for k in range(5)])
    plain = composite(frame, list("abc"), draws=5).table.set_index("id")
    other = composite(frame.iloc[list(order)].assign(a=lambda f: f["a"] * 8), list("abc"), draws=5)
    assert np.allclose(plain["score"], other.table.set_index("id")["score"].reindex(plain.index))
    assert plain["score"].between(-1e-9, 1 + 1e-9).all()


def test_less_is_better_where_it_is_said():
    frame = pd.DataFrame({"id": ["a", "b", "c"], "jobs": [1, 2, 9], "rent": [5.0, 1.0, 9.0]})
    result = composite(frame, {"rent": "less"}, draws=20)
    assert result.table["id"].tolist() == ["b", "a", "c"]
    assert result.table["score"].tolist() == [1, 0.5, 0]
    assert result.tau == 1
    both = composite(frame, {"jobs": "more", "rent": "less"})
    assert set(both.weights["indicator"]) == {"jobs", "rent"}
    assert both.weights["weight"].sum() == pytest.approx(1)


def test_what_is_not_stable_is_told():
    """Two alternatives whose bands overlap change places; one that is far ahead does not."""
    frame = pd.DataFrame(
        {"id": ["a", "b", "c"], "v": [10.0, 10.4, 20], "v_low": [9.0, 9.4, 19.9], "v_high": [11.0, 11.4, 20.1]}
    )  # fmt: skip
    table = composite(frame, ["v"], draws=800).table.set_index("id")
    assert table.loc["c", "share_same"] == 1
    assert 0.5 < table.loc["b", "share_same"] < 0.9
    # P(b > a) for uniform bands 0.4 apart and 2 wide is 1 - 1.6**2 / 8.
    assert table.loc["b", "share_same"] == pytest.approx(1 - 1.6**2 / 8, abs=0.05)
    assert (table.loc["b", "rank_best"], table.loc["b", "rank_worst"]) == (2, 3)
    again = composite(frame, ["v"], draws=800).table.set_index("id")
    assert again.equals(table)


def test_what_cannot_be_ranked_is_told():
    frame = pd.DataFrame({"id": ["a", "b"], "v": [1.0, None], "w": ["x", 2]})
    for columns, message in [
        (["v"], r"column 'v', row 2 \(b\)"),
        (["w"], r"column 'w', row 1 \(a\): 'x' is no number"),
        (["z"], "no column 'z'"),
        ({"v": "up"}, "more or less, not 'up'"),
        ([], "no indicators"),
    ]:
        with pytest.raises(PointsError, match=message):
            composite(frame, columns)
    with pytest.raises(PointsError, match="at least two"):
        composite(frame[:1], ["v"])
