"""Indicators: where they began, where they stand, where they should be, and whether they keep pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geo.analysis.verdicts import Claimed, claimed_interval
from geo.errors import PointsError
from geo.model.layout import Layout

__all__ = ["INDICATOR_COLUMNS", "PACES", "indicators", "indicators_of"]

INDICATOR_COLUMNS = (
    "indicator", "label_zh", "label_en", "unit", "base_year", "base", "now_year", "now", "qualifier",
    "target_year", "target", "source",
)  # fmt: skip
PACES = ("reached", "ahead", "on-pace", "behind", "unsure", "no-base", "no-target", "no-value")
TOLERANCE = 0.05
"""On pace is what is within this share of the way that a straight line would have gone."""


def indicators(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of indicators with their progress.

    Parameters
    ----------
    table
        :data:`INDICATOR_COLUMNS`, of which only ``indicator`` has to be filled in. ``qualifier`` is
        that of ``now`` as it was published (exact, about, nearly, over, …).

    Returns
    -------
    DataFrame
        The same, with ``progress`` (share of the way from base to target; above 1 beyond it) and its
        band by the qualifier, ``expected`` (where a straight line from base to target would be in
        ``now_year``) and ``pace``: ``reached``, ``ahead``, ``on-pace``, ``behind``, ``unsure`` (the
        band reaches over it), or what is missing. Nothing missing is filled in.

    Raises
    ------
    PointsError
        If a number or year is none; the message names row and column.
    """
    if "indicator" not in table.columns:
        raise PointsError(f"no column 'indicator'; the columns are {', '.join(INDICATOR_COLUMNS)}")
    plain = table.reindex(columns=list(INDICATOR_COLUMNS))
    numbers = {c: _numbers(plain, c) for c in ("base_year", "base", "now_year", "now", "target_year", "target")}  # fmt: skip
    filled = plain.assign(**numbers)
    return filled.join(pd.DataFrame([_progress(row) for row in filled.to_dict("records")], index=filled.index))  # fmt: skip


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    values = pd.to_numeric(table[column], errors="coerce").astype(float)
    wrong = values.isna() & table[column].notna() & (table[column].astype(str).str.strip() != "")
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise PointsError(
            f"indicators, row {at + 1} ({table['indicator'].iloc[at]}), column {column!r}: "
            f"{table[column].iloc[at]!r} is no number; correct it or leave it blank"
        )
    return values


def _progress(row: Mapping[Any, Any]) -> dict[str, Any]:
    nothing = {"progress_low": np.nan, "progress": np.nan, "progress_high": np.nan, "expected": np.nan}  # fmt: skip
    base, now, target = row["base"], row["now"], row["target"]
    for value, missing in ((now, "no-value"), (target, "no-target"), (base, "no-base")):
        if not np.isfinite(value):
            return nothing | {"pace": missing}
    way = target - base
    if way == 0:
        raise PointsError(
            f"indicator {row['indicator']!r}: base and target are both {base:g}: there is no way to go"
        )
    ends = claimed_interval(Claimed(now, np.nan, str(row["qualifier"] or "exact")))
    low, high = sorted((end - base) / way for end in ends)
    progress = {"progress_low": low, "progress": (now - base) / way, "progress_high": high}
    if low >= 1:
        return progress | {"expected": _expected(row), "pace": "reached"}
    expected = _expected(row)
    if not np.isfinite(expected):
        return progress | {"expected": expected, "pace": "unsure"}
    paces = {_pace(p - expected) for p in (low, high)}
    return progress | {"expected": expected, "pace": paces.pop() if len(paces) == 1 else "unsure"}


def _expected(row: Mapping[Any, Any]) -> float:
    years = row["target_year"] - row["base_year"]
    if not np.isfinite(years) or years <= 0 or not np.isfinite(row["now_year"]):
        return float("nan")
    return float(np.clip((row["now_year"] - row["base_year"]) / years, 0.0, 1.0))


def _pace(ahead: float) -> str:
    return "on-pace" if abs(ahead) <= TOLERANCE else "ahead" if ahead > 0 else "behind"


def indicators_of(layout: Layout) -> pd.DataFrame:
    """Return the figures that are published about a layout as a table of indicators.

    The numeric claims of ``claims.csv``, each once with its year, qualifier and source. A base or a
    target that no source gives is blank: add them to the table and call :func:`indicators`.
    """
    claims = layout.claims
    numeric = claims[pd.to_numeric(claims["value"], errors="coerce").notna()]
    years = numeric["as_of"].astype(str).str.slice(0, 4)
    table = pd.DataFrame(
        {
            "indicator": numeric["id"], "label_zh": numeric["label_zh"], "label_en": numeric["label_en"],
            "unit": numeric["unit"], "now_year": pd.to_numeric(years, errors="coerce"),
            "now": pd.to_numeric(numeric["value"]), "qualifier": numeric["qualifier"], "source": numeric["source"],
        }
    )  # fmt: skip
    return indicators(table.reset_index(drop=True))
