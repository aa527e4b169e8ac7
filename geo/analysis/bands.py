"""From a tally to low, central and high: counts, shares and sums by column triple and category."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.engine.tally import Tally

__all__ = ["BLANK", "band", "by_category", "whole"]

BLANK = "(blank)"
"""Name of the category of points whose row gives none."""


def band(name: str, values: Sequence[float]) -> dict[str, Any]:
    """Return low, central and high as three columns of a row."""
    return {f"{name}_low": values[0], name: values[1], f"{name}_high": values[2]}


def by_category(
    tally: Tally, three: NDArray[np.bool_], *, grouped: bool, weighed: bool
) -> list[dict[str, Any]]:
    """Return rows of counts, shares and sums of one footprint or distance.

    Parameters
    ----------
    tally
        The counts.
    three
        Shape (n_sets, 3): which sets are surely, probably and perhaps in.
    grouped
        Whether a row for each category follows the one for all.
    weighed
        Whether there are sums.
    """
    counts = tally.count(three)
    totals = tally.counts.sum(axis=0)
    low, central, high = three.T
    sums = None
    if weighed:
        # A negative weight makes the sum smaller where it comes in: take the extremes of each sign.
        sums = [tally.total(low, high), tally.total(central, central), tally.total(high, low)]
    names = tally.categories
    order = sorted(range(len(names)), key=lambda k: names[k]) if grouped else []
    rows = []
    for name, own in [("", slice(None)), *((names[k] or BLANK, slice(k, k + 1)) for k in order)]:
        n, total = counts[:, own].sum(axis=1), int(totals[own].sum())
        row = {"by": name} | band("count", [int(v) for v in n])
        row |= band("share", [int(v) / total if total else float("nan") for v in n])
        if sums is not None:
            row |= band("sum", whole(tally, three) if name == "" else [s[own][0] for s in sums])
        rows.append(row | {"total": total})
    return rows


def whole(tally: Tally, three: NDArray[np.bool_]) -> list[float]:
    """Return low, central and high of the weight of all categories together, rounded once."""
    together = Tally(
        tally.sets, ("",), tally.counts.sum(axis=1, keepdims=True),
        {e: s.astype(object).sum(axis=2, keepdims=True) for e, s in (tally.sums or {}).items()},
    )  # fmt: skip
    low, central, high = three.T
    return [together.total(a, b)[0] for a, b in ((low, high), (central, central), (high, low))]
