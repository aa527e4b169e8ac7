"""How the weight of a place falls with what it costs to get there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from geo.analysis.cost_blocks import limits_of
from geo.errors import PointsError

__all__ = ["NEAREST", "Decay", "decay_of"]

Floats = NDArray[np.float64]
NEAREST = 1.0
"""A power law counts smaller costs as this: at 0 it would be infinite."""
_AT_EDGE = 3.0
_POWER = 2.0


class Decay(Protocol):
    """Weights that never rise with the cost, and are 0 beyond an edge."""

    @property
    def edge(self) -> float: ...  # noqa: D102

    @property
    def parameters(self) -> Mapping[str, Any]: ...  # noqa: D102

    def __call__(self, cost: Floats) -> Floats:
        """Return the weight at each cost."""
        ...


@dataclass(frozen=True)
class Steps:
    """One weight for each zone of a catchment."""

    zones: tuple[float, ...]
    weights: tuple[float, ...]

    @property
    def edge(self) -> float:
        """The limit of the last zone."""
        return self.zones[-1]

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Zones and weights."""
        return {"catchment": self.edge, "zones": list(self.zones), "weights": list(self.weights)}

    def __call__(self, cost: Floats) -> Floats:
        """Return the weight of the zone that each cost lies in."""
        own = np.array([*self.weights, 0.0])
        return np.asarray(own[np.searchsorted(self.zones, cost, side="left")])


@dataclass(frozen=True)
class Power:
    """Cost to a negative power."""

    edge: float
    beta: float

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Catchment, law and exponent."""
        return {"catchment": self.edge, "decay": "power", "beta": self.beta}

    def __call__(self, cost: Floats) -> Floats:
        """Return the weight at each cost."""
        return np.where(cost <= self.edge, np.maximum(cost, NEAREST) ** -self.beta, 0.0)


@dataclass(frozen=True)
class Exponential:
    """The exponential of the negative cost."""

    edge: float
    beta: float

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Catchment, law and rate."""
        return {"catchment": self.edge, "decay": "exponential", "beta": self.beta}

    def __call__(self, cost: Floats) -> Floats:
        """Return the weight at each cost."""
        return np.where(cost <= self.edge, np.exp(-self.beta * cost), 0.0)


def decay_of(
    method: str, *, catchment: float, zones: Sequence[float] | None, weights: Sequence[float], decay: str,
    beta: float | None,
) -> Decay:  # fmt: skip
    """Return the law of a method of :func:`geo.access`, whose parameters these are.

    Raises
    ------
    PointsError
        If a parameter is none.
    """
    edge = float(catchment)
    if not edge > 0:
        raise PointsError(f"the catchment is {catchment}: it must be above 0")
    if method == "gravity":
        return _gravity(edge, decay, beta)
    if not np.isfinite(edge):
        raise PointsError("the catchment is infinite: only gravity may have no limit")
    if method == "2sfca":
        return Steps((edge,), (1.0,))
    own = tuple(float(w) for w in weights)
    falling = bool(own) and np.isfinite(own).all() and own[-1] > 0 and (np.diff(own) <= 0).all()
    if not falling:
        raise PointsError(
            f"weights are {list(weights)}: give positive numbers, none above the last"
        )
    if zones is None:
        limits = tuple(edge * (k + 1) / len(own) for k in range(len(own)))
    else:
        limits = limits_of(zones, "zones")
    if len(limits) != len(own):
        raise PointsError(f"{len(limits)} zones have {len(own)} weights: give one for each")
    return Steps(limits, own)


def _gravity(edge: float, decay: str, beta: float | None) -> Decay:
    if beta is not None and not (np.isfinite(beta) and beta > 0):
        raise PointsError(f"beta is {beta}: it must be above 0")
    if decay == "power":
        return Power(edge, _POWER if beta is None else float(beta))
    if decay != "exponential":
        raise PointsError(f"unknown decay {decay!r}: use power or exponential")
    if beta is None and not np.isfinite(edge):
        raise PointsError("without a limit of the catchment the exponential decay needs a beta")
    return Exponential(edge, _AT_EDGE / edge if beta is None else float(beta))
