"""What can be changed of a layout: one class for each kind of change."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from shapely import Polygon
from shapely.validation import explain_validity

from geo.model.schema import Name, Positive, Slug, Text

__all__ = [
    "AddNode", "Axis", "Change", "Lengthen", "Move", "Outline", "Place", "Remove", "Turn", "Widen", "Widths",
]  # fmt: skip

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Degrees = Annotated[float, Field(ge=-360, le=360)]


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    feature: Slug
    why: Text = ""


class Move(_Change):
    """Move a feature as it is."""

    do: Literal["move"]
    by_km: Annotated[float, Field(ge=0, le=2000)]
    azimuth_deg: Degrees


class Turn(_Change):
    """Turn an axis or belt about its middle, clockwise."""

    do: Literal["turn"]
    by_deg: Degrees


class Widen(_Change):
    """Give a corridor or belt another width."""

    do: Literal["widen"]
    width_km: Positive


class Lengthen(_Change):
    """Give a belt another length; prolong (or shorten) an axis at its start or end by some km."""

    do: Literal["lengthen"]
    length_km: Positive | None = None
    start_km: Annotated[float, Field(ge=-2000, le=2000)] = 0.0
    end_km: Annotated[float, Field(ge=-2000, le=2000)] = 0.0


class Axis(_Change):
    """Give a corridor another axis."""

    do: Literal["axis"]
    coordinates: Annotated[tuple[tuple[Longitude, Latitude], ...], Field(min_length=2, max_length=100_000)]  # fmt: skip


class Widths(_Change):
    """Give a corridor a width profile: full widths at chainages, linear between, constant beyond."""

    do: Literal["widths"]
    widths_km: Annotated[tuple[tuple[float, float], ...], Field(min_length=1, max_length=1000)]

    @field_validator("widths_km")
    @classmethod
    def _is_a_profile(cls, pairs: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:  # fmt: skip
        chainages = [c for c, _ in pairs]
        if not all(math.isfinite(n) for pair in pairs for n in pair):
            raise ValueError("chainages and widths must be finite numbers")
        if chainages != sorted(set(chainages)) or chainages[0] < 0:
            raise ValueError("chainages must grow from 0 on, none twice")
        if min(w for _, w in pairs) <= 0:
            raise ValueError("every width must be above 0")
        return pairs


class Outline(_Change):
    """Give a zone, or a belt that is no rectangle, an outline of its own."""

    do: Literal["outline"]
    coordinates: Annotated[tuple[tuple[Longitude, Latitude], ...], Field(min_length=3, max_length=100_000)]  # fmt: skip

    @field_validator("coordinates")
    @classmethod
    def _is_an_outline(cls, ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:  # fmt: skip
        shape = Polygon(ring)
        if not shape.is_valid or shape.area == 0:
            raise ValueError(
                f"the outline crosses itself or has no area ({explain_validity(shape)})"
            )
        return ring


class Place(_Change):
    """Put a node elsewhere, or where it had no position."""

    do: Literal["place"]
    lon: Longitude
    lat: Latitude
    err_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


class AddNode(_Change):
    """Add a node; ``feature`` is its new id."""

    do: Literal["add-node"]
    name_zh: Name
    name_en: Name
    kind: str
    lon: Longitude
    lat: Latitude
    err_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0


class Remove(_Change):
    """Take a feature out, and every link and list that names it with it."""

    do: Literal["remove"]


Change = Annotated[
    Move | Turn | Widen | Widths | Lengthen | Axis | Outline | Place | AddNode | Remove,
    Field(discriminator="do"),
]
