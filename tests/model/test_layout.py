from __future__ import annotations

import pytest
import shapely
from geographiclib.geodesic import Geodesic
from shapely import LineString

from geo.errors import LayoutError
from geo.measure import area_km2
from geo.model.corridor import Corridor
from geo.model.layout import tier_counts

PROVENANCE = ["status", "source", "err_m", "confidence", "as_of", "note_zh", "note_en"]


def test_every_frame_carries_its_provenance(wuhan):
    for name in (
        "zones",
        "corridors",
        "belts",
        "nodes",
        "links",
        "roads",
        "rivers",
        "footprints",
        "axes",
        "seats",
    ):
        frame = getattr(wuhan, name)
        assert len(frame), name
        assert frame.crs.to_epsg() == 4326
        assert not set(PROVENANCE) - set(frame.columns), name
        assert (frame["source"] != "").all()
        assert frame.geometry.is_valid.all()
        if name != "links":
            assert frame["err_m"].notna().all()


def test_extents_have_their_published_area_and_nest(wuhan):
    names = ["donghu-science-city", "donghu-science-city-160", "donghu-science-city-260"]
    shapes = [wuhan[n].planar_footprint for n in names]
    assert [wuhan[n].area_km2 for n in names] == pytest.approx([100, 160, 260], rel=1e-6)
    assert shapes[1].covers(shapes[0])
    assert shapes[2].covers(shapes[1])
    assert wuhan["donghu-science-city-core"].planar_footprint.covers(
        wuhan["science-island"].planar_footprint
    )
    assert all(wuhan[n].status == "illustrative" for n in names)


def test_a_corridor_of_the_layout(wuhan):
    corridor = wuhan["optics-valley-corridor"]
    legs = [
        Geodesic.WGS84.Inverse(a[1], a[0], b[1], b[0])["s12"]
        for a, b in zip(corridor.axis.coords, corridor.axis.coords[1:], strict=False)
    ]
    assert corridor.length_km == pytest.approx(sum(legs) / 1000, rel=1e-9)
    assert corridor.width_km == 5
    assert corridor.elongation == pytest.approx(corridor.length_km / 5)
    assert corridor.sinuosity > 1
    nodes = corridor.nodes.set_index("id")
    assert nodes.loc["guanggu-square", "chainage_km"] < nodes.loc["weilai-tech-city", "chainage_km"]
    assert bool(nodes.loc["guanggu-square", "inside"])
    assert not nodes.loc["guanggu-central-city", "located"]
    # The five cities of the corridor are not the five of the belt.
    groups = set(corridor.groups["id"])
    assert "seat-xianning" in groups
    assert "seat-xiaogan" not in groups
    assert "seat-xiaogan" in wuhan["robot-valley"].properties.seats
    assert "seat-xianning" not in wuhan["robot-valley"].properties.seats


def test_a_corridor_by_itself():
    axis = LineString([(114.0, 30.5), (114.5, 30.5)])
    corridor = Corridor.constant(axis, 4)
    assert corridor.sinuosity == pytest.approx(1, abs=1e-6)
    assert corridor.area_km2 == pytest.approx(corridor.length_km * 4 + 12.566, rel=1e-3)
    (chainage, offset), (_, other) = corridor.locate([114.25, 114.25], [30.51, 30.49])
    assert chainage == pytest.approx(corridor.length_km / 2, rel=1e-3)
    assert offset == pytest.approx(
        -1.109, abs=0.04
    )  # north is to the left of an axis that runs east
    assert other == pytest.approx(1.109, abs=0.04)
    with pytest.raises(ValueError, match="LineString with a length"):
        Corridor.constant(LineString(), 4)
    with pytest.raises(ValueError, match="above 0"):
        Corridor.constant(axis, 0)


def test_the_band_of_an_area_is_that_of_its_offsets(wuhan):
    item = wuhan["riverside-corridor"]
    band = item.area_band
    err = item.err_m
    assert band.low == pytest.approx(
        item.planar_footprint.buffer(-err, quad_segs=64).area / 1e6, rel=1e-3
    )
    assert band.high == pytest.approx(
        item.planar_footprint.buffer(err, quad_segs=64).area / 1e6, rel=1e-3
    )
    assert band.central == pytest.approx(area_km2(item.footprint))
    assert band.low < band.central < band.high


def test_campus_rings_are_the_callers_width(wuhan):
    narrow, wide = wuhan.rings(0.5), wuhan.rings(3)
    campuses = {c for row in wide["campuses"] for c in row}
    assert {c for row in narrow["campuses"] for c in row} == campuses
    assert len(campuses) == (wuhan.nodes["kind"] == "university").sum()
    assert len(wide) < len(narrow)
    assert narrow["n_campuses"].sum() == len(campuses)
    shapes = wide.geometry.to_numpy()
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-9)
    lone = narrow[narrow["n_campuses"] == 1].iloc[0]
    assert lone["area_km2"] == pytest.approx(3.14159 * 0.25, rel=1e-3)
    with pytest.raises(ValueError, match="above 0"):
        wuhan.rings(0)


def test_unlocated_things_are_listed_and_not_placed(wuhan):
    missing = wuhan.unlocated.set_index("id")
    for name in (
        "wuchuang-tiandi",
        "practice-station-5",
        "xianning-offshore-park",
        "guanggu-station-hk",
        "donghu-high-tech-zone",
    ):
        assert name in missing.index
        assert wuhan[name].geometry is None
        assert wuhan[name].footprint is None
    assert not set(missing.index) & set(wuhan.nodes["id"])
    stations = tier_counts(wuhan).set_index("kind").loc["practice-station"]
    assert (stations["listed"], stations["located"]) == (9, 1)


def test_links_join_their_ends(wuhan):
    links = wuhan.links.set_index("id")
    line = links.loc["hxy-wuhan-yichang"]
    ends = wuhan["seat-wuhan"].geometry, wuhan["seat-yichang"].geometry
    assert line["distance_km"] == pytest.approx(290, abs=1.5)
    assert line.geometry.coords[0] == ends[0].coords[0]
    assert line.geometry.coords[-1] == ends[1].coords[0]
    assert "offshore-xianning" not in links.index  # one end has no position
    assert (wuhan.links["kind"] == "main-supporting").sum() == 4


def test_a_wrong_id_is_helped(wuhan):
    with pytest.raises(KeyError, match="Did you mean"):
        wuhan["robot"]
    with pytest.raises(LayoutError, match="no bundled layout"):
        __import__("geo").load_layout("atlantis")
