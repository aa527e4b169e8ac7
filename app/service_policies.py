"""政策: which national, provincial, city and district policies apply at a place, why, and how sure that is."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import data, frame, inputs, maps, memo, mine, state, take
from app.later import kept_when_easy
from app.search import found as found_by_name
from geo.analysis.dates import day_of
from geo.analysis.here import lonlat_in
from geo.analysis.policies import Policies, policies_at
from geo.analysis.policy_counts import PolicyCounts, policies_of
from geo.errors import CorridorError, LayoutError
from geo.io.policies import KINDS, LEVELS, POLICY_COLUMNS, place_problems, read_policies
from geo.maps.policy_features import policy_features, policy_layer
from geo.maps.service_charts import level_chart
from geo.maps.web import features_json, group_of
from geo.model.layout import Layout
from geo.words import name_of, say
from geo.words.figures import figure

__all__ = ["PARAMETERS", "show"]

AT = state.Text("p_at", most=60)
ERR = state.Number("p_err", 0.0, 0.0, 5000.0, 50.0)
ON = state.Text("p_on", most=10)
KIND = state.Many("p_kind", KINDS)
PARAMETERS = (AT, ERR, ON, KIND)
_OWN, _FILE, _CLICKED = "own-policies", "own-policies-file", "policies:clicked"
MOST_BYTES, ANY = 5_000_000, "any"
FAR_DEG = 1.2
EXAMPLE = {
    "id": "my-policy", "level": "city", "place": "420100", "title_zh": say("policies.page.example", "zh"), "title_en": say("policies.page.example", "en"), "issued": "2025-01",
    "kinds": "fund loan", "source": "example", "confidence": "low",
}  # fmt: skip


@dataclass(frozen=True)
class _Own:
    """The table of policies that a person has uploaded."""

    name: str
    digest: str
    table: pd.DataFrame


def _says(key: str, **values: Any) -> str:
    return say(f"policies.page.{key}", state.lang(), **values)


def show() -> None:
    """Draw the view."""
    if _CLICKED in st.session_state:
        # Before the line to write in is drawn.
        inputs.put(AT, st.session_state.pop(_CLICKED))
    with frame.controls():
        inputs.text(AT, _says("at"), _says("at-help"))
        err = inputs.number(ERR, _says("err"))
        on = inputs.text(ON, _says("on"), _says("on-help"))
        kinds = inputs.many(KIND, _says("kinds"), lambda k: say(f"policies.kind.{k}", state.lang()))
    try:
        day = _day(on)
    except CorridorError as error:
        frame.wrong(error)
        return
    layout, key = _layout()
    name, lon, lat, own_err = _place()
    err = max(err, own_err)
    asked = (key, round(lon, 6), round(lat, 6), err, day, tuple(kinds))
    found = memo.kept(
        ("policies", *asked),
        lambda: policies_at(lon, lat, layout=layout, units=data.units(), err_m=err, on=day, kinds=kinds),
    )  # fmt: skip
    _headline(found, name, day)
    layer = memo.kept(("policy layer", *asked), lambda: policy_layer(found, layout, data.units()))
    _map(found, layer)
    _listed(found)
    _points(layout, key, day, kinds)
    _own_table()
    st.caption(frame.plain(found.provenance.says(state.lang())))
    lines = _calls(found, day, kinds, err)
    take.along(
        "policies", {n: t for n, t in found.tables.items() if len(t)}, calls=lines,
        layers={"policies": layer} if len(layer) else None, methods=[found.provenance],
    )  # fmt: skip


def _day(text: str) -> dt.date | None:
    """Return the day that is written: today where nothing is, none where any will do."""
    if text.casefold() == ANY:
        return None
    return day_of(text or dt.datetime.now().astimezone().date())


def _layout() -> tuple[Layout, str]:
    """Return the layout with the person's own table of policies, if there is one."""
    own: _Own | None = st.session_state.get(_OWN)
    shown, key = data.shown(), data.key()
    if own is None:
        return shown, key
    made = memo.kept(
        ("layout with policies", key, own.digest),
        lambda: Layout(shown.meta, shown.features, shown.claims, shown.population, shown.folder, policies=own.table, rates=shown.rates),
    )  # fmt: skip
    return made, f"{key}:{own.digest}"


