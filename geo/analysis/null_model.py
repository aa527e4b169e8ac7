"""The null model: whether a footprint is denser in points than random placements of its shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.stats import binomtest, false_discovery_control
from shapely.geometry.base import BaseGeometry

from geo.analysis.bands import by_category
from geo.analysis.cloud import Cloud, cloud_of
from geo.analysis.placements import Placements, held, placed
from geo.analysis.progress import Progress, part_of
from geo.analysis.provenance import Provenance, provenance_of
from geo.analysis.study_area import study_area_of, within
from geo.analysis.subjects import Subject, about, planar, subjects_of
from geo.engine.banded import compile_banded
from geo.engine.tally import Tally
from geo.errors import PointsError
from geo.io.reading import AUTO
from geo.measure import outline, project_points, unproject
from geo.words import LANGUAGES, say
from geo.words.figures import figure

__all__ = ["ALPHA", "NullModel", "null_model"]

Edge = Literal["inside", "clip"]
Floats = NDArray[np.float64]

ALPHA = 0.05
"""An adjusted p-value up to this is called denser."""
_SLACK = 1e-9
"""Of a share of area, and of a weighted sum: what rounding may change."""


@dataclass(frozen=True, eq=False, repr=False)
class NullModel:
    """What :func:`null_model` returns.

    Attributes
    ----------
    records
        The rows of ``table``.
    draw_records
        The columns of ``draws``.
    placements
        The random placements, planar metres.
    crs
        Their projection.
    study_area
        Where they lie, WGS84.
    provenance
        Method, reference system, parameters with the seed, points.
    """

    records: list[dict[str, Any]]
    draw_records: dict[str, Any]
    placements: Placements
    crs: Any
    study_area: BaseGeometry
    provenance: Provenance

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row for all points (``by`` blank), and one for each category.

        ``count_low, count, count_high`` (and ``sum``) are bounds by positional error. ``observed``
        is what is compared, ``statistic`` says which: ``count`` or ``sum``, or that per km² of the
        part inside. ``null_mean, null_sd, null_p2_5, null_p50, null_p97_5`` are of the draws,
        ``z`` describes where the observed lies among them and decides nothing. ``p`` is one-sided;
        ``p_low, p_high`` are its values at the bounds of the count, ``p_mc_low, p_mc_high`` its
        95 % Monte Carlo interval, ``p_step`` its resolution, ``p_adjusted`` that among categories.
        """
        return pd.DataFrame(self.records)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """One row for each draw: centre (WGS84), turn (degrees clockwise), area inside, statistic."""
        return pd.DataFrame(self.draw_records)

    def outlines(self, most: int = 100) -> NDArray[np.object_]:
        """Return the first placements as WGS84 polygons, for a map."""
        return np.asarray(outline(self.placements.polygons[:most], self.crs), dtype=object)


