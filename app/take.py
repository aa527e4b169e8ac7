"""Take along: what a page shows as files, and as the Python that makes it again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st

from app import data, frame, mine, state
from geo.analysis.provenance import Provenance
from geo.maps.sheet import Further
from geo.model.layout import Layout
from geo.model.scenario import Scenario
from geo.report.layers import safe_name, traced
from geo.report.script import PointsAsked, points_asked, script_of
from geo.words import Lang, catalogue, name_of, say

__all__ = ["WentIn", "along", "imprint_of", "map_view", "offer", "what_went_in"]

_MIME = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3", "geojson": "application/geo+json", "zip": "application/zip",
    "kml": "application/vnd.google-earth.kml+xml", "svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf",
    "html": "text/html", "py": "text/x-python",
}  # fmt: skip
Made = Callable[[], bytes]
MOST_LOOKED_AT = 20_000
"""Layers of more features are searched for what a Shapefile would lose only when that is asked for."""


@dataclass(frozen=True, eq=False)
class WentIn:
    """What the numbers of a page are made of."""

    layout: Layout
    scenario: Scenario | None
    points: PointsAsked | None
    n: int
    rejected: int
    datum: str
    synthetic: bool
    ring_km: float

    def about(self) -> dict[str, Any]:
        """Return what all notes name."""
        return {"scenario": self.scenario, "points": self.points, "synthetic": self.synthetic}

    def source(self, lang: Lang) -> str:
        """Return the source of a feature that was computed here."""
        if self.points is None:
            return say("take.notes.computed-from", lang, id=self.layout.id)
        name = self.points.file or say("take.notes.invented", lang)
        return say("take.notes.computed-points", lang, id=self.layout.id, name=name)


def what_went_in(layout: Layout | None = None) -> WentIn:
    """Return what the numbers of this session are made of."""
    own, found, changed = layout or data.layout(), mine.current(), data.scenario()
    if changed is not None and not changed.changes:
        changed = None
    if found is None:
        return WentIn(own, changed, None, 0, 0, "", False, state.ring_km())
    invented = found.digest == mine.DEMO
    asked = points_asked(
        found.points, datum=found.datum_asked, digest=found.digest, invented=invented, lon=found.lon, lat=found.lat,
        sheet=found.sheet, err_m=found.err_m, by=found.by, weight=found.weight, name=found.name,
    )  # fmt: skip
    return WentIn(
        own, changed, asked, len(found.points), len(found.points.rejects), found.points.datum, found.synthetic,
        state.ring_km(),
    )  # fmt: skip


def along(
    name: str, tables: Mapping[str, pd.DataFrame], *, calls: Sequence[str] = (), layers: Mapping[str, gpd.GeoDataFrame] | None = None,
    figure: Callable[[str], bytes] | None = None, layout_of: Layout | None = None, methods: Sequence[Provenance] = (),
) -> None:  # fmt: skip
    """Offer what a page shows: tables, layers, the figure, and the same in Python.

    Parameters
    ----------
    name
        Of the files, after the layout's.
    tables
        By name, with machine names of columns.
    calls
        Lines of Python that leave each table in the variable of its name.
    layers
        WGS84 frames by name.
    figure
        Returns the figure as ``svg``, ``png`` or ``pdf``.
    layout_of
        The layout, where it is not that of the session.
    methods
        How the results came about, for the sheet of sources.
    """
    lang = state.lang()
    with st.expander(say("take.title", lang), icon=":material/download:"):
        if not tables and not layers and figure is None:
            st.caption(say("take.empty", lang))
            return
        went_in = what_went_in(layout_of)
        if tables:
            _tables(name, tables, went_in, methods)
        if layers:
            _layers(name, layers, went_in)
        if figure is not None:
            _figure(name, figure)
        if calls:
            _python(name, tables, calls, went_in)


def offer(row: Any, label: str, stem: str, suffix: str, make: Made) -> None:
    """Show a button that makes a file when it is asked for, and gives it whole."""
    row.download_button(
        label, data=make, file_name=f"{safe_name(data.layout().id)}-{safe_name(stem)}.{suffix}",
        mime=_MIME[suffix], key=f"take-{stem}-{suffix}", on_click="ignore",
    )  # fmt: skip


def table_name(key: str, lang: Lang) -> str:
    """Return the name of a table in words, where the catalogue has them."""
    entry = catalogue().get(f"take.table.{key}")
    return entry[lang] if entry else key


def _tables(name: str, tables: Mapping[str, pd.DataFrame], went_in: WentIn, methods: Sequence[Provenance]) -> None:  # fmt: skip
    from geo.report.notes import notes_of
    from geo.report.tables import to_csv, to_xlsx

    lang = state.lang()

    def workbook() -> bytes:
        notes = notes_of(
            went_in.layout, lang, **went_in.about(), n=went_in.n, rejected=went_in.rejected, datum=went_in.datum,
            ring_km=went_in.ring_km, methods=methods, tables=tables.values(),
        )  # fmt: skip
        return to_xlsx(tables, lang, notes=notes)

    st.caption(say("take.tables", lang))
    row = st.container(horizontal=True)
    offer(row, say("take.workbook", lang), name, "xlsx", workbook)
    for key, table in tables.items():
        label = say("take.csv", lang, name=frame.plain(table_name(key, lang)))
        stem = name if len(tables) == 1 else f"{name}-{key}"
        offer(row, label, stem, "csv", partial(to_csv, table))


def _layers(name: str, layers: Mapping[str, gpd.GeoDataFrame], went_in: WentIn) -> None:
    from geo.report.kml import kml_of
    from geo.report.layers import file_bytes, to_geojson, write_gpkg
    from geo.report.notes import short_notes
    from geo.report.shapefile import ENCODINGS, Encoding, shapefile_of, texts_lost

    lang = state.lang()
    histories = {key: _history(layer, went_in) for key, layer in layers.items()}

    def told() -> dict[str, gpd.GeoDataFrame]:
        return {key: traced(layer, *histories[key]) for key, layer in layers.items()}

    def geojson(key: str) -> bytes:
        return to_geojson(traced(layers[key], *histories[key]), key).encode()

    def kml() -> bytes:
        notes = short_notes(went_in.layout, lang, **went_in.about())
        return kml_of(told(), lang, title=name, notes=notes)

    st.caption(say("take.layers", lang))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    stem = f"{name}-layers"
    offer(row, say("take.gpkg", lang), stem, "gpkg", lambda: file_bytes("layers.gpkg", lambda p: write_gpkg(told(), p)))  # fmt: skip
    for key in layers:
        label = say("take.geojson", lang, name=frame.plain(table_name(key, lang)))
        offer(row, label, f"{name}-{key}", "geojson", partial(geojson, key))
    offer(row, say("take.kml", lang), stem, "kml", kml)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    encoding: Encoding = row.segmented_control(
        say("take.encoding", lang), ENCODINGS, default="UTF-8", required=True, key=f"take-{name}-encoding",
        help=say("take.encoding-help", lang),
    )  # fmt: skip
    offer(row, say("take.shapefile", lang), stem, "zip", lambda: shapefile_of(told(), encoding).content)  # fmt: skip
    if st.toggle(say("take.check", lang), key=f"take-{name}-check"):
        _what_is_cut(told(), encoding)
    elif sum(map(len, layers.values())) <= MOST_LOOKED_AT:
        lost = texts_lost(told(), encoding)
        if lost:
            st.caption(say("take.lost", lang, n=lost, encoding=encoding))


def _history(layer: gpd.GeoDataFrame, went_in: WentIn) -> tuple[str, str]:
    """Return source and status of a layer that says none: the person's own points are not computed."""
    found, lang = mine.current(), state.lang()
    if found is not None and layer is found.points.frame:
        return shown_name(found), "computed" if found.synthetic else ""
    return went_in.source(lang), "computed"


