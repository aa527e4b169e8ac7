"""Views of concentration that are charts: quotients, unevenness, nearest neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

import geo
from app import concentration_asked as own
from app import frame, inputs, memo, take
from app.concentration_asked import Asked, columns_of, method, tell_errors, words
from geo.analysis.concentration.lorenz import lorenz_curves
from geo.maps.concentration_charts import interval_dots, lorenz_chart, quotient_heat
from geo.words import name_of
from geo.words.figures import figure

__all__ = ["neighbours", "quotients", "uneven"]

MOST_UNITS = 20
"""A heat map of more units could not be read."""


def _named(table: pd.DataFrame, a: Asked) -> pd.DataFrame:
    """Return a table whose blank category is said in words."""
    return table.assign(by=table["by"].replace("", a.says("view.everyone")))


def quotients(a: Asked) -> None:
    """Show which categories are over-represented where."""
    if a.mine.by is None:
        frame.note(a.says("no-groups"))
        return
    with frame.controls():
        around = "footprints"
        if a.study is not None:
            around = inputs.choice(own.AROUND, a.says("set.around"), words("around"), "segmented")
        level = inputs.choice(own.LEVEL, a.says("set.level"), lambda v: f"{v} %", "segmented", a.says("help.level"))  # fmt: skip
    places = a.footprints if around == "footprints" else a.study
    result = memo.kept(
        a.key("lq", around, level),
        lambda: geo.location_quotients(a.cloud(), places, level=int(level) / 100, ring_km=a.ring_km, **a.roles),
    )  # fmt: skip
    table = result.table
    st.markdown(_most(a, table, level))
    shown = table if around == "footprints" else _busiest(table)
    best = table.sort_values("lq", ascending=False).iloc[0]
    alt = a.says("alt.heat", place=name_of(best, a.lang, "footprint"), group=best["by"], lq=figure(best["lq"], 3))  # fmt: skip
    st.altair_chart(quotient_heat(shown, a.lang), theme="streamlit", alt=alt)
    st.caption(a.says("says.lq-read"))
    tests = int(table["lq"].notna().sum())
    st.caption(a.says("says.lq-many", tests=tests, chance=round(tests * (1 - int(level) / 100))))
    if len(shown) < len(table):
        st.caption(a.says("says.lq-units", n=MOST_UNITS, total=table["footprint"].nunique() - 1))
    names = {r["footprint"]: name_of(r, a.lang, "footprint") for r in table.to_dict("records")}
    if around == "footprints":
        place = inputs.choice(own.PLACE, a.says("set.place"), lambda v: names.get(v, v))
    else:
        place = st.selectbox(a.says("set.place"), list(names), format_func=lambda v: names[v], key="lq-unit")  # fmt: skip
    one = table[table["footprint"] == place]
    alt = a.says("alt.intervals", place=names[place])
    st.altair_chart(_intervals(one, a), theme="streamlit", alt=alt)
    frame.table(columns_of(table, ("footprint", "by", "count_low", "count", "count_high", "lq_low", "lq", "lq_high", "lq_ci_low", "lq_ci_high", "few", "why")).drop(columns="footprint"), height=360)  # fmt: skip
    method(a, result.provenance)
    where = "layout" if around == "footprints" else own.units_call()
    call = a.call("location_quotients", where, f"level={int(level) / 100}", "ring_km=ring_km")
    take.along("quotients", {"quotients": table}, calls=[f"quotients = {call}.table"], figure=_bars(one, a), methods=[result.provenance])  # fmt: skip


def _intervals(one: pd.DataFrame, a: Asked) -> Any:
    return interval_dots(
        one, "by", "lq", title=a.says("chart.lq"), band=("lq_low", "lq_high"), interval=("lq_ci_low", "lq_ci_high"),
        reference=1, log=True,
    )  # fmt: skip


def _most(a: Asked, table: pd.DataFrame, level: str) -> str:
    """Say where a quotient is surely above 1 and largest."""
    sure = table[(table["lq_ci_low"] > 1) & (table["lq_low"] > 1) & ~table["few"].astype(bool)]
    if not len(sure):
        return a.says("says.lq-none")
    row = sure.sort_values("lq", ascending=False).iloc[0]
    return a.says(
        "says.lq", place=frame.plain(name_of(row, a.lang, "footprint")), group=frame.plain(str(row["by"])), level=level,
        n=f"{row['count']:,}", **{k: figure(row[c], 3) for k, c in (("lq", "lq"), ("low", "lq_low"), ("high", "lq_high"), ("ci_low", "lq_ci_low"), ("ci_high", "lq_ci_high"))},
    )  # fmt: skip


def _busiest(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the places that hold most."""
    held = table[table["footprint"] != "any"].groupby("footprint")["in_footprint"].first()
    kept = held.nlargest(MOST_UNITS).index
    return table[table["footprint"].isin(kept)]


