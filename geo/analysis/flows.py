"""How much places would exchange if size and distance alone decided: two models, both estimates.

Gravity: what two places exchange grows with the size of both and falls with a power of the distance
(Wilson, 1971, A family of spatial interaction models, *Environment and Planning* 3, 1-32). Its power
is chosen, not measured, so results are given for a range of it. Radiation has none to choose: what
leaves a place is taken up by the nearest chances first (Simini, González, Maritan & Barabási, 2012,
A universal model for mobility and migration patterns, *Nature* 484, 96-100).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from geo.analysis.city_masses import Masses, masses_of
from geo.analysis.link_matrices import cities_of, costs_between
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import PointsError
from geo.model.layout import Layout
from geo.network.travel import Measure, Travel

__all__ = ["BETA", "BETAS", "FLOW_COLUMNS", "Flows", "Model", "flows", "gravity", "radiation"]

Floats = NDArray[np.float64]
Model = Literal["gravity", "radiation"]
BETA, BETAS = 2.0, (1.0, 2.0)
"""Power of the distance, and the range that its effect is shown over."""
_STEPS = 11
FLOW_COLUMNS = (
    "a", "a_zh", "a_en", "b", "b_zh", "b_en", "mass_a", "mass_b", "separation", "measure", "km", "flow",
    "share_low", "share", "share_high", "share_beta_low", "share_beta_high", "share_of_origin", "estimate",
)  # fmt: skip


def gravity(masses: ArrayLike, distances: ArrayLike, *, beta: float = BETA, k: float = 1.0) -> Floats:  # fmt: skip
    """Return k·mᵢ·mⱼ/dᵢⱼ^β for each pair.

    Parameters
    ----------
    masses
        Shape (n,), 0 or more.
    distances
        Shape (n, n), any unit; above 0 off the diagonal. Infinite: nothing is exchanged.
    beta
        Power of the distance, 0 or more.
    k
        Constant.

    Returns
    -------
    ndarray
        Shape (n, n), 0 on the diagonal. Shares of it depend neither on k nor on any unit.

    Raises
    ------
    PointsError
        If a mass, a distance or the power is out of range.
    """
    m, d = _checked(masses, distances)
    if not (np.isfinite(beta) and beta >= 0):
        raise PointsError(f"the power of the distance is {beta}: it must be 0 or more")
    off = ~np.eye(len(m), dtype=bool)
    if (d[off] <= 0).any():
        raise PointsError(
            "two places lie at distance 0, where a power of the distance has no value: leave one out"
        )
    found = np.zeros(d.shape)
    # Distances in units of their own mean: large powers of large numbers would overflow.
    reach = d[off & np.isfinite(d)]
    unit = float(reach.mean()) if len(reach) else 1.0
    with np.errstate(divide="ignore"):
        found[off] = np.where(np.isfinite(d[off]), (d[off] / unit) ** -beta, 0.0)
    return np.asarray(k * np.outer(m, m) * found * unit**-beta)


def radiation(masses: ArrayLike, distances: ArrayLike) -> Floats:
    """Return mᵢ·mᵢmⱼ / ((mᵢ + sᵢⱼ)(mᵢ + mⱼ + sᵢⱼ)) for each pair.

    Parameters
    ----------
    masses
        Shape (n,), 0 or more.
    distances
        Shape (n, n), 0 or more, in any unit: only their order matters. Infinite: not reached.

    Returns
    -------
    ndarray
        Shape (n, n), 0 on the diagonal, in units of mass: what leaves i is mᵢ times a constant.
        sᵢⱼ is the mass within the circle about i through j, without i and j themselves; what lies
        just as far as j counts as within. With distances that all differ the row of i adds up to
        mᵢ (1 − mᵢ/M), M being all mass; it is never above mᵢ.

    Raises
    ------
    PointsError
        If a mass or a distance is out of range.
    """
    m, d = _checked(masses, distances)
    return _radiated(m, _between(m, d, d))


def _between(m: Floats, inner: Floats, outer: Floats) -> Floats:
    """Return the mass of those whose distance ``inner`` is at most the distance ``outer`` of j."""
    n = len(m)
    found = np.zeros((n, n))
    for i in range(n):
        others = np.arange(n) != i
        within = (inner[i][None, :] <= outer[i][:, None]) & others[None, :]
        within[np.arange(n), np.arange(n)] = False
        found[i] = within @ m
    return found


def _radiated(m: Floats, between: Floats) -> Floats:
    own, other = m[:, None], m[None, :]
    below = (own + between) * (own + other + between)
    found = np.divide(own * own * other, below, out=np.zeros_like(below), where=below > 0)
    np.fill_diagonal(found, 0.0)
    return np.asarray(found)


def _checked(masses: ArrayLike, distances: ArrayLike) -> tuple[Floats, Floats]:
    m, d = np.asarray(masses, dtype=float), np.asarray(distances, dtype=float)
    if m.ndim != 1 or d.shape != (len(m), len(m)):
        raise PointsError(
            f"masses of shape {m.shape} and distances of shape {d.shape} do not belong together: "
            "give n masses and n × n distances"
        )
    if not (np.isfinite(m).all() and (m >= 0).all()):
        raise PointsError("a mass is below 0 or no number: leave its place out, or correct it")
    if np.isnan(d).any() or (d < 0).any():
        raise PointsError("a distance is below 0 or no number: correct it")
    return m, d


@dataclass(frozen=True, eq=False)
class Flows:
    """What :func:`flows` returns.

    Attributes
    ----------
    table
        One row for each ordered pair of cities: their masses, ``separation`` (the distance or time
        that was used) and geodesic ``km``, ``flow`` (in units of its own), ``share`` of all flows with
        bounds from the positional errors, the range of ``share`` over powers of the distance
        (``share_beta_low`` to ``share_beta_high``; gravity only), ``share_of_origin`` of what
        leaves a, and ``estimate``, which is always true.
    masses
        What each city weighs, with where it is from; :class:`geo.analysis.city_masses.Masses`.
    left_out
        Cities without a mass, and why.
    provenance
        Model, power, mass and travel.
    """

    table: pd.DataFrame
    masses: pd.DataFrame
    left_out: pd.DataFrame
    provenance: Provenance

    def pairs(self) -> pd.DataFrame:
        """Return one row for each pair, both directions together, the largest first."""
        table = self.table
        rank = {name: k for k, name in enumerate(dict.fromkeys([*table["a"], *table["b"]]))}
        first = table["a"].map(rank) < table["b"].map(rank)
        there, back = table[first], table[~first].set_index(["b", "a"])
        merged = there.reset_index(drop=True).drop(columns=["share_of_origin"])
        order = pd.MultiIndex.from_frame(merged[["a", "b"]])
        for column in ("flow", "share_low", "share", "share_high", "share_beta_low", "share_beta_high"):  # fmt: skip
            merged[column] += back.loc[order, column].to_numpy()
        merged["share_high"] = merged["share_high"].clip(upper=1.0)
        return merged.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def flows(
    layout: Layout,
    *,
    model: Model = "gravity",
    mass: Any = "population",
    beta: float = BETA,
    betas: tuple[float, float] = BETAS,
    travel: Travel | None = None,
    measure: Measure = "km",
    points: Any = None,
    masses: Masses | None = None,
    **reading: Any,
) -> Flows:
    """Estimate what the cities of a layout exchange. It measures nothing that really flows.

    Parameters
    ----------
    layout
        Its located seats are the cities.
    model
        ``"gravity"`` or ``"radiation"``.
    mass
        ``"population"``; ``"nodes"``, ``"nodes:<tier>"``: how many nodes lie in the city;
        ``"points"``: how much the points in the city weigh; or a mapping of seats to numbers.
    beta
        Power of the distance (gravity).
    betas
        The range of it that ``share_beta_low`` to ``share_beta_high`` cover.
    travel, measure
        By what distances are taken: kilometres or minutes of a way; by default geodesic kilometres.
    points
        Any source of points, for ``mass="points"``.
    masses
        What :func:`geo.analysis.city_masses.masses_of` gave already.
    **reading
        ``weight``, ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m`` as for ``geo.coverage``.

    Raises
    ------
    PointsError
        If fewer than two cities have a mass, or a parameter is out of range.
    """
    if model not in ("gravity", "radiation"):
        raise PointsError(f"unknown model {model!r}: use gravity or radiation")
    cities = cities_of(layout)
    weighed = masses or masses_of(layout, mass, points=points, **reading)
    known = dict(zip(weighed.table["id"], weighed.table["city_mass"].astype(float), strict=True))
    kept = np.array([known.get(name, 0.0) > 0 for name in cities.id], dtype=bool)
    if kept.sum() < 2:
        raise PointsError(
            f"flows need two cities with a mass above 0; by {weighed.what} there are {int(kept.sum())}: "
            "take another mass, or give numbers of your own (mass={seat: number})"
        )
    some = cities.some(kept)
    m = np.array([known[name] for name in some.id])
    low, central, high, km = costs_between(some, measure, travel)
    flow, share, share_low, share_high = _modelled(m, low, central, high, model, beta)
    spread = _over_powers(m, central, model, betas, beta)
    rows = _tidy(some, m, central, km, flow, share, share_low, share_high, spread).assign(
        measure=measure
    )
    made = provenance_of(
        f"links.method.{model}", mass=weighed.what, measure=measure, beta=beta if model == "gravity" else None,
        betas=list(betas) if model == "gravity" else None, **({} if travel is None else dict(travel.parameters)),
    )  # fmt: skip
    return Flows(rows, weighed.table, weighed.left_out, made)


def _modelled(
    m: Floats, low: Floats, central: Floats, high: Floats, model: Model, beta: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return flows, their shares of all, and bounds of the shares from those of the distances."""
    if model == "gravity":
        flow = gravity(m, central, beta=beta)
        least = gravity(m, high, beta=beta)
        # Where two places may be one, nothing bounds what they exchange.
        touching = low <= 0
        most = gravity(m, np.where(touching, 1.0, low), beta=beta)
        if beta > 0:
            most[touching & (np.outer(m, m) > 0)] = np.inf
        np.fill_diagonal(most, 0.0)
    else:
        flow = radiation(m, central)
        # Most lies between where others may be nearer and this one further, and the other way round.
        least, most = _radiated(m, _between(m, low, high)), _radiated(m, _between(m, high, low))
        least, most = (np.where(np.isfinite(central), v, 0.0) for v in (least, most))
    flow = np.where(np.isfinite(central), flow, 0.0)
    total = flow.sum()
    others_most, others_least = most.sum() - most, least.sum() - least
    with np.errstate(invalid="ignore", divide="ignore"):
        share = flow / total
        share_low = np.where(least > 0, least / (least + others_most), 0.0)
        share_high = np.where(np.isinf(most), 1.0, np.where(most > 0, most / (most + others_least), 0.0))  # fmt: skip
    return flow, share, np.nan_to_num(share_low), share_high


