"""Views of the scorecard: the four C of each corridor, and the progress of indicators."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import geo
from app import data, frame, inputs, memo, mine, state, take
from app.later import kept_later
from geo.analysis.cloud import cloud_of
from geo.analysis.indicators import INDICATOR_COLUMNS
from geo.analysis.progress import Progress, part_of
from geo.analysis.scorecard import THRESHOLDS, Scorecard, marked_again
from geo.errors import PointsError
from geo.maps.score_charts import item_chart, mark_chart, progress_chart
from geo.words import Lang, catalogue, name_of, say

__all__ = ["LIMITS", "corridors", "indicators", "marks"]

PRE = "scorepage"


def corridors() -> list[str]:
    """Return the ids of the corridors that have an axis."""
    return [i.id for i in data.shown().of_layer("corridor") if getattr(i, "axis", None) is not None]


CORRIDOR = state.Choice("corridor", corridors)
DRAWS = state.Choice("draws", ("99", "199", "999"), "199")
_BOUNDS = {
    "density-ratio": (0.2, 5.0, 0.1), "p-value": (0.01, 0.2, 0.01), "continuity": (0.1, 1.0, 0.05), "transport-nodes": (1, 10, 1),
    "transport-gap": (0.05, 1.0, 0.05), "research-ratio": (0.2, 5.0, 0.1), "specialisation": (1.0, 3.0, 0.05), "inner-links": (1, 10, 1),
    "tiers": (1, 8, 1),
}  # fmt: skip
LIMITS = {
    item: state.Number(item, round(THRESHOLDS[item], 2), *bounds)
    for item, bounds in _BOUNDS.items()
}


def _says(key: str, **values: Any) -> str:
    return say(f"{PRE}.{key}", state.lang(), **values)


def _cards(ids: list[str], draws: int) -> dict[str, Scorecard] | None:
    """Return the scorecards; with points they are computed when the button is pressed."""
    own, layout = mine.current(), data.shown()
    if own is None or not len(own.points):
        frame.note(_says("no-points"))
        return memo.kept((PRE, "cards", data.key()), lambda: {i: geo.scorecard(layout, i) for i in ids})  # fmt: skip
    key = (PRE, "cards", data.key(), own.key, draws)

    def make(progress: Progress) -> dict[str, Scorecard]:
        cloud = cloud_of(own.points, by=own.by, weight=own.weight, layout=layout)
        return {
            i: geo.scorecard(layout, i, cloud, draws=draws, progress=part_of(progress, k, len(ids)))
            for k, i in enumerate(ids)
        }

    hint = _says("press", n=f"{len(own.points):,}", draws=draws)
    return kept_later(key, make, label=_says("q.marks"), hint=hint, button=_says("compute"))


def _changed() -> dict[str, float]:
    """Show the limits and return those that differ."""
    with frame.controls(), st.expander(_says("limits")):
        st.caption(_says("limits-note"))
        set_to = {item: inputs.number(param, say(f"score.item.{item}", state.lang())) for item, param in LIMITS.items()}  # fmt: skip
    return {item: v for item, v in set_to.items() if v != LIMITS[item].first()}


def marks() -> None:
    """Show the marks of corridors, with their reasons and limits."""
    ids, lang, layout = corridors(), state.lang(), data.shown()
    if not ids:
        frame.note(_says("no-corridor"))
        return
    with frame.controls():
        draws = 199
        if mine.current() is not None:
            draws = int(inputs.choice(DRAWS, _says("set.draws"), str, "segmented", _says("help.draws")))  # fmt: skip
    limits = _changed()
    cards = _cards(ids, draws)
    if cards is None:
        return
    cards = {i: marked_again(card, limits) for i, card in cards.items()}
    names = {i: {"footprint": i, "footprint_zh": layout[i].name_zh, "footprint_en": layout[i].name_en} for i in cards}  # fmt: skip
    table, items = (pd.concat([getattr(c, part).assign(**names[i]) for i, c in cards.items()], ignore_index=True) for part in ("marks", "items"))  # fmt: skip
    for card in cards.values():
        st.markdown(f"- {frame.plain(card.why.says(lang))}")
    said = "; ".join(f"{name_of(names[i], lang, 'footprint')}: " + ", ".join(say(f"score.mark.{m}", lang) for m in c.marks["mark"]) for i, c in cards.items())  # fmt: skip
    st.altair_chart(mark_chart(table, lang), theme="streamlit", alt=_says("alt.marks", text=said))
    st.caption(_says("says.marks-read"))
    chosen = inputs.choice(CORRIDOR, _says("set.corridor"), lambda v: name_of(layout[v], lang))
    card = cards[chosen]
    alt = _says("alt.items", name=name_of(layout[chosen], lang))
    st.altair_chart(item_chart(card.items, lang), theme="streamlit", alt=alt)
    st.caption(_says("says.items-read"))
    frame.table(card.items.assign(detail=[_named(d) for d in card.items["detail"]]))
    with st.expander(_says("missing")):
        for row in card.marks.to_dict("records"):
            text = frame.plain(row[f"missing_{lang}"])
            st.markdown(f"- **{_says('dimension.' + row['dimension'])}**: {text}")
    st.caption(frame.plain(_says("method", text=card.provenance.says(lang))))
    take.along("score", {"marks": table, "items": items}, calls=_card_calls(ids, draws, limits), methods=[card.provenance])  # fmt: skip


def _named(detail: str) -> str:
    """Return the ids of features and tiers in a detail as names."""
    layout, lang = data.shown(), state.lang()
    words = catalogue()

    def name(part: str) -> str:
        tier = words.get(f"model.tier.{part}")
        return name_of(layout[part], lang) if part in layout else tier[lang] if tier else part

    more = " …" if detail.endswith(" …") else ""
    between = "、" if lang == "zh" else ", "
    return between.join(name(p) for p in detail.removesuffix(more).split(", ")) + more


def _card_calls(ids: list[str], draws: int, limits: dict[str, float]) -> list[str]:
    points = "" if mine.current() is None else "points, by=by, weight=weight, "
    return [
        "import pandas as pd",
        f"cards = {{i: geo.scorecard(layout, i, {points}draws={draws}, thresholds={limits!r}) for i in {ids!r}}}",
        'name = lambda i: {"footprint": i, "footprint_zh": layout[i].name_zh, "footprint_en": layout[i].name_en}',
        "marks = pd.concat([c.marks.assign(**name(i)) for i, c in cards.items()], ignore_index=True)",
        "items = pd.concat([c.items.assign(**name(i)) for i, c in cards.items()], ignore_index=True)",
    ]  # fmt: skip


def indicators() -> None:
    """Show indicators on their way, which the person can complete."""
    lang, layout = state.lang(), data.shown()
    published = memo.kept((PRE, "published", data.key()), lambda: geo.indicators_of(layout))
    plain = pd.DataFrame(published[list(INDICATOR_COLUMNS)])
    if not len(plain):
        frame.note(_says("no-figures"))
    above = st.container()
    st.caption(_says("says.edit"))
    edited = _complete(_edited(plain, lang))
    with above:
        try:
            found = geo.indicators(edited)
        except PointsError as error:
            frame.wrong(error)
            return
        known = found[found["progress"].notna()]
        if len(known):
            paces = known["pace"].value_counts()
            told = "、" if lang == "zh" else ", "
            text = told.join(_says("pace.count", pace=say(f"score.pace.{p}", lang), n=n) for p, n in paces.items())  # fmt: skip
            st.markdown(_says("says.indicators", n=len(published), known=len(known), paces=text))
            st.altair_chart(progress_chart(found, lang), theme="streamlit", alt=_says("alt.progress"))  # fmt: skip
            st.caption(_says("says.indicators-read"))
            frame.table(known[["label_zh", "label_en", "base", "now", "target", "progress_low", "progress", "progress_high", "expected", "pace"]])  # fmt: skip
        else:
            st.markdown(_says("says.indicators-none", n=len(published)))
    take.along("indicators", {"indicators": found}, calls=_indicator_calls(plain, edited))


def _edited(plain: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Show the table of indicators to be edited; edits stay while the person is on other pages."""
    slot, widget = f"indicators:{data.key()}", f"indicators-editor:{data.key()}:{lang}"
    if widget not in st.session_state:
        # A widget that starts anew starts from what was last edited.
        st.session_state[f"{slot}:start"] = st.session_state.get(slot, plain)
    numbers: dict[str, Any] = {c: st.column_config.NumberColumn(say(f"report.column.{c}", lang), format="plain") for c in ("base_year", "now_year", "target_year")}  # fmt: skip
    numbers |= {c: st.column_config.NumberColumn(say(f"report.column.{c}", lang)) for c in ("now", "target")}  # fmt: skip
    numbers |= {"base": st.column_config.NumberColumn(_says("set.base"))}
    label = f"label_{lang}"
    start: pd.DataFrame = st.session_state[f"{slot}:start"]
    found: pd.DataFrame = st.data_editor(
        start, key=widget, num_rows="dynamic", hide_index=True, height=420, placeholder="–",
        column_order=[label, "unit", "base_year", "base", "now_year", "now", "target_year", "target"],
        column_config=numbers | {label: st.column_config.TextColumn(_says("set.row-name"), width="large"), "unit": say("report.column.unit", lang)},
    )  # fmt: skip
    st.session_state[slot] = found
    return found


