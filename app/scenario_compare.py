"""The scenario beside its base: two linked maps, and every statistic with its difference and band."""

from __future__ import annotations

from typing import Any

import streamlit as st

import geo
from app import data, frame, inputs, memo, mine, state, take
from geo.analysis.compare import STATISTICS, Comparison
from geo.io.scenarios import changes_table
from geo.maps.difference_charts import difference_bars, difference_figure, differing
from geo.maps.side_by_side import side_by_side_html
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

FEW = 200_000
"""So many points are compared at once; for more a button starts it."""
_COLUMNS = (
    "name_zh", "name_en", "change", "by", "base_low", "base", "base_high", "scenario_low", "scenario", "scenario_high",
    "gained", "lost", "diff_low", "diff", "diff_high", "verdict",
)  # fmt: skip
STAT = state.Choice("stat", STATISTICS)
SCOPE = state.Choice("scope", ("footprint", "unit", "total"))
GROUPED = state.Switch("by")
PARAMETERS: tuple[state.Parameter, ...] = (STAT, SCOPE, GROUPED)


def show(view: str) -> None:
    """Draw the maps or the differences."""
    lang, own = state.lang(), data.scenario()
    if own is None or not own.changes:
        frame.note(say("scenarios.page.nothing-yet", lang))
        return
    place = st.container()
    if view == "maps":
        # The maps are there at once; the comparison takes a little longer.
        _maps()
    with place:
        found = _compared()
        if found is not None:
            _headline(found)
    if view == "diff" and found is not None:
        _differences(found)


def _compared() -> Comparison | None:
    """Return the comparison with the person's points; ``None`` where a button has to start it."""
    lang, points = state.lang(), mine.current()
    if points is None:
        st.caption(say("scenarios.compare.no-points", lang))
        return memo.kept(_key(None), lambda: _compare(None, None))
    store = st.session_state.setdefault("scenario-compared", set())
    if len(points.points) > FEW and _key(points) not in store:
        st.caption(say("scenarios.compare.many", lang))
        if not st.button(say("scenarios.compare.start", lang, n=f"{len(points.points):,}"), key="scenario-start"):  # fmt: skip
            return None
        with frame.working(say("scenarios.compare.working", lang, n=f"{len(points.points):,}")) as tick:  # fmt: skip
            found = memo.kept(_key(points), lambda: _compare(points, tick))
        store.add(_key(points))
        return found
    return memo.kept(_key(points), lambda: _compare(points, None))


def _key(points: mine.Mine | None) -> tuple[Any, ...]:
    return ("compare", data.key(), state.ring_km(), points.key if points else "", _by(points))


def _by(points: mine.Mine | None) -> str | None:
    grouped = points is not None and inputs.value_of(GROUPED)
    return points.by if points is not None and grouped else None


def _compare(points: mine.Mine | None, tick: Any) -> Comparison:
    own = data.scenario()
    units = data.units()
    return geo.compare(
        data.layout(), own if own is not None else data.shown(), None if points is None else points.points,
        units=False if units is None else units, by=_by(points), weight=None if points is None else points.weight,
        ring_km=state.ring_km(), progress=tick,
    )  # fmt: skip


def _headline(found: Comparison) -> None:
    lang = state.lang()
    whole = found.table[(found.table["scope"] == "total") & (found.table["id"] == "any") & (found.table["by"] == "")]  # fmt: skip
    row = st.container(horizontal=True)
    for key, statistic in (("area", "area_km2"), ("count", "count"), ("sum", "sum")):
        for line in whole[whole["statistic"] == statistic].to_dict("records"):
            with row.container(width="content"):
                # A plain hyphen: by it the arrow tells which way it points.
                moved = _signed(line["diff"]).replace("−", "-") if line["diff"] else None
                st.metric(say(f"scenarios.compare.any-{key}", lang), figure(line["scenario"]), moved, delta_color="off")  # fmt: skip
                low, high = (_signed(line[f"diff_{end}"]) for end in ("low", "high"))
                even = line["verdict"] == "even"
                st.caption(say(f"scenarios.compare.{'even' if even else 'band'}", lang, low=low, high=high))  # fmt: skip


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{figure(abs(value))}"


