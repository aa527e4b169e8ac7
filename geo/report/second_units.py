"""Columns of miles and acres beside those of kilometres, by the names of columns alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from geo.measure.scales import KM, KM2
from geo.words import Lang, catalogue
from geo.words.figures import figure
from geo.words.imperial import beside, converted, second, unit_word

__all__ = ["CLAIM_COLUMNS", "metric_heading", "with_second_units"]

CLAIM_COLUMNS = {
    "value_other": ("value", "value_high"), "stated_other": ("stated", "stated_high"),
    "measured_other": ("measured_low", "measured", "measured_high"),
}  # fmt: skip
"""Of claims, whose rows are each in a unit of their own: the columns that give the same in the other."""
_SIGNS = {"km": "mi", "km2": "sqmi", "m": "mi"}
_UNITS = {"mi": "mi", "ft": "ft", "sq mi": "sqmi", "acre": "acre"}
_WORD = {sign: unit for unit, sign in _UNITS.items()}
_PER_AREA, _PER_LENGTH = re.compile(r"(^density|_per)_km2(_|$)"), re.compile(r"_per_km(_|$)")
_SLOPES = re.compile(r"^slope(_before|_after)?$")
_PLAIN = re.compile(r"(?:^|_)(?P<unit>km2?)(?:_|$)|_(?P<metres>m)(?:_low|_high|_p2_5|_p50|_p97_5|_sd)?$")  # fmt: skip
_COSTS = re.compile(r"^(cut|cost|cost_before|mean_cost|max_cost|mean_saved)(_low|_high)?$")
"""In minutes or in km, as the column ``of`` says."""
_METRIC_ALONE = ("x_km", "y_km")
"""Coordinates of a projection are metric."""
_TEXTS = re.compile(r"^(why|method|evidence|detail|formula|assumes)_(zh|en)$")
"""Sentences that an analysis has written into a table."""


def with_second_units(frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table with columns in miles, square miles, acres or feet after those in metric units.

    ``length_km`` gets ``length_mi``, ``area_km2`` gets ``area_sqmi``, or ``area_acre`` where all of
    it is below a square mile; ``err_m`` gets ``err_mi`` or ``err_ft``; ``density_km2`` gets
    ``density_sqmi``. Columns that stand together, as those of a band, stay together. A cost is taken
    for km where the column ``of`` says so.

    Parameters
    ----------
    frame
        With machine names of columns.
    lang
        Of :func:`geo.words.imperial.reader`.
    """
    found = pd.DataFrame(frame.copy(deep=False))
    for column in found.columns:
        if _TEXTS.match(str(column)):
            found[column] = [beside(v, lang) if isinstance(v, str) else v for v in found[column]]
    in_km = "of" in found.columns and bool((found["of"] == "km").all())
    kinds = {c: _kind(str(c), found[c], costs_km=in_km) for c in found.columns}
    further = _second_columns(found, {c: k for c, k in kinds.items() if k})
    order: list[Any] = []
    waiting: list[Any] = []
    stem = ""
    for column in found.columns:
        own = _stem(str(column)) if column in further else ""
        if waiting and own != stem:
            order, waiting = order + waiting, []
        order.append(column)
        stem = own
        if own:
            waiting.append(further[column].name)
    order += waiting
    made = pd.concat([found, *further.values()], axis=1) if further else found
    return _claims(pd.DataFrame(made[order]), lang)


def _kind(column: str, values: pd.Series, *, costs_km: bool) -> str:
    """Return of what unit a column is: ``km``, ``km2``, ``m``, ``/km``, ``/km2``, or blank."""
    if column in _METRIC_ALONE or values.dtype.kind not in "fiu":
        return ""
    if costs_km and _COSTS.match(column):
        return "km"
    if _PER_AREA.search(column):
        return "/km2"
    if _PER_LENGTH.search(column) or _SLOPES.match(column):
        return "/km"
    found = _PLAIN.search(column)
    return (found["unit"] or found["metres"]) if found else ""


def _stem(column: str) -> str:
    """Return what the columns of a band share."""
    return re.sub(r"_(low|high|p2_5|p50|p97_5|sd)$", "", column)


