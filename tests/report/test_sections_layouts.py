"""The section that sets a layout beside those that come with the package."""

from __future__ import annotations

import geo
from geo.analysis.layouts_compare import compare_layouts
from geo.report.contents import OPTIONAL, Ask, report, section_names
from geo.words import say


def test_it_is_there_where_it_is_asked_for(wuhan):
    assert "layouts" in section_names()
    assert "layouts" in OPTIONAL
    for lang in ("zh", "en"):
        document = report(Ask(wuhan, lang), sections=["layouts"])
        assert [s.name for s in document.sections] == ["layouts", "method"]
        section = document.sections[0]
        assert section.title == say("document.section.layouts", lang)
        corridors, layouts = (t.frame for t in section.tables)
        assert layouts["layout"].tolist()[0] == "wuhan"
        assert set(layouts["layout"]) == set(geo.layouts())
        whole = compare_layouts([wuhan]).corridors
        assert corridors.head(len(whole))["length_km"].tolist() == whole["length_km"].tolist()
        assert [f.name for f in section.figures] == ["layouts-north-up", "layouts-turned"]
        assert all(f.svg.startswith(b"<?xml") for f in section.figures)
