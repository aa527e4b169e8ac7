"""Published figures and derived rates: against sampling, closed forms, and the printed numbers."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.dates import DAYS, days_between
from geo.analysis.service_figures import Span, figure_span, rate_span, service_figures
from geo.io.rates import RATE_COLUMNS
from geo.io.tables import CLAIM_COLUMNS
from geo.model.layout import Layout

QUALIFIERS = (
    "exact",
    "about",
    "nearly",
    "over",
    "more_than_rounded",
    "reached",
    "at_most",
    "cumulative",
    "first_batch",
)


@pytest.fixture(scope="module")
def found(wuhan):
    return service_figures(wuhan)


def claim(name="a", value=10.0, qualifier="exact", **more):
    row = dict.fromkeys(CLAIM_COLUMNS, "") | {
        "id": name,
        "subject": "layout",
        "quantity": "count",
        "value": value,
        "value_high": math.nan,
        "qualifier": qualifier,
        "label_zh": name,
        "label_en": name,
        "source": "test",
        "status": "stated",
        "topic": "service",
    }
    return row | more


def rate(**parts):
    return (
        dict.fromkeys(RATE_COLUMNS, "")
        | {"id": "r", "unit_zh": "项", "unit_en": "each", "label_zh": "r", "label_en": "r"}
        | parts
    )


def layout_of(wuhan, claims, rates):
    frames = {
        "claims": pd.DataFrame(claims, columns=list(CLAIM_COLUMNS)),
        "rates": pd.DataFrame(rates, columns=list(RATE_COLUMNS)),
    }
    return Layout(
        wuhan.meta, wuhan.features, frames["claims"], wuhan.population, rates=frames["rates"]
    )


# ---- what is published


def test_every_number_of_the_service_article_is_there(found):
    refs = set(found.figures["ref"])
    numeric = {
        46,
        47,
        54,
        55,
        59,
        60,
        61,
        62,
        63,
        64,
        65,
        66,
        67,
        68,
        69,
        70,
        71,
        74,
        75,
        77,
        78,
        79,
        80,
        81,
        82,
    }
    assert {f"S{k:03d}" for k in numeric} <= refs
    printed = found.figures.set_index("id")[["stated", "qualifier"]].T.to_dict("list")
    for name, want in {
        "users": [20_000, "over"], "managers": [1_700, "nearly"], "station-needs": [1_600, "more_than_rounded"],
        "trainings": [10, "cumulative"], "african-needs": [74, "first_batch"], "financing": [1.6e9, "over"],
        "tiandi-floor": [1.9, "nearly"], "pipeline": [100, "nearly"], "stations": [9, "exact"], "first-station": [1, "exact"],
        "needs-2025": [7_474, "exact"], "cooperation-2025": [1.856e9, "exact"], "contest-entrants": [300, "more_than_rounded"],
    }.items():  # fmt: skip
        assert printed[name] == want, name


def test_bounds_of_published_numbers(found):
    rows = found.figures.set_index("id")
    for name, low, high in (
        ("needs-2025", 7_474, 7_474), ("stations", 9, 9), ("users", 20_000, math.inf), ("managers", 1_615, 1_700),
        ("station-needs", 1_600, 1_760), ("cooperation-2025", 1.8555e9, 1.8565e9), ("fund-prize", 5e5, 2e6),
        ("intended", 29, 30),
    ):  # fmt: skip
        assert (rows.loc[name, "value_low"], rows.loc[name, "value_high"]) == (low, high), name
    assert (rows["value_low"] <= rows["stated"]).all()
    assert (rows["stated"] <= rows["value_high"]).all()


def test_two_numbers_have_two_readings(found):
    readings = found.figures[found.figures["reading_of"] != ""]
    dates = readings.groupby("reading_of")["as_of"].agg(set).to_dict()
    assert dates == {k: {"2025-12-31", "2026-02-24"} for k in ("needs", "cooperation")}


# ---- rates


def test_both_readings_of_a_monthly_rate_differ_as_their_months_do(found):
    for name, value in (
        ("needs-per-month", (7_474, 7_474)),
        ("money-per-month", (1.8555e9, 1.8565e9)),
    ):
        rows = found.rates[found.rates["id"] == name].set_index("as_of")
        for until in ("2025-12-31", "2026-02-24"):
            day = dt.date.fromisoformat(until)
            least, most = (
                (day - dt.date(2024, m, d)).days / (365.2425 / 12) for m, d in ((12, 31), (1, 1))
            )
            row = rows.loc[until]
            assert (row["periods_low"], row["periods_high"]) == pytest.approx((least, most))
            assert (row["rate_low"], row["rate_high"]) == pytest.approx(
                (value[0] / most, value[1] / least)
            )
            assert math.isnan(row["rate"])
        assert (
            rows.loc["2026-02-24", ["rate_low", "rate_high"]]
            < rows.loc["2025-12-31", ["rate_low", "rate_high"]]
        ).all()
    # Without a period the date changes nothing but what it is set against.
    same = found.rates[found.rates["id"] == "money-per-need"]
    assert same["rate"].tolist() == pytest.approx([1.856e9 / 7_474] * 2)
    assert same["inputs"].tolist() == [
        "cooperation-2025 needs-2025",
        "cooperation-headline needs-headline",
    ]
    assert same["same_date"].all()
    users = found.rates[found.rates["id"] == "needs-per-user"].set_index("as_of")
    assert users["same_date"].to_dict() == {"2025-12-31": True, "2026-02-24": False}
    assert "2026-02-24" in users.loc["2026-02-24", "assumes_en"]


def test_rates_in_closed_form(found):
    rows = found.rates.drop_duplicates("id").set_index("id")
    for name, low, central, high in (
        ("needs-per-station", 1_600 / 9, 1_600 / 9, 1_760 / 9), ("results-per-station", 870 / 9, 870 / 9, 957 / 9),
        ("managers-per-session", 161.5, 170, 170), ("winners-share", 100 * 10 / 330, 100 / 30, 100 / 30),
        ("needs-per-user", 0, 7_474 / 20_000, 7_474 / 20_000), ("contracts-share", 0, 100 * 1.856e9 / 2.7e11, 100 * 1.8565e9 / 2.7e11),
        ("money-per-need", 1.8555e9 / 7_474, 1.856e9 / 7_474, 1.8565e9 / 7_474), ("intended-share", 29, 30, 100 * 30 / 95),
    ):  # fmt: skip
        assert rows.loc[name, ["rate_low", "rate", "rate_high"]].tolist() == pytest.approx(
            [low, central, high]
        ), name
    growth = rows.loc["stations-per-month"]
    days = (
        (dt.date(2025, 11, 1) - dt.date(2025, 5, 31)).days,
        (dt.date(2025, 11, 30) - dt.date(2025, 5, 1)).days,
    )
    assert (growth["rate_low"], growth["rate_high"]) == pytest.approx((8 * DAYS["month"] / days[1], 8 * DAYS["month"] / days[0]))  # fmt: skip


def test_each_rate_is_marked_and_says_how_it_was_made(found, wuhan):
    known = set(wuhan.claims["id"])
    assert found.rates["derived"].all()
    for row in found.rates.to_dict("records"):
        assert set(row["inputs"].split()) <= known
        assert "÷" in row["formula_zh"]
        assert row["source"]
        assert row["rate_low"] <= row["rate_high"]
    assert len(found.rates["id"].unique()) + len(found.missing["id"].unique()) == len(wuhan.rates)


VALUE = st.one_of(st.integers(1, 20_000).map(float), st.floats(0.1, 1e6))


@st.composite
def _claims(draw):
    return claim(value=draw(VALUE), qualifier=draw(st.sampled_from(QUALIFIERS)), quantity="money")


@settings(max_examples=150, deadline=None)
@given(a=_claims(), b=_claims(), less=st.one_of(st.none(), _claims()), months=st.tuples(st.floats(0.5, 30), st.floats(0, 30)), seed=st.integers(0, 2**32 - 1))  # fmt: skip
def test_no_value_within_the_qualifiers_leaves_the_bounds(a, b, less, months, seed):
    """And the bounds are reached: sampling with the ends included finds both."""
    rng = np.random.default_rng(seed)
    spans = [figure_span(a), Span(0, 0, 0) if less is None else figure_span(less), figure_span(b), Span(months[0], math.nan, sum(months))]  # fmt: skip
    made = rate_span(*spans)

    def drawn(span):
        high = span.high if math.isfinite(span.high) else max(span.low, 1.0) * 1e9
        inner = span.low + (high - span.low) * rng.random(200) ** 4
        return np.concatenate([inner, [span.low, high]])

    n, m, d, t = (drawn(s) for s in spans)
    corners = np.array([(x - y) / (z * w) for x in n[-2:] for y in m[-2:] for z in d[-2:] for w in t[-2:] if z > 0])  # fmt: skip
    if made is None:
        lowest = spans[0].low - spans[1].high
        endless = math.isinf(spans[0].high) and (lowest <= 0 or math.isinf(spans[2].high))
        assert spans[2].low <= 0 or endless
        return
    values = (n - m) / (d * t)
    tol = 1e-9 * max(1.0, abs(made.low), abs(made.high) if math.isfinite(made.high) else 1.0)
    assert values.min() >= made.low - tol
    assert values.max() <= made.high + tol
    if all(math.isfinite(s.high) for s in spans):
        assert corners.min() == pytest.approx(made.low, rel=1e-9, abs=1e-12)
        assert corners.max() == pytest.approx(made.high, rel=1e-9, abs=1e-12)


def test_nothing_is_derived_from_what_is_not_known(wuhan):
    claims = [
        claim("a", as_of="2025-12-31"), claim("none", value=math.nan, qualifier="statement"), claim("zero", value=0.0, qualifier="at_most"),
        claim("many", qualifier="over"), claim("over", qualifier="over"), claim("then", as_of="2025"), claim("undated"),
    ]  # fmt: skip
    for parts, why in (
        ({"numerator": "a", "denominator": "none"}, "no-number"), ({"numerator": "none", "denominator": "a"}, "no-number"),
        ({"numerator": "a", "denominator": "zero"}, "unbounded"), ({"numerator": "a", "since": "undated", "per": "month"}, "no-date"),
        ({"numerator": "a", "since": "then", "per": "month"}, "no-period"), ({"numerator": "undated", "since": "then", "per": "year"}, "no-date"),
    ):  # fmt: skip
        got = service_figures(layout_of(wuhan, claims, [rate(**parts)]))
        assert got.missing["why"].tolist() == [why], parts
        assert got.missing["why_zh"].iat[0]
        assert not len(got.rates)
    both = service_figures(layout_of(wuhan, claims, [rate(numerator="many", denominator="over")]))
    assert both.missing["why"].tolist() == ["unbounded"]


def test_a_layout_without_figures_has_empty_tables(wuhan):
    bare = Layout(wuhan.meta, [], wuhan.claims.iloc[:0], wuhan.population)
    got = service_figures(bare)
    assert [len(t) for t in got.tables.values()] == [0, 0, 0]
    assert "rate_low" in got.rates.columns


def test_claims_about_service_nodes_count_without_a_topic(wuhan):
    old = wuhan.claims.drop(columns="topic")
    got = service_figures(Layout(wuhan.meta, wuhan.features, old, wuhan.population))
    assert {"users", "fund-total"} <= set(got.figures["id"])
    assert "tiandi-floor" not in set(got.figures["id"])


def test_days_between_dates():
    assert days_between("2024", "2025-12-31") == (365, 730)
    assert days_between("2025-05", "2025-11") == (154, 213)
    assert days_between("", "2025") is None