def _over_powers(
    m: Floats, central: Floats, model: Model, betas: tuple[float, float], beta: float
) -> tuple[Floats, Floats]:
    """Return the least and the largest share over a grid of powers, the chosen one among them."""
    if model != "gravity":
        blank = np.full(central.shape, np.nan)
        return blank, blank
    if not 0 <= betas[0] <= betas[1]:
        raise PointsError(f"powers of the distance run from 0 upwards, not from {betas[0]} to {betas[1]}")  # fmt: skip
    powers = [*np.linspace(*betas, _STEPS), *([beta] if betas[0] <= beta <= betas[1] else [])]
    each = [gravity(m, central, beta=float(b)) for b in powers]
    shares = np.stack([f / f.sum() for f in each])
    return shares.min(axis=0), shares.max(axis=0)


def _tidy(
    some: Any, m: Floats, value: Floats, km: Floats, flow: Floats, share: Floats, low: Floats, high: Floats,
    spread: tuple[Floats, Floats],
) -> pd.DataFrame:  # fmt: skip
    i, j = np.nonzero(~np.eye(len(m), dtype=bool))
    out = flow.sum(axis=1)
    columns: dict[str, Any] = {}
    for side, k in (("a", i), ("b", j)):
        columns |= {side: some.id[k], f"{side}_zh": some.name_zh[k], f"{side}_en": some.name_en[k]}
    of_origin = np.divide(flow, out[:, None], out=np.zeros_like(flow), where=out[:, None] > 0)
    columns |= {
        "mass_a": m[i], "mass_b": m[j], "separation": np.where(np.isfinite(value), value, np.nan)[i, j], "km": km[i, j],
        "flow": flow[i, j], "share_low": low[i, j], "share": share[i, j], "share_high": high[i, j],
        "share_beta_low": spread[0][i, j], "share_beta_high": spread[1][i, j], "share_of_origin": of_origin[i, j],
        "estimate": True,
    }  # fmt: skip
    return pd.DataFrame(columns, columns=list(FLOW_COLUMNS))
