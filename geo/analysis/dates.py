"""Dates that are known to the day, the month or the year only: the days that each may mean."""

from __future__ import annotations

import calendar
import datetime as dt

from geo.errors import PointsError
from geo.model.schema import DATE

__all__ = ["DAYS", "day_of", "days_between", "span_of"]

DAYS = {"day": 1.0, "month": 365.2425 / 12, "year": 365.2425}
"""Days of a period: mean ones of the Gregorian calendar."""


def span_of(text: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day that a date may mean; ``None`` of a blank one.

    Parameters
    ----------
    text
        ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.

    Raises
    ------
    PointsError
        If it is no date.
    """
    if not text:
        return None
    try:
        if not DATE.match(text):
            raise ValueError(text)
        year, month, day = (int(part) for part in (*text.split("-"), "0", "0")[:3])
        last = calendar.monthrange(year, month or 12)[1]
        return dt.date(year, month or 1, day or 1), dt.date(year, month or 12, day or last)
    except ValueError:
        raise PointsError(f"{text!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD") from None


def day_of(value: dt.date | str | None) -> dt.date | None:
    """Return a day that is asked for.

    Raises
    ------
    PointsError
        If it is not one day of the calendar.
    """
    if value is None or isinstance(value, dt.date):
        return value.date() if isinstance(value, dt.datetime) else value
    span = span_of(value)
    if span is None or span[0] != span[1]:
        raise PointsError(f"{value!r} is not a day: write YYYY-MM-DD")
    return span[0]


def days_between(since: str, until: str) -> tuple[int, int] | None:
    """Return the least and the greatest number of days from one date to another.

    Returns
    -------
    tuple or None
        Negative where the second may lie before the first; ``None`` where one is blank.
    """
    first, last = span_of(since), span_of(until)
    if first is None or last is None:
        return None
    return (last[0] - first[1]).days, (last[1] - first[0]).days