def _bars(table: pd.DataFrame, a: Asked) -> Any:
    from geo.maps.figures import bars, figure_file

    drawn = table[table["lq"].notna()]

    def make(form: str) -> bytes:
        made = bars(
            list(drawn["by"]), list(drawn["lq_ci_low"].fillna(drawn["lq"])), list(drawn["lq"]),
            list(drawn["lq_ci_high"].fillna(drawn["lq"])), a.says("chart.lq"),
        )  # fmt: skip
        return figure_file(made, form)

    return make


def uneven(a: Asked) -> None:
    """Show how unevenly points lie over units or cells."""
    with frame.controls():
        over = "cells"
        if a.study is not None:
            over = inputs.choice(own.OVER, a.says("set.over"), words("over"), "segmented")
        options: dict[str, Any] = {"units": a.study}
        if over == "cells":
            cell = inputs.number(own.CELL, a.says("set.cell"), a.says("help.cell"))
            lattice = inputs.choice(own.LATTICE, a.says("set.lattice"), words("lattice"), "segmented")  # fmt: skip
            options = {"cell_km": cell, "lattice": lattice, "study": a.study}
    plain = tuple((k, v) for k, v in options.items() if isinstance(v, float | str))
    result = memo.kept(
        a.key("inequality", over, plain),
        lambda: geo.inequality(a.cloud(), a.layout, ring_km=a.ring_km, **options, **a.roles),
    )
    curves = memo.kept(
        a.key("lorenz", over, plain),
        lambda: lorenz_curves(a.cloud(), a.layout, ring_km=a.ring_km, weight=a.weight, **options),
    )
    table = result.table
    whole = {r["footprint"]: r for r in table[table["by"] == ""].to_dict("records")}
    every, inside = whole["all"], whole["any"]
    own_curve = curves.table[curves.table["footprint"] == "all"]
    if not len(own_curve):
        frame.note(a.says("nothing"))
        return
    top = 1 - float(np.interp(0.9, own_curve["share_of_units"], own_curve["share_held"]))
    numbers = {"gini": every["gini"], "inside": inside["gini"], "low": inside["gini_low"], "high": inside["gini_high"]}  # fmt: skip
    st.markdown(a.says("says.uneven", top=f"{top:.1%}", what=a.what, **{k: figure(v, 3) for k, v in numbers.items()}))  # fmt: skip
    chart = lorenz_chart(curves.table, a.lang, weighed=a.weighed)
    st.altair_chart(chart, theme="streamlit", alt=a.says("alt.lorenz", gini=figure(every["gini"], 3)))  # fmt: skip
    st.caption(a.says("says.uneven-read", between=figure(every["theil_between"], 3), within=figure(every["theil_within"], 3)))  # fmt: skip
    st.caption(a.says("says.uneven-size"))
    frame.table(columns_of(_named(table, a), ("footprint", "by", "n_units", "n_empty", "total", "gini_low", "gini", "gini_high", "hhi", "equal_units", "theil", "theil_between", "theil_within", "few", "why")).drop(columns="footprint"), height=360)  # fmt: skip
    method(a, result.provenance, curves.provenance)
    size = ["units=geo.read_units(layout)"] if over == "units" else [f"{k}={v!r}" for k, v in plain] + [a.study_call]  # fmt: skip
    call = a.call("inequality", "layout", *size, "ring_km=ring_km")
    curve = a.call("lorenz_curves", "layout", *size, "ring_km=ring_km", by=False)
    take.along(
        "inequality", {"inequality": table, "lorenz": curves.table}, methods=[result.provenance, curves.provenance],
        calls=[f"inequality = {call}.table", "from geo.analysis.concentration.lorenz import lorenz_curves", f"lorenz = {curve.removeprefix('geo.')}.table"],
        figure=_lorenz_figure(curves.table, a),
    )  # fmt: skip


