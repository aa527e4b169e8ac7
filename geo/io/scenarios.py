"""Scenarios as files: a small JSON with the changes in order."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
from shapely import LineString, Polygon

from geo.errors import LayoutError
from geo.measure import area_km2, length_km
from geo.model.layout import Layout
from geo.model.scenario import Change, Scenario
from geo.words import Lang, name_of, say
from geo.words.figures import figure

__all__ = [
    "MAX_BYTES", "change_words", "changes_table", "parse_scenario", "read_scenario", "scenario_text",
]  # fmt: skip

MAX_BYTES = 20_000_000
"""A file above this is no list of changes."""
_PAIR = re.compile(r"\[\n\s+(-?[\d.eE+-]+),\n\s+(-?[\d.eE+-]+)\n\s+\]")


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario.

    Raises
    ------
    LayoutError
        If the file is not there, is no JSON, or no valid scenario; all that is wrong is listed.
    """
    file = Path(path)
    if not file.is_file():
        raise LayoutError(f"{file}: no such scenario; check the path")
    if file.stat().st_size > MAX_BYTES:
        raise LayoutError(f"{file.name}: above {MAX_BYTES / 1e6:.0f} MB; this is no scenario")
    return parse_scenario(file.read_bytes(), file.name)


def parse_scenario(content: bytes, name: str) -> Scenario:
    """Return the scenario that the content of a file holds.

    Parameters
    ----------
    content
        What the file holds: JSON in UTF-8.
    name
        Of the file, for messages.

    Raises
    ------
    LayoutError
        As of :func:`read_scenario`.
    """
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LayoutError(f"{name}: not UTF-8; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise LayoutError(
            f"{name}: not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except RecursionError as error:
        raise LayoutError(f"{name}: nested too deeply; this is no scenario") from error
    try:
        return Scenario.of(data)
    except LayoutError as error:
        raise LayoutError(f"{name}: {error}", error.problems) from error


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as the text of its file."""
    data = scenario.model_dump(mode="json", exclude_defaults=False)
    text = json.dumps(data, ensure_ascii=False, indent=1)
    # A place or a width stands on one line.
    return _PAIR.sub(r"[\1, \2]", text) + "\n"


_TOWARDS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


def change_words(layout: Layout, scenario: Scenario, change: Change, lang: Lang) -> str:
    """Return what a change does as a sentence.

    Parameters
    ----------
    layout, scenario
        Where the names are: of the layout as published and of what the scenario adds.
    change
        One of the scenario's.
    lang
        Language.
    """
    name = _name(layout, scenario, change.feature, lang)
    key, values = _said(change, lang)
    return say(f"scenarios.change.{key}", lang, name=name, **values)


def _name(layout: Layout, scenario: Scenario, feature: str, lang: Lang) -> str:
    if feature in layout:
        return name_of(layout[feature], lang)
    new = next((c for c in scenario.changes if c.do == "add-node" and c.feature == feature), None)
    return feature if new is None else name_of(new, lang)


def _said(change: Any, lang: Lang) -> tuple[str, dict[str, Any]]:
    """Return the key of a sentence and what stands in its places."""
    match change.do:
        case "move":
            towards = _TOWARDS[round(change.azimuth_deg % 360 / 45) % 8]
            return "move", {"km": figure(change.by_km), "towards": say(f"scenarios.towards.{towards}", lang), "azimuth": figure(change.azimuth_deg % 360)}  # fmt: skip
        case "turn":
            return "turn" if change.by_deg >= 0 else "turn-left", {
                "deg": figure(abs(change.by_deg))
            }
        case "widen":
            return "widen", {"km": figure(change.width_km)}
        case "widths":
            pairs = [
                say("scenarios.change.width-at", lang, at=figure(c), km=figure(w))
                for c, w in change.widths_km
            ]
            return "widths", {"pairs": say("scenarios.change.between", lang).join(pairs)}
        case "lengthen":
            if change.length_km is not None:
                return "lengthen", {"km": figure(change.length_km)}
            return "prolong", {"start": _signed(change.start_km), "end": _signed(change.end_km)}
        case "axis":
            line = LineString(change.coordinates)
            return "axis", {"n": len(change.coordinates), "km": figure(length_km(line))}
        case "outline":
            ring = Polygon(change.coordinates)
            return "outline", {"n": len(change.coordinates), "km2": figure(area_km2(ring))}
        case "add-node":
            return "add-node", {"kind": say(f"model.kind.{change.kind}", lang), "lon": f"{change.lon:.4f}", "lat": f"{change.lat:.4f}"}  # fmt: skip
        case "place":
            return "place", {"lon": f"{change.lon:.4f}", "lat": f"{change.lat:.4f}"}
        case _:
            return "remove", {}


def _signed(km: float) -> str:
    return f"{'+' if km > 0 else '−' if km < 0 else ''}{figure(abs(km))}"


def changes_table(layout: Layout, scenario: Scenario) -> pd.DataFrame:
    """Return the changes of a scenario as a table.

    Returns
    -------
    DataFrame
        ``step`` (from 1), ``id``, ``name_zh``, ``name_en`` of the feature, ``change_zh``,
        ``change_en`` in words, and ``why``.
    """
    rows = [
        {
            "step": k, "id": c.feature, "name_zh": _name(layout, scenario, c.feature, "zh"),
            "name_en": _name(layout, scenario, c.feature, "en"),
            "change_zh": change_words(layout, scenario, c, "zh"),
            "change_en": change_words(layout, scenario, c, "en"), "why": c.why,
        }
        for k, c in enumerate(scenario.changes, 1)
    ]  # fmt: skip
    columns = ["step", "id", "name_zh", "name_en", "change_zh", "change_en", "why"]
    return pd.DataFrame(rows, columns=columns)