def _what_is_cut(layers: Mapping[str, gpd.GeoDataFrame], encoding: Any) -> None:
    from geo.report.shapefile import shapefile_of

    lang, made = state.lang(), shapefile_of(layers, encoding)
    cut = made.fields[made.fields["cut"]]
    st.caption(say("take.cut", lang, n=len(cut)) if len(cut) else say("take.cut-none", lang))
    if len(cut):
        _in_words(cut[["layer", "column", "field"]])
    if len(made.losses):
        st.warning(say("take.lost", lang, n=len(made.losses), encoding=encoding))
        why = [say(f"take.why.{w}", lang) for w in made.losses["why"]]
        _in_words(made.losses.assign(why=why))
    else:
        st.caption(say("take.lost-none", lang))


def _in_words(table: pd.DataFrame) -> None:
    lang = state.lang()
    st.dataframe(table.rename(columns={c: say(f"take.field.{c}", lang) for c in table.columns}), hide_index=True)  # fmt: skip


def _figure(name: str, figure: Callable[[str], bytes]) -> None:
    lang = state.lang()
    st.caption(say("take.figure", lang))
    row = st.container(horizontal=True)
    for form in ("svg", "png", "pdf"):
        offer(row, say("take.form", lang, form=form.upper()), f"{name}-figure", form, partial(figure, form))  # fmt: skip