def _complete(edited: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that name something, each with an id and both names."""
    named = edited["label_zh"].fillna(edited["label_en"]).fillna("").astype(str).str.strip()
    kept = edited[named != ""].reset_index(drop=True)
    name = named[named != ""].reset_index(drop=True)
    return kept.assign(
        indicator=kept["indicator"].fillna(name), label_zh=kept["label_zh"].fillna(name), label_en=kept["label_en"].fillna(name),
        qualifier=kept["qualifier"].fillna("exact"), unit=kept["unit"].fillna(""), source=kept["source"].fillna(""),
    )  # fmt: skip


def _indicator_calls(plain: pd.DataFrame, edited: pd.DataFrame) -> list[str]:
    """Return the Python that makes the same table, the person's edits among it."""
    lines = [f"table = geo.indicators_of(layout)[{list(INDICATOR_COLUMNS)!r}]"]
    before = plain.set_index("indicator")
    gone = sorted(set(plain["indicator"]) - set(edited["indicator"]))
    if gone:
        lines.append(f'table = table[~table["indicator"].isin({gone!r})].reset_index(drop=True)')
    for row in edited.to_dict("records"):
        known = row["indicator"] in before.index
        old = before.loc[row["indicator"]] if known else {}
        new = {c: v for c, v in row.items() if v == v and (not known or (c != "indicator" and old[c] != v))}  # fmt: skip
        if known and new:
            for column, value in new.items():
                lines.append(f'table.loc[table["indicator"] == {row["indicator"]!r}, {column!r}] = {value!r}')  # fmt: skip
        elif not known:
            lines.append(f"table.loc[len(table)] = {new!r}")
    return [*lines, "indicators = geo.indicators(table)"]
