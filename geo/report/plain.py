"""Results as JSON without a table library, for scripts that only want the numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["json_of"]


def json_of(tables: Mapping[str, list[dict[str, Any]]]) -> str:
    """Return lists of records by table name as JSON; what is no number is ``null``."""
    return json.dumps({k: [_row(r) for r in rows] for k, rows in tables.items()}, ensure_ascii=False, allow_nan=False, indent=1)  # fmt: skip


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