def null_model(
    points: Any,
    footprint: Any,
    *,
    study_area: Any = None,
    avoid: Any = None,
    draws: int = 999,
    seed: int = 0,
    rotate: bool = True,
    edge: Edge = "inside",
    least_inside: float = 0.5,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    progress: Progress | None = None,
) -> NullModel:
    """Compare what a footprint holds with what random placements of its shape hold.

    Parameters
    ----------
    points
        Whatever ``geo.coverage`` takes, or a cloud.
    footprint
        A zone, corridor or belt of a layout, a ``Corridor``, a ``Belt``, a WGS84 polygon, or
        anything with one footprint that ``geo.coverage`` counts by.
    study_area
        WGS84 polygon, frame or file in which placements may lie; by default the union of the
        administrative units of the footprint's layout, with seams below 1 km² closed.
    avoid
        Polygons, frame or file that count as outside, such as lakes; points there are left out.
    draws
        How many placements.
    seed
        Of ``numpy.random.default_rng`` (PCG64).
    rotate
        Whether placements are turned as well as shifted.
    edge
        ``inside``: placements lie in the study area whole, and counts are compared. ``clip``: at
        least ``least_inside`` of their area does, and counts per km² of that part are compared.
    least_inside
        Share of the area, for ``clip``.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``. With a weight its sum is compared instead of the count. Points
        outside the study area, and categories that have none in it, are left out.
    progress
        Called often with what is done and what there is; what it raises ends the work.

    Returns
    -------
    NullModel
        The p-value is (1 + draws that hold at least as much) / (1 + draws), ties among them, so
        that it never is 0 and tests at its level (Phipson and Smyth, 2010, Permutation p-values
        should never be zero; Davison and Hinkley, 1997, Bootstrap methods and their application,
        section 4.2). Its Monte Carlo interval is that of Clopper and Pearson (1934) for the share
        of all placements that hold as much. Among categories it is adjusted after Benjamini and
        Hochberg (1995). It is planar in the equal-area projection about the study area, whose
        lengths differ by 1e-4 at 150 km from its middle.

    Raises
    ------
    PointsError
        As ``geo.coverage``; if there is no study area, the footprint does not lie in it or fits it
        in fewer than two of a thousand placements, or an option is out of range.
    UnitsError
        If the layout names no administrative units and no study area is given.
    """
    _check(draws, seed, edge, least_inside)
    subject = _only(subjects_of(footprint))
    area = study_area_of(study_area, subject.layout, avoid)
    crs = about([area])
    region, shape = planar(area, crs), planar(subject.outline, crs)
    least = 1.0 if edge == "inside" else least_inside
    own_m2 = _own_area(shape, region, least, subject.id)
    everything = cloud_of(
        points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m,
        layout=subject.layout,
    )  # fmt: skip
    cloud = within(everything, region, crs)
    rng = np.random.default_rng(seed)
    found = placed(
        shape, region, draws, rng, rotate=rotate, least=least, progress=part_of(progress, 0, 2)
    )
    xy = project_points(cloud.lon, cloud.lat, crs)
    null = held(
        found, xy, cloud.weight, cloud.codes, len(cloud.names), progress=part_of(progress, 1, 2)
    )
    unit, areas = ("", np.ones(draws)) if edge == "inside" else ("/km²", found.inside_m2 / 1e6)
    own_unit = 1.0 if edge == "inside" else own_m2 / 1e6
    what = "sum" if cloud.weighed else "count"
    rows = _compared(
        _observed(subject, cloud), null, what, own_unit, areas,
        {"statistic": f"{what}{unit}", "area_km2": own_m2 / 1e6, "acceptance": found.acceptance},
    )  # fmt: skip
    head = {k: subject.target.row[k] for k in ("footprint", "footprint_zh", "footprint_en")}
    middle = shapely.get_coordinates(unproject(shapely.points(found.x, found.y), crs))
    return NullModel(
        records=[head | row | subject.target.origin for row in rows],
        draw_records={
            "draw": np.arange(1, draws + 1), "lon": middle[:, 0], "lat": middle[:, 1],
            "turn_deg": np.degrees(-found.angle) % 360, "area_km2": found.inside_m2 / 1e6,
            "statistic": f"{what}{unit}", "value": null.sum(axis=1) / areas,
        },
        placements=found, crs=crs, study_area=area,
        provenance=provenance_of(
            f"chance.method.null-{edge}", cloud=cloud, crs=crs, footprint=subject.id, draws=draws,
            seed=seed, generator="PCG64", rotate=rotate, edge=edge, least_inside=least, by=by or "",
            weight=weight or "", study_area_km2=region.area / 1e6, avoid=avoid is not None,
            points_outside=len(everything) - len(cloud),
            acceptance=found.acceptance, tried=found.tried, alpha=ALPHA,
        ),
    )  # fmt: skip


def _own_area(shape: BaseGeometry, region: BaseGeometry, least: float, name: str) -> float:
    """Return the area in the study area of the footprint itself, which must fit like any other."""
    area = float(shapely.intersection(shape, region).area)
    if area < (least - _SLACK) * shape.area:
        raise PointsError(
            f"only {area / shape.area:.1%} of {name} lies in the study area: placements that lie in it "
            f"by {least:.0%} or more are nothing to compare it with; give a larger study_area, or use "
            'edge="clip" with a smaller least_inside'
        )
    return area


def _check(draws: int, seed: int, edge: str, least_inside: float) -> None:
    if draws < 1:
        raise PointsError(f"draws is {draws}: at least 1, and 999 for a p-value to 0.001")
    if seed < 0:
        raise PointsError(f"seed is {seed}: 0 or more")
    if edge not in ("inside", "clip"):
        raise PointsError(f"unknown edge {edge!r}: use inside or clip")
    if not 0 < least_inside <= 1:
        raise PointsError(f"least_inside is {least_inside}: a share above 0 and up to 1")


def _only(subjects: list[Subject]) -> Subject:
    if len(subjects) != 1:
        raise PointsError(
            f"the null model is of one footprint, not {len(subjects)}: name one, as in layout[id]"
        )
    return subjects[0]


