"""Layouts beside one another: the same figures of every corridor and belt, each with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from geo.analysis.audit import audit
from geo.analysis.corridor_figures import BANDED, columns, corridor_items, figures_of
from geo.analysis.layout_figures import LAYOUT_BANDED, layout_figures
from geo.analysis.provenance import Provenance, crs_text
from geo.datasets import layouts as bundled
from geo.datasets import load_layout
from geo.errors import LayoutError
from geo.io.layouts import read_layout
from geo.model.layout import Layout

__all__ = ["BANDED", "LAYOUT_BANDED", "LayoutComparison", "compare_layouts", "together"]


@dataclass(frozen=True, eq=False, repr=False)
class LayoutComparison:
    """What :func:`compare_layouts` returns.

    Attributes
    ----------
    corridors
        One row a corridor or oriented belt: ``layout``, ``corridor`` and their names, ``kind``,
        ``status``, ``err_m``; with bands (``x_low, x, x_high``) ``length_km``, ``width_km``,
        ``elongation``, ``sinuosity``, ``azimuth_deg``, ``area_km2``, ``cores_per_100km``,
        ``nodes_per_100km``, ``located_per_100km``, ``gap_km``; counts; and ``why_zh``, ``why_en``:
        what could not be measured, and why.
    layouts
        One row a layout: lengths added up, areas counted once.
    compared
        The layouts, in the order of the rows.
    provenance
        How they came about.
    """

    corridors: pd.DataFrame
    layouts: pd.DataFrame
    compared: tuple[Layout, ...]
    provenance: Provenance


def compare_layouts(
    layouts: Sequence[Layout | str | Path] = (), *, ring_km: float | None = None
) -> LayoutComparison:
    """Measure layouts side by side.

    Parameters
    ----------
    layouts
        Layouts, ids of bundled ones, or folders; by default all bundled ones.
    ring_km
        Width of the rings around campuses, which count among the footprints of a layout; by
        default each layout's own.

    Returns
    -------
    LayoutComparison
        Lengths and areas are geodesic (WGS84); places along an axis are found in the layout's
        equal-area projection. What cannot be measured is NaN, never 0.

    Raises
    ------
    LayoutError
        If a layout is not known, or two of them have one id.

    Notes
    -----
    A core is what a corridor lists among its ``cores``, and a zone of kind ``core`` whose parent it
    is; a node is what it lists among its ``nodes`` (a belt: among its ``seats``) and no core, of
    whatever kind. The gap is the longest between neighbours among the cores and nodes that have a
    position. Bounds as of :func:`geo.analysis.axis_bands.axis_bands`; the width is that of the
    inner and outer offset of the footprint by its error.
    """
    found = tuple(_layout(one) for one in (layouts or list(bundled())))
    _apart(found)
    return together([_compared(layout, ring_km) for layout in found])


def together(parts: Sequence[LayoutComparison]) -> LayoutComparison:
    """Return comparisons as one, at least one of them.

    What is measured of a layout depends on no other: so each need be measured but once.
    """
    rings: dict[str, float] = {}
    for part in parts:
        rings |= part.provenance.parameters["ring_km"]
    about = Provenance(
        "layouts.method.compare", "; ".join(dict.fromkeys(part.provenance.crs for part in parts)),
        {"layouts": [one.id for part in parts for one in part.compared], "ring_km": rings},
    )  # fmt: skip
    rows = [row for part in parts for row in part.corridors.to_dict("records")]
    wholes = [row for part in parts for row in part.layouts.to_dict("records")]
    return LayoutComparison(
        pd.DataFrame(rows, columns=columns()), pd.DataFrame(wholes),
        tuple(one for part in parts for one in part.compared), about,
    )  # fmt: skip


def _compared(layout: Layout, ring_km: float | None) -> LayoutComparison:
    audited = audit(layout)
    rows = [figures_of(item, audited) for item in corridor_items(layout)]
    whole = layout_figures(layout, rows, audited, ring_km)
    rings = layout.meta.campus_rings
    width = {} if rings is None else {layout.id: rings.width_km if ring_km is None else ring_km}
    about = Provenance(
        "layouts.method.compare", crs_text(layout.crs), {"layouts": [layout.id], "ring_km": width}
    )
    return LayoutComparison(pd.DataFrame(rows, columns=columns()), pd.DataFrame([whole]), (layout,), about)  # fmt: skip


def _layout(one: Layout | str | Path) -> Layout:
    if isinstance(one, Layout):
        return one
    return load_layout(str(one)) if one in bundled() or not Path(one).exists() else read_layout(one)


def _apart(found: Sequence[Layout]) -> None:
    ids = [one.id for one in found]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise LayoutError(
            f"{len(ids)} layouts were given, and more than one has the id {twice[0]!r}: name each once, or change the "
            "id in layout.toml"
        )