def _python(name: str, tables: Mapping[str, pd.DataFrame], calls: Sequence[str], went_in: WentIn) -> None:  # fmt: skip
    lang = state.lang()
    asked = went_in.points if re.search(r"\b(points|by|weight)\b", "\n".join(calls)) else None
    text = script_of(went_in.layout, list(tables), calls, scenario=went_in.scenario, points=asked, ring_km=went_in.ring_km)  # fmt: skip
    st.caption(say("take.python", lang))
    if asked is not None and asked.file:
        st.caption(say("take.python-points", lang, name=frame.plain(asked.file)))
    st.code(text, language="python", wrap_lines=True)
    offer(st.container(horizontal=True), say("take.python-file", lang), name, "py", text.encode)


def map_view(layers: Sequence[str], *, ring_km: float, extra: Further | None = None) -> None:
    """Offer the view of the map as one offline HTML file and as a printed plan.

    Parameters
    ----------
    layers
        Keys of the layers that are shown.
    ring_km
        Width of campus rings.
    extra
        What else is on the map: GeoJSON features (``st``, ``tip``) by the name of their layer in
        words. The person's points are added here; leave them out.
    """
    lang, layout, units = state.lang(), data.shown(), data.units()
    with st.expander(say("take.map.title", lang), icon=":material/download:"):
        st.caption(say("take.map.intro", lang))
        fields = imprint_of("map")
        found = mine.current()
        wanted = found is not None and st.toggle(say("take.map.with-points", lang, name=frame.plain(shown_name(found))), value=True, key="take-map-points")  # fmt: skip
        footer = _footer(lang)

        def further() -> Further:
            return _points_on_map(found if wanted else None, layout, lang) | dict(extra or {})

        def page() -> bytes:
            from geo.maps.sheet import Imprint
            from geo.maps.web import one_file_html

            text = one_file_html(
                layout, lang, units=units, layers=layers, ring_km=ring_km, further=further(), imprint=Imprint(**fields, footer=footer)
            )  # fmt: skip
            return text.encode()

        def sheet(form: str) -> bytes:
            from geo.maps.static import Imprint, map_file

            return map_file(
                layout, lang, units=units, layers=layers, ring_km=ring_km, further=further(),
                imprint=Imprint(**fields, footer=footer), form=form, dpi=200,
            )  # fmt: skip

        row = st.container(horizontal=True)
        offer(row, say("take.map.html", lang), "map", "html", page)
        for form in ("png", "pdf", "svg"):
            offer(row, say("take.form", lang, form=form.upper()), "map", form, partial(sheet, form))


def imprint_of(key: str, title: str = "take.map.field-title") -> dict[str, str]:
    """Ask for title, office, review number and date; what was written stays while one is on other pages."""
    lang, kept = state.lang(), st.session_state.setdefault("imprint", {})
    found: dict[str, str] = {}
    columns = st.columns(4)
    words = {"title": title, "office": "take.map.office", "review_number": "take.map.review-number"}
    for column, (field, word) in zip(columns, words.items(), strict=False):
        # A map has another title than a report, but the same office.
        slot = f"{key}-{field}" if field == "title" else field
        text = column.text_input(say(word, lang), kept.get(slot, ""), max_chars=80, key=f"imprint-{key}-{field}")  # fmt: skip
        kept[slot] = found[field] = text.strip()
    day = columns[3].date_input(say("take.map.date", lang), kept.get("day", "today"), key=f"imprint-{key}-day", format="YYYY-MM-DD")  # fmt: skip
    kept["day"] = day
    return found | {"date": day.isoformat()}


def shown_name(found: mine.Mine) -> str:
    """Return the name of the person's points in words."""
    return say("take.notes.invented", state.lang()) if found.digest == mine.DEMO else found.name


def _points_on_map(found: mine.Mine | None, layout: Layout, lang: Lang) -> dict[str, Any]:
    from geo.maps.dots import dot_features

    if found is None or not len(found.points):
        return {}
    at = found.points.frame.geometry
    name = say("take.notes.invented", lang) if found.digest == mine.DEMO else found.name
    label = say("take.map.points", lang, name=name, n=len(at))
    return {label: dot_features(at.x, at.y, layout.crs, lang)}


def _footer(lang: Lang) -> str:
    """Return what a map must say: illustrative, and where it is so, synthetic and of a scenario."""
    found, went_in = mine.current(), what_went_in()
    parts = [say("map.legend.footer", lang)]
    if went_in.scenario is not None:
        parts.append(say("take.map.scenario", lang, name=name_of(went_in.scenario, lang)))
    if found is not None and found.synthetic:
        parts.append(say("report.notice.synthetic", lang))
    return " · ".join(parts)
