"""Tables as text and workbooks. Cells from data never run as formulas."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geo.report.second_units import metric_heading, with_second_units
from geo.words import Lang, catalogue, say
from geo.words.imperial import is_imperial

__all__ = ["defused", "for_people", "heading", "to_csv", "to_json", "to_xlsx", "widened"]

MOST_ROWS = 1_048_575
"""A sheet has no room for more beside its heading."""
_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula; some do full-width signs as well."""
_CODED: dict[str, tuple[str, ...]] = {
    "status": ("model.status", "audit.status"), "a_status": ("model.status",), "b_status": ("model.status",),
    "feature_status": ("model.status",), "claim_status": ("audit.status",),
    "verdict": ("audit.verdict", "compare.verdict"), "qualifier": ("audit.qualifier",),
    "tier": ("model.tier", "matching.tier"), "placed_by": ("matching.placed",), "shown_by": ("matching.basis",), "kind": ("model.kind", "report.kind"), "layer": ("model.layer", "report.layer"), "role": ("model.role",),
    "confidence": ("model.confidence",), "scope": ("compare.scope", "app.coverage"),
    "change": ("compare.change", "profile.change"),
    "where": ("report.where", "profile.where", "concentration.where"), "side": ("profile.side", "here.side"), "feature": ("profile.feature",), "end": ("profile.end",), "statistic": ("compare.statistic",), "pace": ("score.pace",), "mark": ("score.mark",),
    "dimension": ("score.dimension",), "item": ("score.item",), "passes": ("score.passes",),
    "joined": ("links.joined",), "measure": ("links.measure",), "holding": ("links.mass",),
    "lies": ("here.lies", "policies.lies"), "state": ("policies.state",), "level": ("policies.level", "report.level"),
    "kinds": ("policies.kind",), "fields": ("policies.field",), "match": ("here.match",), "spelling": ("here.spelling",),
    "unit": ("quantity.unit",), "of": ("access.of",), "model": ("access.model", "siting.model"), "stage": ("siting.stage",),
}  # fmt: skip
"""Columns that hold codes, and where the catalogue has their words: the first place that does."""


def heading(column: str, lang: Lang) -> str:
    """Return the heading of a column in a language; the column's own name where it has none."""
    entry = catalogue().get(f"report.column.{column}")
    if entry is None and is_imperial(lang):
        return metric_heading(column, lang) or column
    return entry[lang] if entry else column


