"""Views of rankings and panels: a composite with its stability, units by period."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, memo, mine, state, take, units_panel
from app.concentration_asked import years_columns
from app.mine import Mine
from geo.maps.charts import banded_bars
from geo.maps.score_charts import panel_heat, rank_chart, weight_bars
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "composite", "panel"]

PRE = "scorepage"
MOST_ROWS, MOST_DRAWN = 500, 25
_OF_UNITS = ("density_km2", "inside_share", "axis_km", "count", "sum", "sum_km2")


def _rows() -> pd.DataFrame:
    own = mine.current()
    return pd.DataFrame() if own is None else own.points.frame


def _numbers() -> list[str]:
    """Return the columns of the person's table that are numbers without gaps."""
    table = _rows()
    skipped = {"row", "err_m", "lon", "lat", "geometry"}
    return [str(c) for c in table.columns if c not in skipped and pd.api.types.is_numeric_dtype(table[c]) and table[c].notna().all()]  # fmt: skip


def _overs() -> list[str]:
    return ["units", "rows"] if data.units() is not None else ["rows"]


def _options() -> list[str]:
    if inputs.value_of(OVER) == "rows":
        return _numbers()
    own = mine.current()
    weighed = own is not None and own.weight is not None
    return [i for i in _OF_UNITS if weighed or not i.startswith("sum")]


def _columns() -> list[str]:
    own = mine.current()
    first = [own.label] if own is not None and own.label else []
    return [*first, *(str(c) for c in _rows().columns if c not in {*first, "geometry"})]


def _values() -> list[str]:
    own = mine.current()
    weighed = own is not None and own.weight is not None
    return ["inside_count", "count", *(["inside_sum", "sum"] if weighed else [])]


OVER = state.Choice("over", _overs)
INDICATORS = state.Many("indicators", _options, ("density_km2", "inside_share", "axis_km"))
LESS = state.Many("less", _options, ("axis_km",))
WEIGHTS = state.Choice("weights", ("entropy", "equal"))
ID = state.Choice("id", _columns)
RANKINGS = state.Choice("rankings", ("300", "1000", "3000"), "300")
PERIOD = state.Choice("period", lambda: ["", *years_columns()], "")
BY = state.Switch("by")
VALUE = state.Choice("value", _values)
PARAMETERS = (OVER, INDICATORS, LESS, WEIGHTS, ID, RANKINGS, PERIOD, BY, VALUE)


def _says(key: str, **values: Any) -> str:
    return say(f"{PRE}.{key}", state.lang(), **values)


def _panel(own: Mine, period: str | None, by: str | None) -> Any:
    key = (PRE, "panel", data.key(), own.key, state.ring_km(), period, by)
    return memo.kept(key, lambda: geo.panel(data.shown(), own.points, period=period, by=by, weight=own.weight, ring_km=state.ring_km()))  # fmt: skip


def _alternatives(own: Mine, over: str) -> tuple[pd.DataFrame, int]:
    """Return what is ranked, with ``name``, and how many were left out."""
    if over == "rows":
        table = pd.DataFrame(own.points.frame.drop(columns="geometry"))
        names = table[inputs.value_of(ID)].fillna("").astype(str)
        return table.assign(id=table["row"].astype(str), name=names), 0
    table = _panel(own, None, None).table
    kept = table[table["count"] > 0].assign(density_km2=lambda t: t["count"] / t["area_km2"])
    if own.weight:
        kept = kept.assign(sum_km2=kept["sum"] / kept["area_km2"])
    names = [name_of(r, state.lang(), "unit") for r in kept.to_dict("records")]
    return kept.assign(id=kept["unit"], name=names), len(table) - len(kept)


