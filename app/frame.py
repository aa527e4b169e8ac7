"""The frame around every page: language, a page that fails alone, downloads, cards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from app import data, state
from geo import __version__
from geo.errors import CorridorError
from geo.report.layers import to_geojson, with_geometry
from geo.report.tables import for_people, to_csv, to_xlsx
from geo.words import say

__all__ = ["address_problems", "downloads", "guarded", "language_switch", "plain", "table"]


def language_switch() -> None:
    """Show the switch between 中文 and English."""
    st.segmented_control(
        f"{say('app.frame.language', 'zh')} / {say('app.frame.language', 'en')}",
        ["zh", "en"],
        format_func=lambda code: {"zh": "中文", "en": "English"}[code],
        key="lang",
        required=True,
        label_visibility="collapsed",
    )


def address_problems() -> None:
    """Say what in the address was ignored."""
    parts = state.address_problems()
    if parts:
        lang = state.lang()
        st.warning(say("app.frame.tampered", lang, parts=plain(", ".join(parts))))


def guarded(page: Callable[[], None]) -> Callable[[], None]:
    """Return a page that says in plain words what failed, while the others go on."""

    def run() -> None:
        try:
            page()
        except CorridorError as error:
            st.error(say("app.frame.failed", state.lang()))
            st.text(say("app.frame.failed-what", state.lang(), error=error))
        except (ValueError, KeyError, OSError, ArithmeticError, TypeError, AttributeError) as error:
            st.error(say("app.frame.failed", state.lang()))
            st.text(
                say("app.frame.failed-what", state.lang(), error=f"{type(error).__name__}: {error}")
            )
        st.caption(say("app.frame.footer", state.lang(), version=__version__))

    run.__name__ = page.__module__.rsplit(".", 1)[-1]
    return run


def plain(text: str) -> str:
    """Return text from data so that Markdown takes nothing in it for markup or HTML."""
    signs = set("\\`*_{}[]()<>#+!|~$:&")
    return "".join(f"&#{ord(c)};" if c in signs else c for c in text)


def table(frame: pd.DataFrame, *, height: int | None = None) -> None:
    """Show a table as a person reads it."""
    shown = for_people(frame, state.lang())
    config = {}
    for own, column in zip(_kept(frame, shown), shown.columns, strict=True):
        if own.startswith("share"):
            config[column] = st.column_config.NumberColumn(format="percent")
        elif pd.api.types.is_float_dtype(shown[column]):
            whole = (shown[column].dropna() % 1 == 0).all()
            config[column] = st.column_config.NumberColumn(format="localized" if whole else "%.2f")
    st.dataframe(
        shown, hide_index=True, column_config=config, height=height or "auto", placeholder="–"
    )


def _kept(frame: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Return the machine names of the columns that are shown, in their order."""
    from geo.report.tables import heading

    by_heading = {heading(str(c), state.lang()): str(c) for c in frame.columns}
    return [by_heading.get(str(c), str(c)) for c in shown.columns]


def downloads(name: str, frame: pd.DataFrame, *, geometry: bool = True) -> None:
    """Offer a table as XLSX, CSV and GeoJSON; each is made when it is asked for."""
    lang = state.lang()
    kinds: dict[str, tuple[str, Callable[[], bytes]]] = {
        "xlsx": (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            lambda: to_xlsx({name: frame}, lang),
        ),
        "csv": ("text/csv", lambda: to_csv(frame)),
    }
    if geometry:
        kinds["geojson"] = (
            "application/geo+json",
            lambda: to_geojson(with_geometry(data.layout(), frame, data.units()), name).encode(),
        )
    row = st.container(horizontal=True)
    for suffix, (mime, make) in kinds.items():
        row.download_button(
            say(f"app.download.{suffix}", lang),
            data=make,
            file_name=Path(f"{data.layout().id}-{name}.{suffix}").name,
            mime=mime,
            key=f"download-{name}-{suffix}",
            on_click="ignore",
        )
