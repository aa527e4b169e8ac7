"""Section of a report about the layout among those that come with the package."""

from __future__ import annotations

from geo.analysis.axis_shapes import axis_shapes
from geo.analysis.layouts_compare import compare_layouts
from geo.datasets import layouts, load_layout
from geo.maps.layout_figure import layout_figure
from geo.report.contents import Ask, Builder
from geo.report.document import Figure, Section, Table
from geo.words import say

__all__ = ["LAYOUTS_SECTIONS"]

_COLUMNS = (
    "corridor_zh", "corridor_en", "status", "err_m", "length_km_low", "length_km", "length_km_high", "width_km", "area_km2",
    "elongation", "sinuosity", "azimuth_deg", "cores", "nodes", "nodes_located", "gap_km", "share_claims_measured",
)  # fmt: skip
_WHOLE = (
    "layout_zh", "layout_en", "corridors", "length_km_low", "length_km", "length_km_high", "area_km2", "footprints_km2",
    "nodes", "nodes_located", "claims", "share_claims_measured",
)  # fmt: skip


def _layouts(ask: Ask) -> Section:
    others = [load_layout(name) for name in layouts() if name != ask.layout.id]
    found = compare_layouts([ask.layout, *others], ring_km=ask.ring_km)
    own, rest = (found.corridors[of] for of in (found.corridors["layout"] == ask.layout.id, found.corridors["layout"] != ask.layout.id))  # fmt: skip
    words = [say("layouts.report.words", ask.lang, own=len(own), others=len(others), n=len(rest)), found.provenance.says(ask.lang)]  # fmt: skip
    tables = [
        Table("compared-corridors", say("layouts.report.corridors", ask.lang), found.corridors, _COLUMNS),
        Table("compared-layouts", say("layouts.report.layouts", ask.lang), found.layouts, _WHOLE),
    ]  # fmt: skip
    shapes = axis_shapes(found.compared)
    figures = [
        Figure(f"layouts-{how}", say(f"layouts.chart.title-{how}", ask.lang), layout_figure(shapes, ask.lang, how))
        for how in ("north-up", "turned") if shapes
    ]  # fmt: skip
    return Section("layouts", ask.say("section.layouts"), words, tables, figures)


LAYOUTS_SECTIONS: tuple[tuple[str, Builder], ...] = (("layouts", _layouts),)