def composite() -> None:
    """Show a ranking by several indicators, and how stable it is."""
    own = mine.ask()
    if own is None:
        return
    lang = state.lang()
    with frame.controls():
        over = inputs.choice(OVER, _says("set.over"), lambda v: _says(f"over.{v}"), "segmented")
        said = {i: _says(f"indicator.{i}") if over == "units" else i for i in _options()}
        if over == "rows" and len(own.points) <= MOST_ROWS:
            inputs.choice(ID, _says("set.id"), str)
        chosen = inputs.many(INDICATORS, _says("set.indicators"), lambda v: said[v])
        less = inputs.many(LESS, _says("set.less"), lambda v: said[v])
        weights = inputs.choice(WEIGHTS, _says("set.weights"), lambda v: _says(f"weights.{v}"), "segmented", _says("help.weights"))  # fmt: skip
        draws = int(inputs.choice(RANKINGS, _says("set.rankings"), lambda v: f"{int(v):,}", "segmented"))  # fmt: skip
    if over == "rows" and len(own.points) > MOST_ROWS:
        frame.note(_says("says.too-many", n=f"{len(own.points):,}", most=MOST_ROWS))
        return
    if over == "rows" and not said:
        frame.note(_says("says.no-numbers"))
        return
    if not chosen:
        frame.note(_says("says.choose"))
        return
    table, left = _alternatives(own, over)
    if len(table) < 2:
        frame.note(_says("says.few", n=len(table)))
        return
    senses = {i: "less" if i in less else "more" for i in chosen}
    found = memo.kept(
        (PRE, "composite", data.key(), own.key, state.ring_km(), over, tuple(senses.items()), draws),
        lambda: geo.composite(table, senses, draws=draws),
    )  # fmt: skip
    names = dict(zip(table["id"], table["name"], strict=True))
    equal = weights == "equal"
    ranked = found.table.assign(name=[names[i] for i in found.table["id"]])
    ranked = ranked.sort_values("rank_equal" if equal else "rank", kind="stable", ignore_index=True)
    # Two alternatives of one name are two rows of the chart.
    double = ranked["name"].duplicated(keep=False) | (ranked["name"] == "")
    ranked["name"] = ranked["name"].where(~double, ranked["name"] + " " + ranked["id"])
    first = ranked.iloc[0]
    st.markdown(
        _says(
            "says.composite", first=frame.plain(first["name"]), score=f"{first['score']:.3f}", best=first["rank_best"], worst=first["rank_worst"],
            same=f"{first['share_same']:.0%}", tau=figure(found.tau, 3), changed=int((ranked["rank"] != ranked["rank_equal"]).sum()),
        )
    )  # fmt: skip
    chart = rank_chart(ranked, "name", lang, equal=equal, most=MOST_DRAWN)
    st.altair_chart(chart, theme="streamlit", alt=_says("alt.ranks", first=first["name"]))
    st.caption(_says("says.composite-read", n=len(ranked), draws=f"{draws:,}", seed=found.provenance.parameters["seed"]))  # fmt: skip
    if left:
        st.caption(_says("says.composite-left", n=left))
    if len(ranked) > MOST_DRAWN:
        st.caption(_says("says.composite-most", n=MOST_DRAWN))
    st.altair_chart(weight_bars(found.weights, said, lang), theme="streamlit", alt=_says("alt.weights"))  # fmt: skip
    frame.table(ranked[["name", "score", "rank", "rank_best", "rank_worst", "rank_equal", "share_same"]], height=360)  # fmt: skip
    frame.table(found.weights.assign(indicator=[said[i] for i in found.weights["indicator"]]))
    st.caption(frame.plain(_says("method", text=found.provenance.says(lang))))
    take.along(
        "composite", {"composite": found.table, "weights": found.weights}, methods=[found.provenance],
        calls=[*_made(own, over), f"found = geo.composite(table, {senses!r}, draws={draws})", "composite, weights = found.table, found.weights"],
    )  # fmt: skip


def _made(own: Mine, over: str) -> list[str]:
    """Return the Python that makes the table of alternatives."""
    if over == "rows":
        return ['table = points.frame.drop(columns="geometry")', 'table["id"] = table["row"].astype(str)']  # fmt: skip
    lines = ["table = geo.panel(layout, points, weight=weight, ring_km=ring_km).table"]
    lines += ['table = table[table["count"] > 0].assign(id=table["unit"], density_km2=table["count"] / table["area_km2"])']  # fmt: skip
    return [*lines, 'table["sum_km2"] = table["sum"] / table["area_km2"]'] if own.weight else lines


def panel() -> None:
    """Show points by unit and period, for regressions elsewhere."""
    own = mine.ask()
    if own is None:
        return
    if data.units() is None:
        units_panel.lacking(_says("no-units"))
        return
    lang = state.lang()
    with frame.controls():
        none = _says("set.period-none")
        period = inputs.choice(PERIOD, _says("set.period"), lambda v: v or none) or None if years_columns() else None  # fmt: skip
        grouped = inputs.switch(BY, _says("set.by")) if own.by else False
        value = inputs.choice(VALUE, _says("set.value"), lambda v: _says(f"value.{v}"))
    by = own.by if grouped else None
    found = _panel(own, period, by)
    table = found.table
    units, periods = table["unit"].nunique(), table["period"].nunique()
    st.markdown(_says("says.panel", units=units, periods=periods, rows=f"{len(table):,}", unplaced=f"{found.unplaced:,}"))  # fmt: skip
    summed = _summed(table, value)
    if period:
        st.altair_chart(panel_heat(summed, value, lang, most=MOST_DRAWN), theme="streamlit", alt=_says("alt.panel"))  # fmt: skip
    else:
        top = summed.nlargest(MOST_DRAWN, value)
        top = top.assign(name=[name_of(r, lang, "unit") for r in top.to_dict("records")])
        st.altair_chart(banded_bars(top, "name", value, title=_says(f"value.{value}")), theme="streamlit", alt=_says("alt.inside"))  # fmt: skip
    if units > MOST_DRAWN:
        st.caption(_says("says.panel-most", n=MOST_DRAWN))
    st.caption(_says("says.panel-read"))
    blank = [c for c in ("period", "by") if (table[c] == "").all()]
    frame.table(table.drop(columns=["unit", "x_km", "y_km", *blank]), height=360)
    st.caption(frame.plain(_says("method", text=found.provenance.says(lang))))
    weights = memo.kept((PRE, "weights", data.key()), lambda: geo.spatial_weights(data.shown()).table)  # fmt: skip
    roles = ["weight=weight"] if own.weight else []
    roles += ["by=by"] if by else []
    call = ", ".join(["layout", "points", f"period={period!r}", *roles, "ring_km=ring_km"])
    take.along(
        "panel", {"panel": table, "weights": weights}, methods=[found.provenance],
        calls=[f"panel = geo.panel({call}).table", "weights = geo.spatial_weights(layout).table"],
    )  # fmt: skip


def _summed(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return a value by unit and period, all categories together, with its band where it has one."""
    # What does not lie in a footprint is where its unit is: it has no band.
    banded = table if f"{value}_low" in table else table.assign(**{f"{value}_low": table[value], f"{value}_high": table[value]})  # fmt: skip
    columns = [f"{value}_low", value, f"{value}_high"]
    return banded.groupby(["unit", "unit_zh", "unit_en", "period"], as_index=False)[columns].sum()