def _lorenz_figure(table: pd.DataFrame, a: Asked) -> Any:
    from geo.maps.figures import Line, figure_file, lines

    def make(form: str) -> bytes:
        series = []
        for _, one in table.groupby("footprint", sort=False):
            y = list(one["share_held"])
            series.append(Line(name_of(one.iloc[0], a.lang, "footprint"), list(one["share_of_units"]), y, y, y))  # fmt: skip
        what = "weight" if a.weighed else "count"
        return figure_file(lines(series, a.says("chart.share-units"), a.says(f"chart.share-{what}"), percent=True), form)  # fmt: skip

    return make


def neighbours(a: Asked) -> None:
    """Show whether points are clustered, random or spread."""
    result = memo.kept(
        (own.PRE, "nn", a.layout.id, a.mine.key),
        lambda: geo.nearest_neighbours(a.cloud(), a.layout, study=a.study, by=a.mine.by),
    )
    table = _named(result.table, a)
    row = result.table.iloc[0]
    if not np.isfinite(row["nn_ratio"]):
        frame.note(a.says("says.nn-blank"))
        return
    kind = "random" if row["nn_p_donnelly"] >= 0.05 else "clustered" if row["nn_ratio_donnelly"] < 1 else "spread"  # fmt: skip
    said = {
        "observed": figure(row["observed_m"]), "expected": figure(row["expected_m"]), "ratio": figure(row["nn_ratio"], 3),
        "low": figure(row["nn_ratio_low"], 3), "high": figure(row["nn_ratio_high"], 3),
        "edge": figure(row["nn_ratio_donnelly"], 3), "z": f"{row['nn_z_donnelly']:.1f}".replace("-", "−"),
    }  # fmt: skip
    st.markdown(a.says(f"says.nn-{kind}", **said))
    chart = interval_dots(table, "by", "nn_ratio", title=a.says("chart.nn"), band=("nn_ratio_low", "nn_ratio_high"), reference=1)  # fmt: skip
    st.altair_chart(chart, theme="streamlit", alt=a.says("alt.nn", ratio=said["ratio"]))
    tell_errors(a)
    st.caption(a.says("says.nn-read", km2=figure(round(row["area_km2"]))))
    frame.table(columns_of(table, ("by", "count", "observed_m_low", "observed_m", "observed_m_high", "expected_m", "nn_ratio_low", "nn_ratio", "nn_ratio_high", "nn_z", "nn_ratio_donnelly", "nn_z_donnelly", "nn_p_donnelly", "coincident", "few", "why")))  # fmt: skip
    method(a, result.provenance)
    call = a.call("nearest_neighbours", "layout", a.study_call, weight=False)
    take.along("neighbours", {"neighbours": result.table}, calls=[f"neighbours = {call}.table"], figure=_nn_figure(table, a), methods=[result.provenance])  # fmt: skip


def _nn_figure(table: pd.DataFrame, a: Asked) -> Any:
    from geo.maps.figures import bars, figure_file

    drawn = table[table["nn_ratio"].notna()]
    return lambda form: figure_file(
        bars(list(drawn["by"]), list(drawn["nn_ratio_low"]), list(drawn["nn_ratio"]), list(drawn["nn_ratio_high"]), a.says("chart.nn")),
        form,
    )  # fmt: skip
