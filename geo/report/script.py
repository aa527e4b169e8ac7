"""The same numbers in Python: a short script that makes the tables of a page again."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from geo import __version__
from geo.datasets import layouts
from geo.io.scenarios import scenario_text
from geo.model.layout import Layout
from geo.model.scenario import Scenario
from geo.report.layers import safe_name

__all__ = ["PointsAsked", "points_asked", "reading_of", "script_of", "variable"]


@dataclass(frozen=True)
class PointsAsked:
    """How points were read, so that a script can read them again.

    Attributes
    ----------
    file
        Name of the file, without its folder; blank for the invented firms.
    digest
        SHA-256 of the file, hexadecimal; blank where it is not known.
    datum
        As it was taken or detected.
    lon, lat, sheet
        Columns and sheet, where they were chosen.
    err_m
        Positional error stated for rows that give none, metres.
    by, weight
        Columns of the category and of the weight, or ``None``.
    n
        How many invented firms.
    """

    file: str = ""
    digest: str = ""
    datum: str = "auto"
    lon: str | None = None
    lat: str | None = None
    sheet: str | None = None
    err_m: float = 0.0
    by: str | None = None
    weight: str | None = None
    n: int = 5000


def points_asked(
    points: Any, *, datum: str = "auto", digest: str = "", invented: bool = False, lon: str | None = None, lat: str | None = None,
    sheet: str | None = None, err_m: float = 0.0, by: str | None = None, weight: str | None = None, name: str = "",
) -> PointsAsked:  # fmt: skip
    """Return how a script reads points again.

    Parameters
    ----------
    points
        ``geo.io.points.Points``, as they were read.
    datum
        As it was asked for. One that was detected is given; but it stays to be detected where the
        order of the coordinates was found to be turned, since only detection turns it back, and where
        the file declares it.
    digest, lon, lat, sheet, err_m, by, weight
        As of :class:`PointsAsked`.
    name
        Of the file, where the points do not tell it.
    invented
        Whether they are those of ``geo.datasets.demo``.
    """
    if invented:
        return PointsAsked(by=by, weight=weight, n=len(points))
    found = points.detection
    again = datum != "auto" or found is None or found.swapped
    own = datum if again else points.datum
    return PointsAsked(name or points.name, digest, own, lon, lat, sheet, err_m, by, weight)


def variable(name: str) -> str:
    """Return the name of the variable that holds a table: its name, with underscores."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
    plain = kept.isidentifier() and not keyword.iskeyword(kept) and kept.strip("_")
    return kept if plain else f"table_{kept}"


def script_of(
    layout: Layout, tables: Sequence[str], calls: Sequence[str], *, scenario: Scenario | None = None,
    points: PointsAsked | None = None, ring_km: float | None = None,
) -> str:  # fmt: skip
    """Return a script that makes the tables of a page again, prints them and writes them as CSV.

    It reads the layout by its name or folder, carries the scenario within itself, and looks for the
    file of points in the folder where it is run. Every text from data stands in it as a literal that
    Python wrote, so that none can become code.

    Parameters
    ----------
    layout
        As published, without the scenario.
    tables
        Names of the tables; each call leaves one in the variable of that name (see :func:`variable`).
    calls
        Lines of Python, which may use ``geo``, ``layout``, ``points``, ``by``, ``weight``, ``ring_km``.
    scenario
        Changes made to the layout before the calls, or ``None``.
    points
        The points, or ``None``.
    ring_km
        Width of campus rings.

    Raises
    ------
    SyntaxError
        If a call is no Python.
    """
    imports = ["from pathlib import Path", "", "import geo", "from geo.report.tables import to_csv"]
    if scenario is not None:
        imports.insert(0, "import json")
    if points is not None:
        own = "from geo.datasets.demo import demo_points" if not points.file else "from geo.analysis.targets import known_of"  # fmt: skip
        imports.insert(imports.index("import geo") + 1, own)
        if points.digest and points.file:
            imports.insert(0, "import hashlib")
    named = ", ".join(f"{name!r}: {variable(name)}" for name in tables)
    lines = [
        f"# Innovation corridors {__version__}", *imports, "", *_layout(layout), *_points(points),
        *_scenario(scenario), f"ring_km = {ring_km!r}", "", *calls, "",
        f"tables = {{{named}}}", "for name, table in tables.items():", "    print(name)",
        "    print(table.drop(columns='geometry', errors='ignore').to_string())",
        f"    Path({safe_name(layout.id)!r} + '-' + name + '.csv').write_bytes(to_csv(table))", "",
    ]  # fmt: skip
    text = "\n".join(lines)
    compile(text, "script", "exec")
    return text


def reading_of(layout: Layout) -> str:
    """Return the call of Python that reads a layout.

    One that is in memory alone, as drawn in the application, is read from a folder of its name
    where the script runs: its author has it as a zip.
    """
    bundled, folder = layouts().get(layout.id), layout.folder
    if bundled is not None and (folder is None or bundled.resolve() == folder.resolve()):
        return f"geo.load_layout({layout.id!r})"
    return f"geo.read_layout({(layout.id if folder is None else str(folder))!r})"


def _layout(layout: Layout) -> list[str]:
    return [f"layout = {reading_of(layout)}", *_units(layout)]


def _units(layout: Layout) -> list[str]:
    """Return how units that were brought are brought again, from the folder where the script runs."""
    meta = layout.meta.units
    if meta.held is None:
        return []
    asked: Mapping[str, Any] = {
        "columns": dict(meta.columns), "level": next((k for k, v in meta.levels.items() if not v), None), "layer": meta.layer, "err_m": meta.err_m,
        "source": meta.source, "licence": meta.licence, "datum": None if meta.datum == "auto" else meta.datum,
        "near_km": meta.near_km,
    }  # fmt: skip
    further = "".join(f", {k}={v!r}" for k, v in asked.items() if v not in (None, "", {}))
    return [f"layout = geo.with_units(layout, {meta.file!r}{further})"]


def _scenario(scenario: Scenario | None) -> list[str]:
    if scenario is None:
        return []
    text = scenario_text(scenario)
    return [
        f"scenario = geo.Scenario.of(json.loads({text!r}))",
        "layout = geo.apply_scenario(layout, scenario)",
    ]


def _points(points: PointsAsked | None) -> list[str]:
    if points is None:
        return []
    roles = [f"by, weight = {points.by!r}, {points.weight!r}"]
    if not points.file:
        # They belong to the layout as published, whatever a scenario changes.
        return ["# Invented firms: they say nothing about the real world.", f"points = demo_points(layout, {points.n!r})", *roles]  # fmt: skip
    asked: Mapping[str, Any] = {
        "lon": points.lon, "lat": points.lat, "sheet": points.sheet, "err_m": points.err_m or None,
    }  # fmt: skip
    further = "".join(f", {k}={v!r}" for k, v in asked.items() if v is not None)
    check = []
    if points.digest:
        check = [
            f"if hashlib.sha256(Path({points.file!r}).read_bytes()).hexdigest() != {points.digest!r}:",
            "    print('This is another file than the one that the page was made with.')",
        ]
    return [
        *check,
        f"points = geo.read_points({points.file!r}, datum={points.datum!r}{further}, known=known_of(layout))",
        *roles,
    ]


def missing(tables: Mapping[str, pd.DataFrame], calls: Sequence[str]) -> list[str]:
    """Return the tables that no call assigns."""
    assigned = set()
    for node in ast.walk(ast.parse("\n".join(calls))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            assigned.add(node.id)
    return [name for name in tables if variable(name) not in assigned]
