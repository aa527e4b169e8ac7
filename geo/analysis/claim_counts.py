"""What a layout says of one claim that counts: features, places, units, people."""

from __future__ import annotations

from collections.abc import Sequence

from geo.analysis.claim_finding import Claim, Context, Finding
from geo.measure import Band, project
from geo.model.items import BeltItem, CorridorItem, Item, Link
from geo.model.layout import Layout

__all__ = ["count", "population"]


def count(claim: Claim, context: Context) -> Finding:
    """Count what ``of`` names: seats, role:…, layer:…, kind:…, cores, nodes, place:…, link:…, units."""
    what, _, kind = (claim["of"] or "").partition(":")
    layout, item = context.layout, context.item(claim)
    if what == "seats" and isinstance(item, BeltItem):
        return _counted(len(item.seats))
    if what == "role" and isinstance(item, BeltItem):
        return _counted(sum(role == kind for role in item.properties.roles.values()))
    if what == "layer":
        return _counted(len(layout.of_layer(kind)))  # type: ignore[arg-type]
    if what == "kind":
        return _listed(claim, [i for i in layout if i.properties.kind == kind])
    if what == "counted":
        return _listed(claim, [i for i in layout if getattr(i.properties, "counted", False)])
    if what in ("cores", "nodes", "groups") and isinstance(item, CorridorItem):
        return _referenced(claim, [layout[name] for name in getattr(item.properties, what)])
    if what == "place":
        named = [i for i in _nodes(item, layout) if getattr(i.properties, "place", "") == kind]
        return _referenced(claim, named)
    if what == "ends" and isinstance(item, Link):
        return _counted(len(set(item.ends)))
    if what == "link":
        return _links(claim, [i for i in layout.of_layer("link") if i.properties.kind == kind])
    if what == "units" and item is not None:
        return _units_touched(item, context)
    return Finding(why="not-spatial")


def _counted(n: int) -> Finding:
    return Finding(Band.exact(float(n)), "counted")


def _nodes(item: Item | None, layout: Layout) -> list[Item]:
    """Return the nodes that a corridor names, or those of all corridors for any other subject."""
    of = [item] if isinstance(item, CorridorItem) else layout.of_layer("corridor")
    names = [n for c in of if isinstance(c, CorridorItem) for n in c.properties.nodes]
    return [layout[name] for name in dict.fromkeys(names)]


def _listed(claim: Claim, items: Sequence[Item]) -> Finding:
    """Judge a published number of places by those that have a position: a list may be incomplete."""
    located = sum(i.located for i in items)
    claimed = float(claim["value"])
    band = Band.exact(float(located))
    if located == claimed:
        return Finding(band, "listed")
    if located > claimed:
        return Finding(band, "listed", {}, "differs", "too-many", {"measured": located})
    words = {"claimed": claimed, "listed": len(items), "located": located}
    return Finding(band, "listed", {}, "not-measurable", "incomplete-list", words)


def _referenced(claim: Claim, items: Sequence[Item]) -> Finding:
    """Judge a published number by a list of its own: a name without a position confirms nothing."""
    listed, claimed = len(items), float(claim["value"])
    if not items:
        return Finding(why="none-listed")
    if listed > claimed:
        band = Band.exact(float(listed))
        return Finding(band, "counted", {}, "differs", "too-many", {"measured": listed})
    located = sum(i.located for i in items)
    if listed == claimed and located < listed:
        words = {"listed": listed, "located": located}
        return Finding(
            Band.exact(float(located)), "listed", {}, "not-measurable", "names-only", words
        )
    return _listed(claim, items)


def _links(claim: Claim, links: Sequence[Item]) -> Finding:
    """Count the places of a kind of link: its own ends, without an end that all of them share."""
    ends = [set(link.ends) for link in links if isinstance(link, Link)]
    shared = (
        set.intersection(*ends) if len(ends) > 1 else {e for pair in ends for e in list(pair)[:1]}
    )
    places = sorted({end for pair in ends for end in pair} - shared, key=lambda i: i.id)
    claimed, named = float(claim["value"]), len(places)
    if named >= claimed:
        return _counted(named)
    words = {"claimed": claimed, "listed": named, "located": sum(i.located for i in places)}
    band = Band.exact(float(named))
    return Finding(band, "counted", {}, "not-measurable", "incomplete-list", words)


def _units_touched(item: Item, context: Context) -> Finding:
    if item.planar_footprint is None or item.err_m is None or context.units is None:
        return Finding(why="unlocated")
    units = context.units
    shapes = units.loc[units["level"] == "county", "geometry"]
    planar = [project(g, context.layout.crs) for g in shapes]
    counts = []
    for distance in (-item.err_m, 0.0, item.err_m):
        shape = item.planar_offset(distance)
        counts.append(sum(p.intersection(shape).area > 0 for p in planar))
    return Finding(Band(*map(float, counts)), "units-touched")


def population(claim: Claim, context: Context) -> Finding:
    """Add up the people of the statistical areas of a city."""
    table = context.layout.population
    city = claim["subject"].removeprefix("unit:")
    areas = table[(table["type"] == "statistical-area") & (table["city_adcode"] == city)]
    # An area within another is counted with it.
    held = areas["within"].isin(areas.loc[areas["population"].notna(), "id"])
    total = float(areas.loc[~held, "population"].sum())
    if total == 0:
        return Finding(why="unlocated")
    return Finding(Band.exact(total), "sum-of-areas")
