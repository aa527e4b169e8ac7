"""曲线: the share of points within each distance of corridors, belts and cores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import along, data, frame, inputs, memo, state, subject, take
from app.pages.profile import categories_of
from geo.analysis.curve_breaks import Breaks, Curves, break_points, coverage_curves
from geo.maps import curve_charts as charts
from geo.maps.charts import banded_bars
from geo.words import name_of, say

__all__ = ["DISTANCES_KM", "PARAMETERS", "show"]

DISTANCES_KM = tuple(np.arange(1, 61) / 2)
"""Where curves are read."""
FEW = 60_000
"""So many points are counted at once; for more the person is asked first."""
SECONDS_EACH = 3e-6
MOST = 8


def _located() -> list[str]:
    """Return what distances can be measured from: corridors and belts first, then cores."""
    own = data.shown()
    return [i.id for layer in ("corridor", "belt", "zone") for i in own.of_layer(layer) if i.footprint is not None]  # fmt: skip


def _with_axis() -> list[str]:
    own = data.shown()
    return [name for name in _located() if getattr(own[name], "axis", None) is not None]


class _Features(state.Many):
    """Features, those with an axis at first."""

    def first(self) -> list[str]:
        """Return what is shown at first."""
        return _with_axis() or self.listed()[:4]


class _Categories(state.Many):
    """Categories, the five largest at first."""

    def first(self) -> list[str]:
        """Return what is shown at first."""
        return self.listed()[:5]


MODE = state.Choice("mode", ("features", "categories"))
FEATURES = _Features("of", _located)
ABOUT = state.Choice("about", _located)
WHICH = _Categories("cats", categories_of)
FROM = state.Choice("from", ("axis", "footprint"))
WITHIN = state.Number("d", 5.0, 0.5, 30.0, 0.5)
LOG = state.Switch("log")
BENDS = state.Switch("bends", True)
PARAMETERS = (*subject.PARAMETERS, MODE, FEATURES, ABOUT, WHICH, FROM, WITHIN, LOG, BENDS)


@dataclass(frozen=True, eq=False)
class _Shown:
    """The curves that are shown, one for each of ``words``."""

    found: Curves
    table: pd.DataFrame
    breaks: pd.DataFrame
    fitted: list[Breaks]
    words: dict[str, str]
    calls: list[str]


def show() -> None:
    """Draw the page."""
    lang = state.lang()
    frame.intro("curvespage.page.intro")
    chosen = subject.ask()
    if chosen is None:
        frame.note(say("curvespage.page.no-points", lang))
        return
    with frame.controls():
        mode = inputs.choice(MODE, say("curvespage.control.mode", lang), lambda m: say(f"curvespage.mode.{m}", lang), form="segmented") if WHICH.listed() else "features"  # fmt: skip
        names = {name: name_of(data.shown()[name], lang) for name in _located()}
        ids, which = _asked(mode, names, chosen)
        start = inputs.choice(FROM, say("curvespage.control.of", lang), lambda o: say(f"curvespage.of.{o}", lang))  # fmt: skip
        bends = inputs.switch(BENDS, say("curvespage.control.breaks", lang))
        log = inputs.switch(LOG, say("curvespage.control.log", lang))
    if not ids or (mode == "categories" and not which):
        frame.note(say("curvespage.page.no-features", lang))
        return
    found = _counted(chosen, ids, start)
    if found is None:
        return
    shown = _by_category(found, chosen, ids[0], which, start) if mode == "categories" else _by_feature(found, chosen, ids, start)  # fmt: skip
    within = inputs.number(WITHIN, say("curvespage.control.within", lang))
    _draw(shown, mode, within, log=log, bends=bends)


def _asked(mode: str, names: dict[str, str], chosen: subject.Subject) -> tuple[list[str], list[str]]:  # fmt: skip
    lang = state.lang()
    if mode == "categories":
        about = inputs.choice(ABOUT, say("curvespage.control.about", lang), lambda i: names[i])
        which = inputs.many(WHICH, say("curvespage.control.categories", lang), chosen.word)
        return [about] if about else [], which[:MOST]
    ids = inputs.many(FEATURES, say("curvespage.control.features", lang), lambda i: names[i])
    return ids[:MOST], []


def _counted(own: subject.Subject, ids: list[str], start: str) -> dict[str, Curves] | None:
    """Return the curves of features, counted once each; ``None`` while they wait to be started."""
    lang, layout = state.lang(), data.shown()
    keys = {name: ("curve", data.key(), own.key, name, start) for name in ids}
    words = say("curvespage.page.many", lang, n=f"{own.n:,}", k=len(ids), s=max(round(own.n * len(ids) * SECONDS_EACH), 1))  # fmt: skip
    if not along.started(tuple(keys.values()), own.n, FEW, words, say("curvespage.page.count", lang, n=f"{own.n:,}")):  # fmt: skip
        return None

    def one(name: str, progress: Any = None) -> Curves:
        return memo.kept(
            keys[name],
            lambda: coverage_curves(own.points, {name: layout[name]}, distances_km=DISTANCES_KM, of=start, by=own.by, weight=own.weight, progress=progress),
        )  # fmt: skip

    if own.n <= FEW:
        return {name: one(name) for name in ids}
    found = {}
    with frame.working(say("curvespage.page.working", lang)) as progress:
        for k, name in enumerate(ids):
            found[name] = one(name, lambda done, total, k=k: progress(int(1000 * (k + done / max(total, 1))), 1000 * len(ids)))  # fmt: skip
    along.finished(tuple(keys.values()))
    return found


def _call(own: subject.Subject, what: str, start: str) -> str:
    points, names = own.names.split(", ", 1)
    return f"geo.coverage_curves({points}, {what}, distances_km=[k / 2 for k in range(1, 61)], of={start!r}, {names})"


def _by_feature(found: dict[str, Curves], own: subject.Subject, ids: list[str], start: str) -> _Shown:  # fmt: skip
    fitted = [_bends(("bends", data.key(), own.key, name, start), found[name].table) for name in ids]  # fmt: skip
    table = pd.concat([found[name].table for name in ids], ignore_index=True)
    words = {name: name_of(data.shown()[name], state.lang()) for name in ids}
    calls = [
        *own.lines, f"found = {_call(own, f'[layout[i] for i in {ids!r}]', start)}",
        "curves = found.table[found.table['by'] == '']", "breaks = geo.break_points(found).table",
    ]  # fmt: skip
    breaks = pd.concat([f.table for f in fitted], ignore_index=True)
    return _Shown(found[ids[0]], table[table["by"] == ""], breaks, fitted, words, calls)


def _by_category(found: dict[str, Curves], own: subject.Subject, about: str, which: list[str], start: str) -> _Shown:  # fmt: skip
    table = found[about].table
    there = [c for c in which if c in set(table["by"])]
    fitted = [_bends(("bends", data.key(), own.key, about, start, c), table, c) for c in there]
    breaks = pd.concat([f.table.assign(by=c) for c, f in zip(there, fitted, strict=True)], ignore_index=True)  # fmt: skip
    calls = [
        "import pandas as pd", *own.lines, f"curves = {_call(own, f'[layout[{about!r}]]', start)}.table",
        f"breaks = pd.concat([geo.break_points(curves, by=c).table.assign(by=c) for c in {there!r}], ignore_index=True)",
        f"curves = curves[curves['by'].isin({there!r})]",
    ]  # fmt: skip
    return _Shown(found[about], table[table["by"].isin(there)], breaks, fitted, {c: own.word(c) for c in there}, calls)  # fmt: skip


def _bends(key: tuple[Any, ...], table: pd.DataFrame, by: str = "") -> Breaks:
    return memo.kept(key, lambda: break_points(table, by=by))


def _picked() -> None:
    """Take a click on the chart as the distance that is read off."""
    answer = st.session_state.get("curves-chart") or {}
    rows = answer.get("selection", {}).get(charts.PICKED) or []
    if rows and "at" in rows[0]:
        inputs.put(WITHIN, float(rows[0]["at"]))


def _draw(shown: _Shown, mode: str, within: float, *, log: bool, bends: bool) -> None:
    lang = state.lang()
    series = "curve" if mode == "features" else "by"
    lines = shown.table.assign(curve=shown.table[series])
    marks = shown.breaks.assign(curve=shown.breaks[series]) if bends else None
    read = lines[np.isclose(lines["distance_km"], within)]
    read = read.set_index("curve").reindex(list(shown.words)).reset_index()
    said = [
        say("curvespage.page.one", lang, name=shown.words[r["curve"]], share=f"{r['share']:.1%}", low=f"{r['share_low']:.1%}", high=f"{r['share_high']:.1%}")
        for r in read.to_dict("records")
    ]  # fmt: skip
    between = ";" if lang == "zh" else "; "
    st.markdown(say("curvespage.page.headline", lang, d=f"{within:g}", values=frame.plain(between.join(said))))  # fmt: skip
    title = say("curvespage.axis.share" if mode == "features" else "curvespage.axis.share-by", lang)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart = charts.curve_chart(lines, lang, title=title, words=shown.words, breaks=marks, at=within, log=log)  # fmt: skip
        alt = say("curvespage.page.chart-alt", lang, at=f"{within:g}", values=between.join(said))
        st.altair_chart(chart, key="curves-chart", on_select=_picked, selection_mode=charts.PICKED, alt=alt)  # fmt: skip
    with right:
        st.markdown(f"**{say('curvespage.page.read', lang, d=f'{within:g}')}**")
        bars = read.assign(name=[shown.words[c] for c in read["curve"]])
        st.altair_chart(banded_bars(bars, "name", "share", title=title, percent=True), alt=between.join(said))  # fmt: skip
    st.caption(say("curvespage.page.band", lang))
    _tables(shown, read, mode, bends=bends)


def _tables(shown: _Shown, read: pd.DataFrame, mode: str, *, bends: bool) -> None:
    lang = state.lang()
    hidden = ["about", "curve", "curve_zh", "curve_en"]

    def told(table: pd.DataFrame) -> pd.DataFrame:
        key = "curve" if mode == "features" else "by"
        words = [shown.words[c] for c in table[key]]
        own = table.drop(columns=[*hidden, "by"], errors="ignore")
        own.insert(0, "curve", words)
        return own

    frame.table(told(read))
    if bends:
        st.markdown(f"**{say('curvespage.page.breaks', lang)}**")
        if len(shown.breaks):
            slopes = {c: [f"{v:+.2%}" for v in shown.breaks[c]] for c in ("slope_before", "slope_after")}  # fmt: skip
            frame.table(told(shown.breaks.assign(**slopes)))
        flat = [w for c, w in shown.words.items() if c not in set(shown.breaks["curve" if mode == "features" else "by"])]  # fmt: skip
        if flat:
            st.caption(say("curvespage.page.breaks-none", lang) + frame.plain(", ".join(flat)))
    st.markdown(f"**{say('curvespage.page.curve-table', lang)}**")
    frame.table(told(shown.table), height=260)
    methods = [shown.found.provenance, *([shown.fitted[0].provenance] if shown.fitted else [])]
    text = " ".join(m.says(lang) for m in methods)
    st.caption(f"{say('curvespage.page.method', lang)}: {frame.plain(text)}")
    take.along("curves", {"curves": shown.table, "breaks": shown.breaks}, calls=shown.calls, figure=lambda form: _figure(shown, mode, form), methods=methods)  # fmt: skip


def _figure(shown: _Shown, mode: str, form: str) -> bytes:
    from geo.maps.figures import Line, figure_file
    from geo.maps.figures import lines as drawn

    lang, key = state.lang(), "curve" if mode == "features" else "by"
    series = []
    for name, word in shown.words.items():
        own = shown.table[shown.table[key] == name]
        at = shown.breaks.loc[shown.breaks[key] == name, "distance_km"].tolist()
        x, low, central, high = (own[c].tolist() for c in ("distance_km", "share_low", "share", "share_high"))  # fmt: skip
        series.append(Line(word, x, low, central, high, at))
    figure = drawn(series, say("curvespage.axis.distance", lang), say("curvespage.axis.share", lang), percent=True)  # fmt: skip
    return figure_file(figure, form)
