"""Why a policy applies at a place, or perhaps does, and what else has to be known; in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from geo.analysis.policy_grounds import OWN_LAW, Ground, Neighbourhood
from geo.words import Lang, say

__all__ = ["ASSUMED", "UNPLACED", "notes_of", "why"]

ASSUMED, UNPLACED = "assumed", "unplaced"
"""How a place lies to a country whose boundary is not known, and to a zone without an outline."""


def why(
    level: str, own: Ground | None, lies: str, near: Neighbourhood, places: list[dict[str, Any]], edge_m: float,
    name: str, lang: Lang,
) -> str:  # fmt: skip
    """Return in words why a policy applies, perhaps applies, or cannot be told."""
    if level == "national" and lies in ("surely", ASSUMED):
        inside = [p[f"place_{lang}"] for p in places if p["level"] == "province"]
        if lies == ASSUMED or not inside:
            return say("policies.why.assumed", lang)
        return say("policies.why.national", lang, name=say("policies.between", lang).join(inside))
    if own is None:
        return say("policies.why.unplaced", lang, name=name)
    if lies == "surely":
        address = [p[f"place_{lang}"] for p in places if p["level"] in ("city", "district")]
        sure = all(p["lies"] == "surely" for p in places if p["level"] in ("city", "district"))
        if level != "zone" and sure and address:
            key = "policies.why.at" if level == "district" else "policies.why.unit"
            where = say("policies.then", lang).join(address if lang == "zh" else address[::-1])
            return say(key, lang, where=where, name=name)
        return say("policies.why.inside", lang, name=name)
    words = {"name": name or say("policies.why.country", lang), "edge": abs(edge_m), "err": own.err_m + float(near.err_m[0])}  # fmt: skip
    other = [p[f"place_{lang}"] for p in places if p["level"] == level and p["place"] != own.place]
    text = say(f"policies.why.{lies}", lang, **words)
    if other and level != "zone":
        text += say("policies.why.or", lang, names=say("policies.between", lang).join(other))
    return text


def notes_of(
    near: Neighbourhood,
    wanted: pd.DataFrame,
    unplaced: list[Any],
    places: list[dict[str, Any]] | None,
) -> tuple[str, ...]:
    """Return what else has to be known, as keys of the catalogue."""
    notes = []
    if not len(near.layout.policies):
        return ("policies.note.no-table",)
    if not len(wanted):
        notes.append("policies.note.none-of-kind")
    if near.units is None:
        notes.append("policies.note.no-units")
    if near.provinces is None:
        notes.append("policies.note.no-country")
    if places is not None:
        provinces = [p["place"][:2] for p in places if p["level"] == "province"]
        if provinces and any(p in OWN_LAW for p in provinces):
            notes.append("policies.note.own-law")
        elif near.provinces is not None and not provinces:
            notes.append("policies.note.abroad")
        elif near.units is not None and not any(p["level"] == "district" for p in places):
            notes.append("policies.note.outside-units")
        if any(p["lies"] != "surely" for p in places if p["level"] != "zone"):
            notes.append("policies.note.border")
    if unplaced:
        notes.append("policies.note.unplaced")
    return tuple(notes)