def widened(frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with all columns that readers of a language are shown: for some also miles."""
    return with_second_units(frame, lang) if is_imperial(lang) else frame


def for_people(frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table as a person reads it: headings and codes in a language, one name of two.

    Of a pair of columns ``x_zh`` and ``x_en`` only that of the language stays. For a reader who is
    shown miles (:func:`geo.words.imperial.reader`) columns of them stand beside those of km.
    """
    other = "en" if lang == "zh" else "zh"
    shown = pd.DataFrame(frame.drop(columns=["geometry"], errors="ignore"))
    shown = widened(shown, lang)
    dropped = [
        c for c in shown.columns
        if c.endswith(f"_{other}") and f"{c[:-3]}_{lang}" in shown.columns
    ]  # fmt: skip
    shown = pd.DataFrame(shown.drop(columns=dropped))
    for column in shown.columns:
        places = _CODED.get(str(column))
        if places:
            shown[column] = [_said(value, places, lang) for value in shown[column]]
        elif shown[column].dtype == bool:
            shown[column] = [say(f"report.truth.{str(v).lower()}", lang) for v in shown[column]]
        elif str(column).endswith("year") and shown[column].dtype.kind in "fiu":
            # A year has no thousands.
            shown[column] = ["" if v != v else str(int(v)) for v in shown[column]]
        elif shown[column].map(lambda v: isinstance(v, list | tuple)).any():
            shown[column] = [
                " ".join(map(str, v)) if isinstance(v, list | tuple) else v for v in shown[column]
            ]
    return shown.rename(columns={c: heading(str(c), lang) for c in shown.columns})


def _said(code: Any, places: tuple[str, ...], lang: Lang) -> Any:
    entries = catalogue()
    found = next((e for p in places if (e := entries.get(f"{p}.{code}")) is not None), None)
    if found is None and isinstance(code, str) and " " in code:
        # Several codes in one cell.
        return ("、" if lang == "zh" else ", ").join(
            str(_said(c, places, lang)) for c in code.split()
        )
    return found[lang] if found else code


def defused(value: object) -> object:
    """Return a text cell that a spreadsheet will not take for a formula."""
    if isinstance(value, str) and value.startswith(_TRIGGERS):
        return "'" + value
    return value


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV: machine column names, UTF-8 with a byte-order mark, formulas defused."""
    plain = pd.DataFrame(frame.drop(columns=["geometry"], errors="ignore"))
    for column in plain.columns:
        if not pd.api.types.is_numeric_dtype(plain[column]):
            plain[column] = pd.Series(
                [defused(v) for v in plain[column]], plain.index, dtype=object
            )
    plain.columns = pd.Index([defused(str(c)) for c in plain.columns])
    text: str = plain.to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8-sig")


def to_json(frame: pd.DataFrame) -> str:
    """Return a table as a JSON list of records; what is missing is ``null``."""
    records = frame.drop(columns=["geometry"], errors="ignore").to_dict("records")
    cleaned = [{str(k): _plain(v) for k, v in record.items()} for record in records]
    return json.dumps(cleaned, ensure_ascii=False, allow_nan=False, indent=1)


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return None if value is pd.NA else value


def to_xlsx(
    tables: Mapping[str, pd.DataFrame], lang: Lang, *, notes: list[str] | None = None
) -> bytes:
    """Return tables as a workbook: one sheet a table, one for notes and sources.

    Parameters
    ----------
    tables
        Sheet names and tables; sources named in them are gathered on the last sheet.
    lang
        Language of headings and codes.
    notes
        Lines for the sheet of notes, besides what every workbook says.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    # Strings stay strings: neither formulas nor links are made of them.
    options = {
        "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "in_memory": True, "nan_inf_to_errors": False,
    }  # fmt: skip
    book = xlsxwriter.Workbook(buffer, options)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    number = book.add_format({"num_format": "#,##0.00"})
    whole = book.add_format({"num_format": "#,##0"})
    share = book.add_format({"num_format": "0.0%"})
    sources: dict[str, None] = {}
    last = say("report.sheet.sources", lang)
    names, short = _sheet_names(tables, last), []
    for name, table in tables.items():
        sheet = book.add_worksheet(names[name])
        if len(table) > MOST_ROWS:
            short.append(say("report.notice.rows-left-out", lang, name=name, kept=MOST_ROWS, n=len(table)))  # fmt: skip
        wide = widened(table.head(MOST_ROWS), lang)
        shown = for_people(wide, lang)
        raw = [c for c in wide.columns if heading(str(c), lang) in shown.columns]
        by_heading = {heading(str(c), lang): str(c) for c in raw}
        for k, column in enumerate(shown.columns):
            sheet.write_string(0, k, str(column), bold)
            own = by_heading.get(str(column), str(column))
            form = share if own.startswith("share") else None
            for row, value in enumerate(shown[column], 1):
                _write(sheet, row, k, value, form, number, whole)
            sheet.set_column(k, k, 34 if own.startswith(("why", "note", "source", "label")) else 14)
        sheet.freeze_panes(1, 0)
        if len(shown):
            sheet.autofilter(0, 0, len(shown), max(len(shown.columns) - 1, 0))
        for column in ("source", "unit_source"):
            if column in table.columns:
                sources |= dict.fromkeys(str(s) for s in table[column] if s)
    sheet = book.add_worksheet(last)
    sheet.set_column(0, 0, 100)
    lines = [say(f"report.notice.{key}", lang) for key in ("illustrative", "band", "crs")]
    for row, line in enumerate([*short, *lines, *(notes or []), "", *sources]):
        sheet.write_string(row, 0, line)
    book.close()
    return buffer.getvalue()


def _write(
    sheet: Any, row: int, column: int, value: Any, share: Any, number: Any, whole: Any
) -> None:
    plain = _plain(value)
    if plain is None or plain == "":
        return
    if isinstance(plain, bool):
        sheet.write_boolean(row, column, plain)
    elif isinstance(plain, int | float):
        form = share or (whole if float(plain).is_integer() else number)
        sheet.write_number(row, column, plain, form)
    else:
        sheet.write_string(row, column, str(plain)[:32_000])


def _sheet_names(tables: Iterable[str], last: str) -> dict[str, str]:
    """Return a name for each sheet that no other has; a workbook does not tell capitals apart."""
    found: dict[str, str] = {}
    for name in tables:
        own = plain = _sheet_name(name)
        number = 1
        while own.lower() in {n.lower() for n in (*found.values(), last)}:
            number += 1
            own = f"{plain[:27]} {number}"
        found[name] = own
    return found


def _sheet_name(name: str) -> str:
    kept = "".join("-" if c in "[]:*?/\\'" else c for c in name)
    return kept[:31] or "data"
