"""What every measured process does: run one function and print its answer as a line of JSON."""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
Counts = dict[str, dict[str, int]]


def nested(rows: Any) -> Counts:
    """Rows of footprint, category and number, as nested dictionaries without zeros."""
    counts: Counts = {}
    for footprint, category, number in rows:
        if number:
            counts.setdefault(str(footprint), {})[str(category)] = int(number)
    return counts


def peak_mb() -> float:
    """The most memory that this process held.

    Not ``ru_maxrss`` where it can be helped: on Linux a child begins with that of its parent.
    """
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) / 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def main(functions: Mapping[str, Callable[..., Answer]]) -> None:
    """Run the function named first with the paths and numbers that follow it."""
    name, *arguments = sys.argv[1:]
    answer = functions[name](*arguments)
    print(json.dumps({**answer, "peak_mb": peak_mb()}))
