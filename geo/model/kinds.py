"""The kinds of things in a layout, each with its layer, and the tiers of the node pyramid."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = [
    "CONFIDENCES",
    "COUNTED",
    "KINDS",
    "LAYERS",
    "STATUSES",
    "TIERS",
    "TIER_OF_KIND",
    "Confidence",
    "Layer",
    "Status",
    "Tier",
]

Layer = Literal["zone", "corridor", "belt", "node", "link", "road", "river"]
Status = Literal["official", "digitised", "illustrative", "computed"]
Confidence = Literal["high", "medium", "low", "n/a"]
Tier = Literal[
    "lab", "university", "park", "incubator", "computing", "service", "firm", "transport", "place"
]

LAYERS: tuple[Layer, ...] = get_args(Layer)
STATUSES: tuple[Status, ...] = get_args(Status)
CONFIDENCES: tuple[Confidence, ...] = get_args(Confidence)
TIERS: tuple[Tier, ...] = get_args(Tier)
COUNTED: tuple[Tier, ...] = TIERS[:-1]
"""The tiers whose nodes are counted; ``place`` holds seats, landmarks and other anchors."""

TIER_OF_KIND: dict[str, Tier] = {
    "national-lab": "lab",
    "big-facility": "lab",
    "provincial-lab": "lab",
    "university": "university",
    "research-institute": "university",
    "science-park": "park",
    "development-zone": "park",
    "bonded-zone": "park",
    "robot-park": "park",
    "offshore-park": "park",
    "incubator": "incubator",
    "innovation-centre": "incubator",
    "computing-centre": "computing",
    "practice-station": "service",
    "service-agency": "service",
    "service-platform": "service",
    "robot-firm": "firm",
    "firm": "firm",
    "rail-station": "transport",
    "metro-station": "transport",
    "airport": "transport",
    "seat": "place",
    "landmark": "place",
    "group": "place",
    "science-city-site": "place",
    "bus-stop": "place",
    "region": "place",
}

KINDS: dict[Layer, tuple[str, ...]] = {
    "zone": ("science-city", "extent", "core", "development-zone", "new-city"),
    "corridor": ("corridor",),
    "belt": ("oriented-belt", "university-belt"),
    "node": tuple(TIER_OF_KIND),
    "link": (
        "offshore-pair",
        "offshore-centre",
        "city-alliance",
        "science-cities",
        "research-computing",
        "main-supporting",
        "partner-university",
        "cross-border",
        "matching",
        "partnership",
    ),
    "road": ("road", "bridge", "tunnel"),
    "river": ("river",),
}
