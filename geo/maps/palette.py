"""Colours and line styles: the same on the web map, on charts and in print.

The hues are those of Okabe and Ito (2008), which stay apart for colour-blind readers.
"""

from __future__ import annotations

from typing import Any

from geo.model.kinds import Tier

__all__ = ["CORRIDORS", "TIER_COLOURS", "area_style", "colour_of", "line_style", "node_style"]

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, PURPLE, SKY, GREY = "#D55E00", "#CC79A7", "#56B4E9", "#5B6470"
WINE, BROWN = "#882255", "#7A5C3E"

CORRIDORS = (BLUE, ORANGE, GREEN)
ZONE, BELT, CAMPUS, LINK, ROAD, RIVER, UNIT = (
    VERMILION,
    WINE,
    PURPLE,
    BROWN,
    "#9AA3AD",
    SKY,
    "#8B95A1",
)

TIER_COLOURS: dict[Tier, str] = {
    "lab": "#B2182B",
    "university": "#CC79A7",
    "park": "#117733",
    "incubator": "#44AA99",
    "computing": "#332288",
    "service": "#DDAA33",
    "firm": "#AA4499",
    "transport": "#56718C",
    "place": "#222222",
}
TIER_RADIUS: dict[Tier, float] = {
    "lab": 6, "university": 5.5, "park": 5, "incubator": 5, "computing": 5, "service": 5,
    "firm": 4.5, "transport": 3.5, "place": 3.5,
}  # fmt: skip


def colour_of(layer: str, kind: str, rank: int = 0) -> str:
    """Return the colour of a footprint.

    Parameters
    ----------
    layer, kind
        As the feature's.
    rank
        Its place among the corridors of the layout.
    """
    if layer == "zone":
        return ZONE
    if layer == "corridor":
        return CORRIDORS[rank % len(CORRIDORS)]
    return BELT if kind == "oriented-belt" else CAMPUS


def area_style(layer: str, kind: str, status: str, rank: int = 0) -> dict[str, Any]:
    """Return the Leaflet path options of a footprint: solid if official, else soft and dashed."""
    colour = colour_of(layer, kind, rank)
    fill = {"zone": 0.10, "corridor": 0.20}.get(layer, 0.05 if kind == "oriented-belt" else 0.22)
    style: dict[str, Any] = {
        "color": colour,
        "weight": 2.5 if kind == "oriented-belt" else 1.6,
        "fillColor": colour,
        "fillOpacity": fill,
    }
    if status == "illustrative":
        style["dashArray"] = "6 5"
        style["opacity"] = 0.85
    elif status == "computed":
        style["dashArray"] = "12 5" if kind == "oriented-belt" else "2 4"
    return style


def line_style(layer: str, rank: int = 0) -> dict[str, Any]:
    """Return the Leaflet path options of an axis, a link, a road, a river or a unit's border."""
    return {
        "corridor": {"color": CORRIDORS[rank % len(CORRIDORS)], "weight": 3.5, "opacity": 0.95},
        "belt": {"color": BELT, "weight": 1.5, "dashArray": "14 4 2 4", "opacity": 0.8},
        "link": {"color": LINK, "weight": 1.6, "opacity": 0.75, "dashArray": "1 5"},
        "road": {"color": ROAD, "weight": 2, "opacity": 0.9},
        "river": {"color": RIVER, "weight": 9, "opacity": 0.5},
        "unit": {
            "color": UNIT,
            "weight": 0.8,
            "opacity": 0.8,
            "fillColor": "#FFFFFF",
            "fillOpacity": 0.01,
        },
    }[layer] | ({"fill": False} if layer != "unit" else {})


def node_style(tier: Tier, status: str) -> dict[str, Any]:
    """Return the Leaflet circle-marker options of a node: hollow where only illustrative."""
    colour = TIER_COLOURS[tier]
    style: dict[str, Any] = {
        "radius": TIER_RADIUS[tier], "color": "#FFFFFF", "weight": 1, "fillColor": colour,
        "fillOpacity": 0.95,
    }  # fmt: skip
    if status == "illustrative":
        style |= {"color": colour, "weight": 2, "fillColor": "#FFFFFF", "fillOpacity": 0.75}
    return style
