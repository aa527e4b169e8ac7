"""Is it a corridor at all? The four C of the planning literature, each mark with its evidence.

After Zheng Degao (郑德高) et al. (2020): concentration, connectivity, competitiveness, collaboration.
A mark says what these data show and nothing more; what is missing for it is listed beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.analysis.cloud import Cloud, cloud_of, frame_of
from geo.analysis.concentration import location_quotients
from geo.analysis.null_model import null_model
from geo.analysis.profile import profile
from geo.analysis.progress import Progress
from geo.analysis.provenance import Provenance, provenance_of
from geo.errors import LayoutError, PointsError, UnitsError
from geo.io.reading import AUTO
from geo.measure import project
from geo.model.items import CorridorItem, Link
from geo.model.layout import Layout
from geo.words import LANGUAGES, Said

__all__ = [
    "DIMENSIONS",
    "MARKS",
    "THRESHOLDS",
    "VERDICTS",
    "Scorecard",
    "marked_again",
    "scorecard",
]

DIMENSIONS = ("concentration", "connectivity", "competitiveness", "collaboration")
MARKS = ("shown", "partly", "not-shown", "no-data")
VERDICTS = ("corridor", "partly", "not-shown", "open")
THRESHOLDS: Mapping[str, float] = MappingProxyType(
    {
        "density-ratio": 1.0, "p-value": 0.05, "continuity": 0.5, "transport-gap": 1 / 3, "transport-nodes": 2.0,
        "research-ratio": 1.0, "specialisation": 1.25, "inner-links": 1.0, "tiers": 3.0,
    }
)  # fmt: skip
"""What each item has to reach, or (``p-value``, ``transport-gap``) stay below; ours, to be changed."""
AT_MOST = {"p-value", "transport-gap"}
ENOUGH = 30
"""Points that a category needs in the corridor to be called its speciality."""
_RESEARCH, _TRANSPORT = ("lab", "university"), "transport"


@dataclass(frozen=True, eq=False)
class Scorecard:
    """What :func:`scorecard` returns.

    Attributes
    ----------
    marks
        One row for each dimension: ``mark`` (shown: every item that can be tested passes; partly:
        some do; not-shown: none does; no-data), and in both languages its ``evidence`` and what is
        ``missing``.
    items
        One row for each item: value with its band, threshold, and whether it passes (``yes``,
        ``no``, ``unsure`` where the band reaches over the threshold, ``untested``).
    verdict
        ``corridor``, ``partly``, ``not-shown`` or ``open``.
    why
        The verdict in a sentence.
    provenance
        Method and parameters, thresholds and seed among them.
    """

    marks: pd.DataFrame
    items: pd.DataFrame
    verdict: str
    why: Said
    provenance: Provenance


@dataclass(frozen=True)
class _Item:
    dimension: str
    item: str
    low: float = float("nan")
    central: float = float("nan")
    high: float = float("nan")
    detail: str = ""

    def passes(self, threshold: float) -> str:
        if not np.isfinite(self.central):
            return "untested"
        ends = sorted((self.low, self.high)) if np.isfinite([self.low, self.high]).all() else [self.central] * 2  # fmt: skip
        held = {(v <= threshold if self.item in AT_MOST else v > threshold if threshold == 1.0 and self.item.endswith("ratio") else v >= threshold) for v in ends}  # fmt: skip
        return "unsure" if len(held) == 2 else "yes" if held == {True} else "no"


def scorecard(
    layout: Layout,
    corridor: str,
    points: Any = None,
    *,
    thresholds: Mapping[str, float] | None = None,
    draws: int = 199,
    seed: int = 20_260_224,
    by: str | None = None,
    weight: str | None = None,
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    progress: Progress | None = None,
) -> Scorecard:
    """Mark a corridor by the four C.

    Parameters
    ----------
    layout
        Its nodes, links and units.
    corridor
        Id of a corridor with an axis.
    points
        Whatever ``geo.coverage`` takes; without points concentration cannot be told.
    thresholds
        Instead of :data:`THRESHOLDS`, those that differ.
    draws, seed
        Of the null model.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``. With categories the corridor's specialities are looked for.
    progress
        Called often with what is done and what there is; what it raises ends the work.

    Raises
    ------
    LayoutError
        If there is no such corridor, or it has no axis.
    PointsError
        As for ``geo.coverage``, or for an unknown threshold.
    """
    item = layout[corridor] if corridor in layout else None
    if not isinstance(item, CorridorItem) or item.shape is None:
        known = ", ".join(i.id for i in layout.of_layer("corridor"))
        raise LayoutError(f"{corridor!r} is no corridor with an axis; there are {known}")
    limits = _limits(thresholds)
    cloud = None
    if points is not None:
        cloud = cloud_of(points, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet, err_m=err_m, layout=layout)  # fmt: skip
    inside = _nodes_inside(item)
    items = [
        *_concentration(item, cloud, draws, seed, progress), *_connectivity(item, inside), *_competitiveness(item, inside, cloud),
        *_collaboration(layout, inside),
    ]  # fmt: skip
    name = Said("score.named", zh=item.name_zh, en=item.name_en)
    provenance = provenance_of("score.method.scorecard", cloud=cloud, crs=layout.crs, corridor=corridor, thresholds=limits, draws=draws, seed=seed)  # fmt: skip
    return _card(items, limits, name, provenance)


def marked_again(card: Scorecard, thresholds: Mapping[str, float]) -> Scorecard:
    """Return a scorecard with other limits: what was measured stays, nothing is computed anew.

    Parameters
    ----------
    card
        What :func:`scorecard` returned.
    thresholds
        Instead of :data:`THRESHOLDS`, those that differ.

    Raises
    ------
    PointsError
        For an unknown threshold.
    """
    limits = _limits(thresholds)
    items = [
        _Item(r["dimension"], r["item"], r["value_low"], r["value"], r["value_high"], r["detail"])
        for r in card.items.to_dict("records")
    ]
    parameters = {**card.provenance.parameters, "thresholds": limits}
    return _card(items, limits, card.why.values["name"], replace(card.provenance, parameters=parameters))  # fmt: skip


def _limits(thresholds: Mapping[str, float] | None) -> dict[str, float]:
    unknown = sorted(set(thresholds or {}) - set(THRESHOLDS))
    if unknown:
        raise PointsError(f"no threshold {unknown[0]!r}; there are {', '.join(THRESHOLDS)}")
    return {**THRESHOLDS, **(thresholds or {})}


def _card(
    items: list[_Item], limits: Mapping[str, float], name: object, provenance: Provenance
) -> Scorecard:
    tested = [
        {
            "dimension": i.dimension, "item": i.item, "value_low": i.low, "value": i.central, "value_high": i.high,
            "threshold": limits[i.item], "passes": i.passes(limits[i.item]), "detail": i.detail,
        }
        for i in items
    ]  # fmt: skip
    marks = [_marked(d, [t for t in tested if t["dimension"] == d]) for d in DIMENSIONS]
    verdict = _verdict({m["dimension"]: m["mark"] for m in marks}, tested)
    why = Said(f"score.verdict.{verdict}", name=name)
    return Scorecard(pd.DataFrame(marks), pd.DataFrame(tested), verdict, why, provenance)


def _nodes_inside(item: CorridorItem) -> pd.DataFrame:
    nodes = item.layout.nodes
    held = shapely.intersects(item.footprint, nodes.geometry.to_numpy())
    assert item.shape is not None
    at = item.shape.locate(shapely.get_x(nodes.geometry.to_numpy()), shapely.get_y(nodes.geometry.to_numpy()))  # fmt: skip
    return pd.DataFrame(nodes.drop(columns="geometry").assign(chainage_km=at[:, 0], inside=held))


def _concentration(
    item: CorridorItem, cloud: Cloud | None, draws: int, seed: int, progress: Progress | None
) -> Iterator[_Item]:
    d = "concentration"
    if cloud is None or not len(cloud):
        yield from (_Item(d, name) for name in ("density-ratio", "p-value", "continuity"))
        return
    try:
        null = null_model(cloud, item, draws=draws, seed=seed, progress=progress)
    except (UnitsError, PointsError) as error:
        yield _Item(d, "density-ratio", detail=str(error))
        yield _Item(d, "p-value", detail=str(error))
    else:
        row = null.table[null.table["by"] == ""].iloc[0]
        area = shapely.area(project(null.study_area, item.layout.crs))
        low, central, high = _ratios(item, row, area, len(cloud))
        yield _Item(d, "density-ratio", low, central, high)
        # Random placements have the footprint's own shape: an offset one would need its own.
        yield _Item(d, "p-value", float(row["p_mc_low"]), float(row["p"]), float(row["p_mc_high"]))
    found = profile(cloud, item).features
    own = found[found["feature"] == "occupied"].iloc[0]
    yield _Item(d, "continuity", float(own["share_low"]), float(own["share"]), float(own["share_high"]))  # fmt: skip


def _ratios(item: CorridorItem, row: Any, area: float, points: int) -> tuple[float, float, float]:
    """Return the density of points in the footprint by that of the study area.

    Low and high are the least and the greatest of those of its inner offset, itself and its outer
    offset: an outline between them has a density of about that, though not for sure.
    """
    total = int(row.get("total", points))
    err = item.err_m or 0.0
    own = [shapely.area(item.planar_offset(d)) for d in (-err, 0.0, err)]
    counts = [float(row[c]) for c in ("count_low", "count", "count_high")]
    ratios = [n / total / (a / area) for n, a in zip(counts, own, strict=True) if total and a]
    central = counts[1] / total / (own[1] / area) if total else float("nan")
    return min(ratios, default=central), central, max(ratios, default=central)


def _connectivity(item: CorridorItem, nodes: pd.DataFrame) -> Iterator[_Item]:
    own = nodes[nodes["inside"] & (nodes["tier"] == _TRANSPORT)]
    yield _Item("connectivity", "transport-nodes", central=float(len(own)), detail=_names(own))
    length = item.length_km or np.nan
    stops = np.sort(np.clip([0.0, *own["chainage_km"], length], 0, length))
    yield _Item("connectivity", "transport-gap", central=float(np.diff(stops).max() / length))


def _competitiveness(
    item: CorridorItem, nodes: pd.DataFrame, cloud: Cloud | None
) -> Iterator[_Item]:
    d = "competitiveness"
    research = nodes[nodes["tier"].isin(_RESEARCH)]
    own = research[research["inside"]]
    hull = shapely.convex_hull(shapely.union_all(project(item.layout.footprints.geometry.to_numpy(), item.layout.crs)))  # fmt: skip
    share = shapely.area(item.planar_footprint) / shapely.area(hull)
    ratio = len(own) / len(research) / share if len(research) else np.nan
    yield _Item(d, "research-ratio", central=float(ratio), detail=_names(own))
    if cloud is None or len(cloud.names) < 2:
        yield _Item(d, "specialisation")
        return
    table = location_quotients(
        frame_of(cloud), {item.id: item.footprint}, by="by", datum="wgs84"
    ).table
    enough = table[(table["count"] >= ENOUGH) & table["lq"].notna() & (table["by"] != "")]
    if not len(enough):
        yield _Item(d, "specialisation", detail=f"< {ENOUGH}")
        return
    best = enough.sort_values("lq", ascending=False).iloc[0]
    yield _Item(d, "specialisation", float(best["lq_ci_low"]), float(best["lq"]), float(best["lq_ci_high"]), str(best["by"]))  # fmt: skip


def _collaboration(layout: Layout, nodes: pd.DataFrame) -> Iterator[_Item]:
    held = set(nodes.loc[nodes["inside"], "id"])
    links = [i for i in layout.of_layer("link") if isinstance(i, Link)]
    inner = [i.id for i in links if {e.id for e in i.ends} <= held]
    yield _Item("collaboration", "inner-links", central=float(len(inner)), detail=", ".join(inner))
    tiers = sorted(set(nodes.loc[nodes["inside"], "tier"]) - {"place", _TRANSPORT})
    yield _Item("collaboration", "tiers", central=float(len(tiers)), detail=", ".join(tiers))


def _names(nodes: pd.DataFrame) -> str:
    return ", ".join(nodes["id"].head(12)) + (" …" if len(nodes) > 12 else "")


def _marked(dimension: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    passed = [i["passes"] for i in items if i["passes"] != "untested"]
    mark = "no-data"
    if passed:
        mark = "shown" if set(passed) == {"yes"} else "partly" if "yes" in passed or "unsure" in passed else "not-shown"  # fmt: skip
    row: dict[str, Any] = {"dimension": dimension, "mark": mark}
    said = [_said(i) for i in items]
    for lang in LANGUAGES:
        row[f"evidence_{lang}"] = "; ".join(s.says(lang) for s in said)
        row[f"missing_{lang}"] = Said(f"score.missing.{dimension}").says(lang)
    return row


def _said(item: Mapping[str, Any]) -> Said:
    if item["passes"] == "untested":
        return Said("score.untested", item=Said(f"score.item.{item['item']}"))
    return Said(
        "score.evidence", item=Said(f"score.item.{item['item']}"), value=f"{item['value']:.3g}",
        threshold=f"{item['threshold']:.3g}", passes=Said(f"score.passes.{item['passes']}"),
    )  # fmt: skip


def _verdict(marks: Mapping[str, str], items: list[dict[str, Any]]) -> str:
    """Return the verdict: without concentration beyond chance there is no corridor, whatever else."""
    if marks["concentration"] == "no-data":
        return "open"
    chance = next((i["passes"] for i in items if i["item"] == "p-value"), "untested")
    if chance == "no" or marks["concentration"] == "not-shown":
        return "not-shown"
    if marks["concentration"] == "shown" and marks["connectivity"] == "shown" and "shown" in (marks["competitiveness"], marks["collaboration"]):  # fmt: skip
        return "corridor"
    return "partly"
