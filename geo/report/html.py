"""A report as one HTML file that asks nothing of any network."""

from __future__ import annotations

import base64
import json
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from geo.report.document import Document, Table
from geo.report.tables import for_people, widened
from geo.words import Lang, say
from geo.words.figures import figure

__all__ = ["html_report"]


def html_report(document: Document) -> str:
    """Return a report as one HTML page, map and figures included.

    Everything that comes from data is escaped by the template.
    """
    environment = Environment(
        loader=PackageLoader("geo.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    lang = document.lang
    return environment.get_template("report.html").render(
        document=document, lang=lang, say=lambda key, **values: say(key, lang, **values),
        rows=lambda table: rows_of(table, lang), image=_image, text=_text,
    )  # fmt: skip


def rows_of(table: Table, lang: Lang) -> dict[str, Any]:
    """Return headings, cells as people read them, which columns hold numbers, and how long they are."""
    raw = widened(table.shown, lang).drop(columns=["geometry"], errors="ignore")
    shown = for_people(raw, lang)
    shares = {heading for heading in shown.columns if _is_share(heading, raw, lang)}
    numeric = [pd.api.types.is_numeric_dtype(shown[c]) and not pd.api.types.is_bool_dtype(shown[c]) for c in shown.columns]  # fmt: skip
    cells = [
        [_cell(v, number=n, share=c in shares) for c, v, n in zip(shown.columns, row, numeric, strict=True)]
        for row in shown.itertuples(index=False)
    ]  # fmt: skip
    headings = [str(c) for c in shown.columns]
    weights = [_weight(h, [row[k] for row in cells], number=numeric[k]) for k, h in enumerate(headings)]  # fmt: skip
    return {"headings": headings, "cells": cells, "numeric": numeric, "weights": weights}


def _weight(heading: str, cells: list[str], *, number: bool) -> float:
    """Return how wide a column is to be beside others: long texts run over lines, numbers do not."""
    longest = max((_width(c) for c in cells), default=0)
    if number:
        return max(longest, 5.0, _width(heading) / 2.5)
    return float(max(min(longest, 120) ** 0.75, 6.0, _width(heading) / 2.5))


def _width(text: str) -> float:
    # A Chinese character is twice as wide as a Latin one.
    return sum(2.0 if ord(c) > 0x2E80 else 1.0 for c in text)


def _is_share(heading: str, raw: pd.DataFrame, lang: Lang) -> bool:
    from geo.report.tables import heading as heading_of

    return any(str(c).startswith("share") and heading_of(str(c), lang) == heading for c in raw.columns)  # fmt: skip


def _cell(value: Any, *, number: bool, share: bool) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return "–"
    if number and share:
        return f"{100 * float(value):.1f} %"
    return figure(value) if number else str(value)


def _image(svg: bytes) -> str:
    # As an image and not inline: a picture cannot run a script, and its ids stay its own.
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")


def _text(value: Any) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return str(value)