def _second_columns(frame: pd.DataFrame, kinds: dict[Any, str]) -> dict[Any, pd.Series]:
    """Return the column beside each; those of a band in one unit."""
    largest: dict[str, float] = {}
    for column in kinds:
        values = frame[column].to_numpy(float, na_value=np.nan)
        finite = np.abs(values[np.isfinite(values)])
        stem = _stem(str(column))
        largest[stem] = max(largest.get(stem, 0.0), float(finite.max(initial=0.0)))
    made = {}
    for column, kind in kinds.items():
        if kind.startswith("/"):
            unit, factor = ("sq mi", KM2["sq mi"]) if kind == "/km2" else ("mi", KM["mi"])
        else:
            unit, factor = second(kind, largest[_stem(str(column))])
        name = _renamed(str(column), kind.removeprefix("/"), _UNITS[unit])
        known = largest[_stem(str(column))] > 0 or bool(frame[column].notna().any())
        if known and name not in frame.columns:
            values = frame[column].to_numpy(float, na_value=np.nan)
            made[column] = pd.Series(_numbers(values, factor), frame.index, float, name)
    return made


def _renamed(column: str, unit: str, sign: str) -> str:
    if _SLOPES.match(column) or _COSTS.match(column):
        return f"{column}_{sign}"
    return "_".join(sign if part == unit else part for part in column.split("_"))


def _numbers(values: Any, factor: float) -> list[float]:
    """Return a column in the other unit, each number rounded as its figure warrants."""
    known = {float(v) for v in values if np.isfinite(v)}
    whole = {figure(v) for v in known if v.is_integer()}
    # Of bins a km wide each is to end elsewhere than where it starts.
    exact = ".0" if len({converted(w, factor) for w in whole}) < len(whole) else ""
    told = {}
    for value in known:
        shown = figure(value)
        text = converted(shown + exact if shown in whole else shown, factor)
        told[value] = float(text.replace(",", "").replace("−", "-"))
    return [told.get(float(v), float(v) * factor) for v in values]


# ---- claims


def _claims(frame: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table of claims with what is stated and measured in the other system, as text."""
    if "unit" not in frame.columns:
        return frame
    made = frame
    for name, columns in reversed(CLAIM_COLUMNS.items()):
        own = [c for c in columns if c in frame.columns]
        if not own or name in frame.columns:
            continue
        rows = zip(frame["unit"], frame[own].to_numpy(), strict=True)
        texts = [_other(str(unit), list(values), lang) for unit, values in rows]
        if any(texts):
            made.insert(list(made.columns).index("unit") + 1, name, texts)
    return made


def _other(unit: str, values: list[Any], lang: Lang) -> str:
    known = [float(v) for v in values if isinstance(v, float | int) and v == v]
    if (unit not in KM and unit not in KM2) or not known:
        return ""
    other, factor = second(unit, max(known, key=abs))
    ends = dict.fromkeys(converted(figure(v), factor) for v in known)
    texts = list(ends)
    middle = f"{texts[1]} ({texts[0]}–{texts[2]})" if len(texts) == 3 else "–".join(texts)
    return f"{middle} {unit_word(other, lang)}"


# ---- headings


def metric_heading(column: str, lang: Lang) -> str | None:
    """Return the heading of a column that :func:`with_second_units` made, from that of its metric one."""
    parts = column.split("_")
    for sign in _WORD:
        if sign not in parts:
            continue
        unit = unit_word(_WORD[sign], lang)
        metric = ["km2"] if sign in ("sqmi", "acre") else ["km", "m", ""]
        for old in metric:
            own = "_".join(p for p in (old if part == sign else part for part in parts) if p)
            entry = catalogue().get(f"report.column.{own}")
            if entry:
                told = entry["zh" if lang == "zh" else "en"]
                return _in_unit(told, unit, "" if lang == "zh" else " ")
    return None


def _in_unit(heading: str, unit: str, space: str) -> str:
    """Return a heading with the metric unit in it replaced, or the other added where it names none."""
    told, n = re.subn(r"分钟或公里|min or km|平方公里|公里|\(米\)|km²|\bkm\b|\(m\)", lambda m: f"({unit})" if m[0][0] == "(" else unit, heading, count=1)  # fmt: skip
    return told if n else f"{heading}{space}({unit})"
