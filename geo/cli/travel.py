"""What commands that travel share: along which network, or along straight lines how."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geo.network.travel import DETOUR

if TYPE_CHECKING:
    from geo.network.travel import Travel

__all__ = ["DetourOption", "Mode", "ModeOption", "NetworkOption", "OfOption", "Per", "SpeedOption", "travel_of"]  # fmt: skip


class Mode(StrEnum):
    """What a network is travelled by."""

    drive = "drive"
    walk = "walk"
    rail = "rail"
    metro = "metro"
    user = "user"


class Per(StrEnum):
    """What a way costs."""

    minutes = "minutes"
    km = "km"


NetworkOption = Annotated[
    Path | None,
    typer.Option(
        "--network",
        help="Travel along this network: .osm.pbf, OSMnx .graphml or a layer of lines. "
        "Without one: straight lines, an estimate.",
    ),
]
ModeOption = Annotated[Mode, typer.Option("--mode", help="What the network is travelled by.")]
DetourOption = Annotated[
    float, typer.Option("--detour", min=1, max=5, help="Way per straight line, without a network.")
]
SpeedOption = Annotated[
    float | None,
    typer.Option(
        "--speed",
        min=0.1,
        max=1000,
        help="km/h: 40 on straight lines; of a network in place of its own speeds.",
    ),
]
OfOption = Annotated[Per, typer.Option("--of", help="What a way costs.")]


def travel_of(
    network: Path | None, mode: str = "drive", detour: float = DETOUR, speed_kmh: float | None = None
) -> Travel:  # fmt: skip
    """Return the way of getting about that a call asks for."""
    import geo
    from geo.network.travel import Straight

    if network is None:
        return Straight(detour) if speed_kmh is None else Straight(detour, speed_kmh)
    found: Travel = geo.read_network(network, mode=str(mode), speeds=speed_kmh)
    return found