def _place() -> tuple[str, float, float, float]:
    """Return the place asked for: its name, position (WGS84) and error."""
    text, centre = str(inputs.value_of(AT)), data.layout().meta.centre
    if not text:
        frame.note(_says("hint"))
        return "", *centre, 0.0
    at = lonlat_in(text)
    if at is not None:
        return "", *at, 0.0
    hits = found_by_name(text)
    if not len(hits):
        frame.note(_says("not-found", text=text))
        return "", *centre, 0.0
    hit = hits.sort_values("located", ascending=False, kind="stable").iloc[0]
    if not hit["located"]:
        frame.note(_says("no-position", name=name_of(hit.to_dict(), state.lang())))
        return "", *centre, 0.0
    err = float(data.shown()[hit["id"]].err_m or 0.0) if hit["layer"] == "node" else 0.0
    return name_of(hit.to_dict(), state.lang()), float(hit["lon"]), float(hit["lat"]), err


def _headline(found: Policies, name: str, day: dt.date | None) -> None:
    lang = state.lang()
    on = say("policies.out.any-day", lang) if day is None else day.isoformat()
    units = [
        name_of(r, lang, "place")
        for r in found.places.to_dict("records")
        if r["level"] == "district"
    ]
    here = name or say("policies.between", lang).join(units) or _says("here")
    st.markdown(f"#### {frame.plain(_says('title', where=here, n=len(found.table), on=on))}")
    open_ones = int(found.table["disputed"].sum())
    if open_ones:
        st.markdown(frame.plain(_says("disputed", n=open_ones)))
    for line in found.says(lang):
        frame.note(line)


def _map(found: Policies, layer: Any) -> None:
    lang = state.lang()
    left, right = st.columns([3, 2])
    with left:
        features = features_json(policy_features(found, layer, lang))
        clicked = maps.draw(
            [*maps.ground(footprints=False), group_of(features)], key="policies", height=420, focus=_focus(found),
        )  # fmt: skip
        st.caption(_says("fold"))
    if clicked.fresh and clicked.lon is not None and clicked.lat is not None:
        st.session_state[_CLICKED] = f"{clicked.lon:.6f},{clicked.lat:.6f}"
        st.rerun()
    with right:
        if len(found.table):
            counts = found.table["level"].value_counts()
            told = [say("policies.out.level-count", lang, level=say(f"policies.level.{k}", lang), n=counts[k]) for k in LEVELS if k in counts]  # fmt: skip
            text = ("、" if lang == "zh" else ", ").join(told)
            st.altair_chart(level_chart(found.table, lang), theme="streamlit", alt=_says("alt", text=text))  # fmt: skip
        else:
            frame.note(_says("nothing"))
        if len(found.places):
            st.markdown(f"**{_says('places')}**")
            frame.table(found.places[["level", "place_zh", "place_en", "lies", "edge_km", "err_m"]])


def _focus(found: Policies) -> tuple[float, float, int] | None:
    """Return where the map moves to: to a place that it does not show by itself."""
    lon, lat = data.layout().meta.centre
    far = abs(found.lon - lon) > FAR_DEG or abs(found.lat - lat) > FAR_DEG
    return (found.lon, found.lat, 8) if far else None


def _listed(found: Policies) -> None:
    lang = state.lang()
    for level in LEVELS:
        own = found.table[found.table["level"] == level]
        if len(own):
            st.markdown(
                f"**{_says('level-title', level=say(f'policies.level.{level}', lang), n=len(own))}**"
            )
            for row in own.to_dict("records"):
                _card(row)
    for name in ("ended", "unplaced"):
        table = found.tables[name]
        if len(table):
            with st.expander(_says(name, n=len(table))):
                for row in table.to_dict("records"):
                    _card(row)
    if len(found.table):
        with st.expander(_says("numbers")):
            frame.table(found.table.drop(columns=["policy", "place", "url"]))


def _card(row: dict[Any, Any]) -> None:
    """Show one policy: what it is, why it applies, its dates, amount and source."""
    lang = state.lang()
    mark = ":material/help:" if row["disputed"] else ":material/gavel:"
    issued = (
        name_of(row, lang, "issuer") or _says("no-issuer"), row["number"] or _says("no-number"),
        _says("issued", date=row["issued"]) if row["issued"] else _says("no-date"),
    )  # fmt: skip
    dates = {
        "begin": row["in_force_from"] or _says("open"),
        "end": row["in_force_to"] or _says("open"),
    }
    lines = [
        name_of(row, lang, "why"), " · ".join(issued),
        _says("from-to", state=say(f"policies.state.{row['state']}", lang), **dates),
        name_of(row, lang, "amount"), name_of(row, lang, "note"),
        _says("source", source=row["source"], confidence=say(f"model.confidence.{row['confidence']}", lang)),
    ]  # fmt: skip
    kinds = " ".join(
        f":blue-badge[{say(f'policies.kind.{k}', lang)}]" for k in row["kinds"].split()
    )
    st.markdown(f"{mark} **{frame.plain(name_of(row, lang, 'title'))}** {kinds}")
    st.caption("  \n".join(frame.plain(line) for line in lines if line))


