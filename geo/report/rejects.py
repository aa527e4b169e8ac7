"""Rows without a usable position as a person reads them: what was written, and why it cannot be used."""

from __future__ import annotations

import pandas as pd

from geo.report.tables import defused
from geo.words import Lang, catalogue, say

__all__ = ["rejected_areas", "rejected_rows"]

_REASONS = {
    "blank": "blank", "not a number": "not-a-number", "0, 0 for missing": "zero", "swapped": "swapped",
    "out of range": "out-of-range",
}  # fmt: skip


def _reason(code: object, lang: Lang) -> str:
    key = f"mydata.reason.{_REASONS.get(str(code), '')}"
    entry = catalogue().get(key)
    return entry[lang] if entry else str(code)


def rejected_rows(rejects: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return rejected rows with headings and reasons in words; no cell runs as a formula.

    Parameters
    ----------
    rejects
        As ``Points.rejects``: ``row``, ``reason``, ``lon``, ``lat``.
    lang
        Language of the words.
    """
    return pd.DataFrame(
        {
            say("mydata.reject.row", lang): rejects["row"].to_numpy(),
            say("mydata.reject.reason", lang): [_reason(r, lang) for r in rejects["reason"]],
            say("mydata.reject.lon", lang): [defused(str(v)) for v in rejects["lon"]],
            say("mydata.reject.lat", lang): [defused(str(v)) for v in rejects["lat"]],
        }
    )


def rejected_areas(rejects: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return features that are no area, with the reason in words.

    Parameters
    ----------
    rejects
        As ``Areas.rejects``: ``row``, ``name``, ``reason``.
    lang
        Language of the words.
    """
    return pd.DataFrame(
        {
            say("mydata.reject.row", lang): rejects["row"].to_numpy(),
            say("mydata.reject.name", lang): [defused(str(v)) for v in rejects["name"]],
            say("mydata.reject.reason", lang): [say(f"mydata.area-reason.{r}", lang) for r in rejects["reason"]],
        }
    )  # fmt: skip
