"""What a change moves in and out: sets of points or shapes before and after, each low, central, high.

Let B and S be the inside of what is changed in base and scenario, and U the inside of what both
share. Surely gained is what is surely in S, and surely neither in B nor in U; perhaps gained is what
may be in S, and may be neither in B nor in U. Lost is the same the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["VERDICTS", "Moves", "difference_row", "moves_of"]

VERDICTS = ("gain", "loss", "even", "unsure")


@dataclass(frozen=True, eq=False)
class Moves:
    """Insides of base and scenario, and what is gained and lost; each low, central, high."""

    base: Sequence[Any]
    other: Sequence[Any]
    gained: Sequence[Any]
    lost: Sequence[Any]

    def each(self, measure: Callable[[Any], Any]) -> list[Any]:
        """Return the measure of all four."""
        return [measure(s) for s in (self.base, self.other, self.gained, self.lost)]


def moves_of(
    before: Sequence[Any], after: Sequence[Any], shared: Sequence[Any],
    union: Callable[[Any, Any], Any], less: Callable[[Any, Any], Any],
) -> Moves:  # fmt: skip
    """Return what moves.

    Parameters
    ----------
    before, after, shared
        B, S and U: low, central and high of each.
    union, less
        How two insides are joined, and how one is taken from another.
    """

    def only(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
        return [less(a[k], union(b[2 - k], shared[2 - k])) for k in range(3)]

    return Moves(
        [union(b, u) for b, u in zip(before, shared, strict=True)],
        [union(a, u) for a, u in zip(after, shared, strict=True)],
        only(after, before), only(before, after),
    )  # fmt: skip


def difference_row(
    head: dict[str, Any], statistic: str, base: Sequence[float], other: Sequence[float],
    gained: Sequence[float] | None = None, lost: Sequence[float] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return a row of base, scenario, gained, lost and difference, and its verdict.

    Where it is not known what is gained and what is lost, the difference is that of two numbers that
    err independently, unless they are the same.
    """
    if gained is not None and lost is not None:
        diff: Sequence[float] = (gained[0] - lost[2], gained[1] - lost[1], gained[2] - lost[0])
    elif list(base) == list(other):
        diff = (0.0, 0.0, 0.0)
    else:
        diff = (other[0] - base[2], other[1] - base[1], other[2] - base[0])
    unknown = [float("nan")] * 3
    row = head | {"statistic": statistic}
    for name, three in (
        ("base", base), ("scenario", other), ("gained", gained or unknown), ("lost", lost or unknown), ("diff", diff),
    ):  # fmt: skip
        row |= {f"{name}_low": three[0], name: three[1], f"{name}_high": three[2]}
    verdict = "gain" if diff[0] > 0 else "loss" if diff[2] < 0 else "unsure" if any(diff) else "even"  # fmt: skip
    return row | {"verdict": verdict}