def _observed(subject: Subject, cloud: Cloud) -> list[dict[str, Any]]:
    """Return counts and sums with their bounds, by the same count as ``geo.coverage``."""
    plan = compile_banded([subject.target.outlines], rows=len(cloud))
    sets, ids = plan.locate(cloud.lon, cloud.lat, cloud.err_m if cloud.err_m.any() else None)
    weights = cloud.weight if cloud.weighed else None
    tally = Tally.of(sets, ids, cloud.names, cloud.codes, weights)
    grouped = cloud.names != ("",)
    rows = by_category(tally, tally.sets, grouped=grouped, weighed=cloud.weighed)
    order = sorted(range(len(cloud.names)), key=lambda k: cloud.names[k]) if grouped else []
    return [row | {"category": k} for row, k in zip(rows, [None, *order], strict=True)]


def _compared(
    observed: list[dict[str, Any]],
    null: Floats,
    what: str,
    own_unit: float,
    areas: Floats,
    further: dict[str, Any],
) -> list[dict[str, Any]]:
    """Return the rows of the table: each category beside its draws."""
    rows = []
    for row in observed:
        category = row.pop("category")
        own = (null.sum(axis=1) if category is None else null[:, category]) / areas
        values = [row[f"{what}{end}"] / own_unit for end in ("_low", "", "_high")]
        rows.append(row | further | _beside(values, own))
    # Categories are tested side by side; the row of all points is one test of its own.
    for name in ("p", "p_low", "p_high", "p_mc_low", "p_mc_high"):
        adjusted = [r[name] for r in rows[:1]]
        if len(rows) > 1:
            adjusted += [float(v) for v in false_discovery_control([r[name] for r in rows[1:]])]
        for r, value in zip(rows, adjusted, strict=True):
            r[f"{name}_adjusted"] = value
    for r in rows:
        r |= {f"why_{lang}": _why(r, lang) for lang in LANGUAGES}
        for name in ("p_low", "p_high", "p_mc_low", "p_mc_high"):
            del r[f"{name}_adjusted"]
    return rows


def _beside(values: list[float], null: Floats) -> dict[str, Any]:
    """Return one observed value (low, central, high) beside the draws."""
    low, central, high = values
    n, mean, sd = len(null), float(null.mean()), float(null.std(ddof=1)) if len(null) > 1 else 0.0
    quantiles = [float(q) for q in np.quantile(null, [0.025, 0.5, 0.975])]
    reached = [_reached(null, v) for v in (high, central, low)]
    p = [(1 + k) / (1 + n) for k in reached]
    # Of the share that all placements would give, of which the draws are a sample.
    sampled = binomtest(reached[1], n).proportion_ci(0.95, method="exact")
    return {
        "observed": central, "null_mean": mean, "null_sd": sd, "null_p2_5": quantiles[0],
        "null_p50": quantiles[1], "null_p97_5": quantiles[2],
        "ratio": central / mean if mean else float("nan"),
        "z": (central - mean) / sd if sd else float("nan"),
        "draws": n, "draws_as_dense": reached[1], "p_low": p[0], "p": p[1], "p_high": p[2],
        "p_mc_low": float(sampled.low), "p_mc_high": float(sampled.high), "p_step": 1 / (1 + n),
    }  # fmt: skip


def _reached(null: Floats, value: float) -> int:
    """Return how many draws hold at least as much; what differs by rounding alone is a tie."""
    return int((null >= value - _SLACK * abs(value)).sum())


def _why(row: dict[str, Any], lang: Any) -> str:
    """Return the verdict in words, with what it rests on and what could change it."""
    values = {
        "reached": f"{row['draws_as_dense']:,}", "draws": f"{row['draws']:,}", "p": f"{row['p']:.2g}",
        "adjusted": f"{row['p_adjusted']:.2g}", "ratio": figure(row["ratio"], 3),
    }  # fmt: skip
    denser = row["p_adjusted"] <= ALPHA
    parts = [say(f"chance.why.{'denser' if denser else 'not-shown'}", lang, **values)]
    for key, low, high in (
        ("position", "p_low_adjusted", "p_high_adjusted"),
        ("draws", "p_mc_low_adjusted", "p_mc_high_adjusted"),
    ):
        if row[low] <= ALPHA < row[high]:
            parts.append(say(f"chance.why.{key}", lang))
    return "".join(parts) if lang == "zh" else " ".join(parts)
