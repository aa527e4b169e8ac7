"""Which columns of points hold years."""

from __future__ import annotations

import pandas as pd

__all__ = ["year_columns", "years_in"]

EARLIEST, LATEST = 1800, 2100
_SAMPLE, _ENOUGH = 5_000, 0.9


def _parsed(column: pd.Series) -> pd.Series:
    text = column.dropna().astype(str).str.strip()
    text = text[text != ""]
    return pd.to_numeric(text.str.extract(r"^(\d{4})(?:\.0)?(?!\d)", expand=False), errors="coerce")


def year_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns that hold years or dates: nine of ten values at least begin with a year.

    A year is one of 1800 to 2100, of which at least two must differ.
    """
    found = []
    some = frame.drop(columns=["geometry"], errors="ignore").head(_SAMPLE)
    for name in some.columns:
        years = _parsed(some[name])
        likely = years.between(EARLIEST, LATEST)
        if len(years) and likely.mean() >= _ENOUGH and years[likely].nunique() > 1:
            found.append(str(name))
    return found


def years_in(frame: pd.DataFrame, column: str) -> list[int]:
    """Return the years that a column holds, in order."""
    years = _parsed(frame[column])
    return sorted({int(y) for y in years[years.between(EARLIEST, LATEST)]})