def _points(layout: Layout, key: str, day: dt.date | None, kinds: list[str]) -> None:
    """Show how many of the person's points each policy applies to."""
    own, lang = mine.current(), state.lang()
    if own is None or not len(own.points):
        return
    with st.expander(_says("firms")):
        counted: PolicyCounts | None = kept_when_easy(
            ("policies of", key, own.key, day, tuple(kinds)), len(own.points), 6.0,
            lambda _: policies_of(own.points, layout=layout, units=data.units(), on=day, kinds=kinds, weight=own.weight),
        )  # fmt: skip
        if counted is None:
            return
        mean = {k: figure(float(counted.points[c].mean()), 3) for k, c in (("low", "count_low"), ("mean", "count"), ("high", "count_high"))}  # fmt: skip
        st.markdown(_says("firms-says", n=f"{len(counted.points):,}", **mean))
        columns = ["level", "title_zh", "title_en", "place_zh", "place_en", "state", "count_low", "count", "count_high", "share"]  # fmt: skip
        if len(counted.table):
            frame.table(counted.table[columns])
        for line in counted.says(lang):
            st.caption(frame.plain(line))


def _own_table() -> None:
    """Offer the template, and take a table of policies for this session."""
    own: _Own | None = st.session_state.get(_OWN)
    with st.expander(_says("own")):
        st.caption(_says("own-hint"))
        st.download_button(_says("template"), data=_template, file_name="policies.csv", mime="text/csv", key="policies-template", on_click="ignore")  # fmt: skip
        if own is not None:
            st.markdown(frame.plain(_says("used", name=own.name, n=len(own.table))))
            st.button(_says("forget"), on_click=_forget, key="policies-forget")
        number = int(st.session_state.get(_FILE, 0))
        file = st.file_uploader(_says("upload"), type=["csv"], key=f"policies-file:{number}")
        if file is not None:
            _take(file.name, file.getvalue())


def _forget() -> None:
    st.session_state.pop(_OWN, None)
    st.session_state[_FILE] = int(st.session_state.get(_FILE, 0)) + 1


def _template() -> bytes:
    """Return the table of the layout, or one example row, with all its columns."""
    table = data.layout().policies
    rows: list[Any] = table.to_dict("records")
    if not rows:
        rows = [dict.fromkeys(POLICY_COLUMNS, "") | EXAMPLE]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(POLICY_COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode("utf-8-sig")


def _take(name: str, content: bytes) -> None:
    """Make an uploaded table that of the session, or say what is wrong with it."""
    digest = hashlib.sha256(content).hexdigest()[:16]
    own: _Own | None = st.session_state.get(_OWN)
    if own is not None and own.digest == digest:
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "policies.csv"
            path.write_bytes(content[:MOST_BYTES])
            table = read_policies(path)
        layers = {f.id: f.properties.layer for f in data.shown().features}
        problems = [str(p) for p in place_problems(table, layers)]
    except LayoutError as error:
        problems = [str(p) for p in error.problems] or [str(error)]
    if problems:
        st.error(_says("problems", n=len(problems)))
        # Cells come from a file: text, never markup.
        st.text("\n".join(problems[:20]))
        return
    st.session_state[_OWN] = _Own(name, digest, table)
    st.rerun()


def _calls(found: Policies, day: dt.date | None, kinds: list[str], err: float) -> list[str]:
    own: _Own | None = st.session_state.get(_OWN)
    lines = []
    if own is not None:
        lines = [
            "from geo.io.policies import read_policies",
            f"layout = geo.Layout(layout.meta, layout.features, layout.claims, layout.population, layout.folder, policies=read_policies({own.name!r}), rates=layout.rates)",
        ]  # fmt: skip
    units = "geo.read_units(layout)" if data.units() is not None else "None"
    on = None if day is None else day.isoformat()
    call = f"found = geo.policies_at({found.lon!r}, {found.lat!r}, layout=layout, units={units}, err_m={err!r}, on={on!r}, kinds={kinds!r})"
    tables = [f"{n} = found.tables[{n!r}]" for n, t in found.tables.items() if len(t)]
    return [*lines, call, *tables]
