"""A report as PDF, typeset by Typst: pages, contents, tables that run on, Chinese type."""

from __future__ import annotations

import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from geo.errors import CorridorError
from geo.maps.static import FONTS, cjk_font
from geo.report.document import Document
from geo.report.html import rows_of
from geo.words import say

__all__ = ["pdf_report"]


def pdf_report(document: Document) -> bytes:
    """Return a report as PDF: A4, page numbers, every figure as vectors.

    What comes from data reaches Typst as JSON and never as its own language.

    Raises
    ------
    MissingDependencyError
        If no font with Chinese characters is installed.
    CorridorError
        If it cannot be typeset.
    """
    import typst

    cjk_font()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for section in document.sections:
            for figure in section.figures:
                (folder / f"{figure.name}.svg").write_bytes(figure.svg)
        (folder / "report.json").write_text(
            json.dumps(_plain(document), ensure_ascii=False), encoding="utf-8"
        )
        template = files("geo.report").joinpath("templates/report.typ").read_bytes()
        (folder / "report.typ").write_bytes(template)
        try:
            content = typst.compile(str(folder / "report.typ"), root=str(folder))
        except RuntimeError as error:
            raise CorridorError(f"the report could not be typeset: {str(error)[:300]}") from error
    if not isinstance(content, bytes):  # pragma: no cover
        raise CorridorError("the report could not be typeset into one file")
    return content


def _plain(document: Document) -> dict[str, Any]:
    lang = document.lang
    words = {key: say(f"document.{key}", lang) for key in ("contents", "card")}
    sections = [
        {
            "title": s.title, "words": list(s.words),
            "figures": [{"file": f"{f.name}.svg", "title": f.title} for f in s.figures],
            "tables": [
                rows_of(t, lang) | {
                    "title": t.title,
                    "more": say("document.left-out", lang, n=t.left_out) if t.left_out else "",
                }
                for t in s.tables
            ],
        }
        for s in document.sections
    ]  # fmt: skip
    card = [[str(k), v if isinstance(v, str) else json.dumps(v, ensure_ascii=False, default=str)] for k, v in document.card.items()]  # fmt: skip
    return {
        "title": document.title, "subtitle": list(document.subtitle), "notices": list(document.notices),
        "imprint": [[k, v] for k, v in document.imprint.items()], "sections": sections, "card": card,
        "words": words, "lang": lang, "fonts": list(FONTS),
    }  # fmt: skip
