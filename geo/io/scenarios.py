"""Scenarios as files: a small JSON with the changes in order."""

from __future__ import annotations

import json
from pathlib import Path

from geo.errors import LayoutError
from geo.model.scenario import Scenario

__all__ = ["MAX_BYTES", "read_scenario", "scenario_text"]

MAX_BYTES = 20_000_000
"""A file above this is no list of changes."""


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
    try:
        data = json.loads(file.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LayoutError(f"{file.name}: not UTF-8; save it as UTF-8") from error
    except json.JSONDecodeError as error:
        raise LayoutError(
            f"{file.name}: not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    try:
        return Scenario.of(data)
    except LayoutError as error:
        raise LayoutError(f"{file.name}: {error}", error.problems) from error


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as the text of its file."""
    data = scenario.model_dump(mode="json", exclude_defaults=False)
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
