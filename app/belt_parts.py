"""What the parts of the page 布带 share: its parameters, the belt that they make, the points."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd

from app import data, inputs, memo, mine, state
from geo.analysis.belt_lab import oriented_belt_of, trial_belt
from geo.analysis.cloud import Cloud, cloud_of
from geo.model.belt import Belt
from geo.model.layout import bounds
from geo.words import say

__all__ = [
    "PARAMETERS",
    "alike",
    "cloud",
    "fits",
    "groups_named",
    "kept_belt",
    "lengths",
    "put_belt",
    "whole",
]

_MARGIN_DEG = 0.5
"""So far beyond the layout the centre of a belt may lie."""


def _first() -> Belt:
    """Return the belt at first, as the sliders keep it."""
    own = data.of_layout(("trial belt",), lambda: trial_belt(data.layout()))
    return Belt(*(round(v, 6) for v in astuple(own)))


def _err() -> float:
    item = oriented_belt_of(data.layout())
    return 0.0 if item is None else float(item.err_m or 0.0)


def _around(axis: int) -> tuple[float, float]:
    """Return between which longitudes (0) or latitudes (1) the centre may lie."""
    box, own = data.of_layout(("bounds",), lambda: bounds(data.layout())), astuple(_first())[axis]
    return round(min(box[axis], own) - _MARGIN_DEG, 2), round(max(box[axis + 2], own) + _MARGIN_DEG, 2)  # fmt: skip


# What the layout of the session gives is asked for when it is needed: a session can change it.
LENGTH = state.Number("len", lambda: _first().length_km, 5.0, lambda: max(400.0, _first().length_km), 1.0)  # fmt: skip
WIDTH = state.Number("wid", lambda: _first().width_km, 1.0, lambda: max(150.0, _first().width_km), 0.5)  # fmt: skip
AZIMUTH = state.Number("az", lambda: _first().azimuth_deg, 0.0, 180.0, 0.01)
LON = state.Number("lon", lambda: _first().lon, lambda: _around(0)[0], lambda: _around(0)[1], 0.0001)  # fmt: skip
LAT = state.Number("lat", lambda: _first().lat, lambda: _around(1)[0], lambda: _around(1)[1], 0.0001)  # fmt: skip
ERR = state.Number("err", _err, 0.0, lambda: max(5000.0, _err()), 50.0)
LEVEL = state.Choice("level", ("city", "county"))
VIEW = state.Choice("view", ("now", "fit", "frontier", "chance", "sway"))


def lengths() -> list[str]:
    """Return the lengths that the frontier can be asked for, among them the layout's own."""
    return [f"{v:g}" for v in sorted({50.0, 100.0, 125.0, 150.0, 175.0, 200.0, _first().length_km})]


CONTAIN = state.Switch("seats", default=False)
BEST = state.Number("best", 3, 1, 6, 1)
LENGTHS = state.Many("flen", lengths, lambda: [f"{_first().length_km:g}"])
WIDEST = state.Number("fmax", 60.0, 5.0, 150.0, 5.0)
STEPS = state.Number("fn", 8, 3, 20, 1)
ACROSS = state.Choice("fx", ("width", "area"))
STUDY = state.Choice("study", ("all", "taken"))
EDGE = state.Choice("edge", ("inside", "clip"))
DRAWS = state.Choice("draws", ("199", "999", "4999"), "999")
ROTATE = state.Switch("turn", default=True)
SEED = state.Number("seed", 0, 0, 999, 1)
PARAMETERS = (
    LENGTH, WIDTH, AZIMUTH, LON, LAT, ERR, LEVEL, VIEW, CONTAIN, BEST, LENGTHS, WIDEST, STEPS, ACROSS, STUDY, EDGE,
    DRAWS, ROTATE, SEED,
)  # fmt: skip


def kept_belt() -> Belt:
    """Return the belt that the sliders make."""
    lon, lat, azimuth, length, width = (inputs.value_of(p) for p in (LON, LAT, AZIMUTH, LENGTH, WIDTH))  # fmt: skip
    return Belt(lon, lat, azimuth, length, width)


def whole(param: state.Number, value: float) -> float:
    """Return a value as a parameter keeps it: within its bounds, to six decimals."""
    return round(min(max(float(value), param.lowest()), param.highest()), 6)


def fits(belt: Belt) -> bool:
    """Return whether the sliders can make a belt."""
    values = {LON: belt.lon, LAT: belt.lat, LENGTH: belt.length_km, WIDTH: belt.width_km}
    return all(p.lowest() <= v <= p.highest() for p, v in values.items())


def alike(one: Belt, other: Belt) -> bool:
    """Return whether two belts are the same to what the sliders keep."""
    return bool(np.allclose(astuple(one), astuple(other), rtol=0, atol=1e-6))


def put_belt(belt: Belt) -> None:
    """Set the sliders to a belt; for callbacks."""
    values = {LON: belt.lon, LAT: belt.lat, AZIMUTH: belt.azimuth_deg, LENGTH: belt.length_km, WIDTH: belt.width_km}  # fmt: skip
    for param, value in values.items():
        inputs.put(param, whole(param, value))


def groups_named(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows by group with a word for all of them together."""
    return rows.assign(by=rows["by"].replace("", say("beltpage.page.everything", state.lang())))


def cloud(found: mine.Mine) -> Cloud:
    """Return the person's points in memory."""
    return memo.kept(
        ("belt-cloud", data.layout_key(), found.key),
        lambda: cloud_of(found.points, by=found.by, weight=found.weight, layout=data.layout()),
    )