def _names() -> tuple[str, str]:
    lang, own = state.lang(), data.scenario()
    base = say("scenarios.map.base", lang, name=name_of(data.layout().meta, lang))
    return base, say("scenarios.map.scenario", lang, name=name_of(own, lang))


def _maps() -> None:
    lang = state.lang()

    def page(*, inline: bool = False) -> str:
        return side_by_side_html(
            data.layout(), data.shown(), lang, names=_names(), units=data.units(), ring_km=state.ring_km(), inline=inline,
        )  # fmt: skip

    text = memo.kept(("side by side", data.key(), lang, state.ring_km(), _names()), page)
    st.iframe(text, height=560, alt=say("scenarios.compare.maps-alt", lang))
    st.download_button(
        say("scenarios.compare.maps-file", lang), data=lambda: page(inline=True).encode(), mime="text/html",
        file_name=f"{data.layout().id}-scenario-maps.html", key="scenario-maps-file", on_click="ignore",
    )  # fmt: skip


def _differences(found: Comparison) -> None:
    lang, points = state.lang(), mine.current()
    table = found.table
    known = [s for s in STATISTICS if (table["statistic"] == s).any()]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        stat = inputs.choice(STAT, say("scenarios.compare.statistic", lang), lambda s: say(f"compare.statistic.{s}", lang), form="segmented")  # fmt: skip
        scope = inputs.choice(SCOPE, say("scenarios.compare.scope", lang), lambda s: say(f"compare.scope.{s}", lang), form="segmented")  # fmt: skip
        if points is not None and points.by:
            inputs.switch(GROUPED, say("scenarios.compare.grouped", lang))
    if stat not in known:
        frame.note(say("scenarios.compare.none-such", lang))
        return
    what = say(f"compare.statistic.{stat}", lang)
    shown = differing(table, stat, scope, lang)
    title = say("scenarios.chart.axis", lang, what=what)
    if shown.empty:
        frame.note(say("scenarios.compare.all-even", lang))
    else:
        st.altair_chart(difference_bars(shown, title, lang), alt=say("scenarios.chart.alt", lang, what=what))  # fmt: skip
    rows = table[(table["statistic"] == stat) & (table["scope"] == scope)]
    if len(rows):
        # What differs comes first.
        largest = rows[["diff_low", "diff", "diff_high"]].abs().max(axis=1)
        rows = rows.loc[largest.sort_values(ascending=False, kind="stable").index]
        frame.table(rows[[c for c in _COLUMNS if rows[c].astype(str).str.len().any()]])
    st.caption(found.provenance.says(lang))
    _along(found, shown, title)


def _along(found: Comparison, shown: Any, title: str) -> None:
    from geo.maps.figures import figure_file
    from geo.report.script import reading_of

    base, scenario, points = data.layout(), data.scenario(), mine.current()
    tables = {"differences": found.table}
    counted = "points, by={by}, weight=weight, ".format(by="by" if _by(points) else "None") if points is not None else ""  # fmt: skip
    units = "" if data.units() is not None else "units=False, "
    calls = [f"base = {reading_of(base)}", f"result = geo.compare(base, scenario, {counted}{units}ring_km=ring_km)", "differences = result.table"]  # fmt: skip
    if scenario is not None:
        tables["changes"] = changes_table(base, scenario)
        calls += ["from geo.io.scenarios import changes_table", "changes = changes_table(base, scenario)"]  # fmt: skip
    picture = None if shown.empty else (lambda form: figure_file(difference_figure(shown, title), form))  # fmt: skip
    take.along(
        "scenario", tables, calls=calls, figure=picture,
        layers={"footprints": data.shown().footprints}, methods=[found.provenance],
    )  # fmt: skip
