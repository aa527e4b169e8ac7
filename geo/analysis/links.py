"""Links: every pair of places that work together, how far apart they are, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.provenance import Provenance, provenance_of
from geo.measure import azimuth_deg, distance_km
from geo.model.items import Item, Link
from geo.model.layout import WGS84, Layout
from geo.network.travel import Straight, Travel
from geo.words import LANGUAGES, name_of

__all__ = ["FIGURE_COLUMNS", "LINK_COLUMNS", "Links", "links", "ways"]

Floats = NDArray[np.float64]
LINK_COLUMNS = (
    "id", "name_zh", "name_en", "kind", "from_id", "from_zh", "from_en", "to_id", "to_zh", "to_en", "since",
    "located", "missing_end", "missing_end_zh", "missing_end_en", "km_low", "km", "km_high", "azimuth_deg",
    "km_network_low", "km_network", "km_network_high", "minutes_low", "minutes", "minutes_high", "detour", "estimate",
    "claim", "in_unlocated", "status", "confidence", "as_of", "refs", "source", "note_zh", "note_en",
)  # fmt: skip
FIGURE_COLUMNS = (
    "link", "link_zh", "link_en", "claim", "joined", "label_zh", "label_en", "value", "value_high", "unit",
    "qualifier", "as_of", "source", "ref", "note_zh", "note_en",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Links:
    """What :func:`links` returns.

    Attributes
    ----------
    table
        One row a link, in file order: its ends; ``since``; whether it is ``located`` (both ends
        have a position) and, if not, which end has none (``missing_end``); ``km`` (geodesic) and
        ``azimuth_deg`` at its first end; the way between its ends (``km_network``, ``minutes``)
        and ``detour``, that way over the geodesic; whether the way is an ``estimate``; the ids of
        the published statements about it (``claim``), each a row of ``geo.audit``, and whether it
        is listed in ``layout.unlocated``. Distances carry low and high.
    figures
        One row for each link and statement about it: ``joined`` says how they belong together, by
        ``subject`` (the statement is about the link), by ``kind`` (it counts links of its kind) or
        by ``reference`` (both come from the same passage); then the figure, its qualifier and its
        source.
    provenance
        Method and parameters, among them what travel was taken.
    """

    table: pd.DataFrame
    figures: pd.DataFrame
    provenance: Provenance
    shapes: NDArray[np.object_]

    def frame(self) -> gpd.GeoDataFrame:
        """Return the table with its lines, WGS84; an unlocated link has none."""
        return gpd.GeoDataFrame(self.table, geometry=gpd.GeoSeries(self.shapes, crs=WGS84))


def links(layout: Layout, *, travel: Travel | None = None) -> Links:
    """Return every link of a layout, located or not, measured.

    Parameters
    ----------
    layout
        The layout; what a scenario has placed in it is placed.
    travel
        How the way between the ends is found: a network, or straight lines (the default), whose
        results are marked as estimates.

    Returns
    -------
    Links
        Geodesic distances on WGS84, kilometres. Low and high are bounds: by the triangle
        inequality a distance cannot change by more than the positional errors of both its ends
        together. An end with an extent stands at the centroid of what is stored of it.
    """
    way = travel or Straight()
    items = [item for item in layout.of_layer("link") if isinstance(item, Link)]
    figures = _figures(layout, items)
    rows = [_head(item) for item in items]
    _measure(rows, items, way)
    unlocated = set(layout.unlocated["id"])
    stated: dict[str, list[str]] = {}
    for name, claim in zip(figures["link"], figures["claim"], strict=True):
        stated.setdefault(name, []).append(claim)
    for row in rows:
        row["claim"] = " ".join(stated.get(row["id"], []))
        row["in_unlocated"] = row["id"] in unlocated
    table = pd.DataFrame(rows, columns=list(LINK_COLUMNS))
    shapes = np.empty(len(items), dtype=object)
    shapes[:] = [item.line for item in items]
    made = provenance_of("links.method.links", **way.parameters)
    return Links(table, figures, made, shapes)


def _head(item: Link) -> dict[str, Any]:
    p = item.properties
    row: dict[str, Any] = {
        "id": p.id, "name_zh": p.name_zh, "name_en": p.name_en, "kind": p.kind, "since": p.since, "located": item.located,
        "status": p.status, "confidence": p.confidence, "as_of": p.as_of, "refs": " ".join(p.refs), "source": p.source,
        "note_zh": p.note_zh, "note_en": p.note_en,
    }  # fmt: skip
    for side, end in zip(("from", "to"), item.ends, strict=True):
        row |= {f"{side}_id": end.id, f"{side}_zh": end.name_zh, f"{side}_en": end.name_en}
    lost = [end for end in item.ends if end.geometry is None]
    row["missing_end"] = " ".join(end.id for end in lost)
    for lang, comma in zip(LANGUAGES, ("、", "; "), strict=True):
        row[f"missing_end_{lang}"] = comma.join(name_of(end, lang) for end in lost)
    return row


def _measure(rows: list[dict[str, Any]], items: list[Link], way: Travel) -> None:
    """Add distances and ways to the rows of those links whose ends both have a position."""
    known = [k for k, item in enumerate(items) if item.located]
    nothing = ("km", "km_network", "minutes")
    for row in rows:
        row |= {f"{c}{end}": float("nan") for c in nothing for end in ("_low", "", "_high")}
        row |= {"azimuth_deg": float("nan"), "detour": float("nan"), "estimate": way.estimate}
    if not known:
        return
    ends = np.array([[_at(end) for end in items[k].ends] for k in known])
    err = np.array([sum(end.err_m or 0.0 for end in items[k].ends) for k in known])
    km = distance_km(*ends[:, 0].T, *ends[:, 1].T)
    azimuth = azimuth_deg(*ends[:, 0].T, *ends[:, 1].T)
    found = {"km": _banded(km, err / 1000)}
    found["km_network"] = _banded(_each(way, ends, "km"), way.slack(err, of="km"))
    found["minutes"] = _banded(_each(way, ends, "minutes"), way.slack(err, of="minutes"))
    for n, k in enumerate(known):
        for name, three in found.items():
            rows[k] |= dict(zip((f"{name}_low", name, f"{name}_high"), three[:, n], strict=True))
        apart = km[n] > 0
        rows[k]["azimuth_deg"] = float(azimuth[n]) if apart else float("nan")
        rows[k]["detour"] = found["km_network"][1, n] / km[n] if apart else float("nan")


def _at(end: Item) -> tuple[float, float]:
    point = shapely.centroid(end.geometry)
    return point.x, point.y


def _each(way: Travel, ends: Floats, of: Any) -> Floats:
    """Return what each pair of ends, shape (n, 2, 2), costs; not a number where there is no way."""
    costs = ways(way, ends[:, 0], ends[:, 1], of)
    return np.where(np.isfinite(costs), costs, np.nan)


def ways(way: Travel, origins: Floats, destinations: Floats, of: Any) -> Floats:
    """Return what it costs to go from each origin to the destination of the same row, shape (n,)."""
    from_, i = np.unique(origins, axis=0, return_inverse=True)
    to, j = np.unique(destinations, axis=0, return_inverse=True)
    return np.asarray(way.costs(from_, to, of=of)[i.ravel(), j.ravel()])


def _banded(central: Floats, slack: Floats) -> Floats:
    return np.stack([np.maximum(central - slack, 0.0), central, central + slack])


def _figures(layout: Layout, items: list[Link]) -> pd.DataFrame:
    """Return what is stated of each link: by its own name, by its kind, or in the same passage."""
    rows = []
    claims = layout.claims.to_dict("records")
    for item in items:
        p = item.properties
        for claim in claims:
            if claim["subject"] == p.id:
                joined = "subject"
            elif claim["of"] == f"link:{p.kind}":
                joined = "kind"
            elif claim["ref"] and claim["ref"] in p.refs:
                joined = "reference"
            else:
                continue
            rows.append(
                {"link": p.id, "link_zh": p.name_zh, "link_en": p.name_en, "claim": claim["id"], "joined": joined}
                | {c: claim[c] for c in FIGURE_COLUMNS[5:]}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=list(FIGURE_COLUMNS))
