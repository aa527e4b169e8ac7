"""The change that would take a gap in, as changes of a scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from pydantic import TypeAdapter

from geo.analysis.changes import TAPER_KM
from geo.errors import LayoutError
from geo.measure import project_points
from geo.model.corridor import Corridor
from geo.model.layout import Layout
from geo.model.scenario import Change, Scenario, apply_scenario
from geo.model.shapes import width_at

__all__ = ["trial_of"]

_GROWTH = (1.0, 1.0 + 1e-5, 1.0 + 1e-4, 1.0 + 1e-3, 1.01)
"""A scenario moves by another projection than the suggestion was computed in: tried in turn."""


def trial_of(layout: Layout, gap: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return changes of a scenario that take a gap in, each checked by making it.

    Parameters
    ----------
    layout
        The layout that the gap was found in.
    gap
        A row of ``geo.gaps``: ``lon``, ``lat``, ``footprint`` and its change.

    Returns
    -------
    tuple
        A belt or an area is moved; a corridor is lengthened, and gets a width profile that is wider
        where the place lies and its own again :data:`geo.analysis.changes.TAPER_KM` before and
        after. Empty where no scenario does it: the campus rings are drawn about the campuses and
        have a width of their own.
    """
    name = str(gap["footprint"])
    if name not in layout or gap["change"] in ("", "ring"):
        return ()
    place = shapely.Point(project_points(gap["lon"], gap["lat"], layout.crs)[0])
    for growth in _GROWTH:
        try:
            changes = _changes(layout, name, gap, growth)
            after = _after(layout, changes)[name].planar_footprint
        except LayoutError:
            return ()
        if after is not None and after.intersects(place):
            return changes
    return ()


def _after(layout: Layout, changes: tuple[Change, ...]) -> Layout:
    trial = Scenario(id="trial", name_zh="-", name_en="-", base=layout.id, changes=changes)
    return apply_scenario(layout, trial)


def _change(name: str, **what: Any) -> Change:
    change: Change = TypeAdapter(Change).validate_python({"feature": name} | what)
    return change


def _changes(layout: Layout, name: str, gap: Mapping[str, Any], growth: float) -> tuple[Change, ...]:  # fmt: skip
    if gap["change"] == "move":
        return (_change(name, do="move", by_km=gap["move_km"] * growth, azimuth_deg=gap["azimuth_deg"]),)  # fmt: skip
    longer: tuple[Change, ...] = ()
    at = float(gap["chainage_km"])
    if gap["change"] in ("extend", "extend-widen"):
        by = gap["extend_km"] * growth
        end = "start_km" if gap["end"] == "start" else "end_km"
        longer = (_change(name, do="lengthen", **{end: by}),)
        at += by if end == "start_km" else 0.0
    shape = getattr(_after(layout, longer)[name], "shape", None)
    if gap["change"] == "extend" or not isinstance(shape, Corridor):
        return longer
    widths = _wider(shape.widths_km, max(at, 0.0), gap["widen_km"] * growth)
    return (*longer, _change(name, do="widths", widths_km=widths))


def _wider(widths: Sequence[tuple[float, float]], at: float, by_km: float) -> list[tuple[float, float]]:  # fmt: skip
    """Return a width profile, from chainage 0 on, that is so much wider at a chainage."""
    first = max(at - TAPER_KM, 0.0)
    # Nearer to the start than the taper is long, the profile begins part of the way up.
    near = sorted({first, at, at + TAPER_KM})
    more = {c: by_km * (1 - min(abs(c - at) / TAPER_KM, 1.0)) for c in near}
    own = width_at(widths, np.array(near))
    rest = [(c, w) for c, w in widths if not near[0] <= c <= near[-1]]
    return sorted([*rest, *((c, float(w) + more[c]) for c, w in zip(near, own, strict=True))])
