from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from pyproj import Geod

import geo
from geo.errors import LayoutError
from geo.io.scenarios import read_scenario, scenario_text
from geo.model.scenario import Scenario, apply_scenario

OPTICS, VALLEY = "optics-valley-corridor", "robot-valley"


def scenario(*changes, **more):
    data = {"id": "try", "name_zh": "试", "name_en": "Try", "base": "wuhan", "changes": changes}
    return Scenario.of(data | more)


def test_nothing_changed_is_the_same(wuhan):
    same = apply_scenario(wuhan, scenario())
    assert same.features == wuhan.features


def test_a_moved_axis_keeps_its_length_and_goes_where_it_is_told(wuhan):
    moved = apply_scenario(
        wuhan, scenario({"do": "move", "feature": OPTICS, "by_km": 4, "azimuth_deg": 180})
    )
    before, after = wuhan[OPTICS].axis, moved[OPTICS].axis
    assert moved[OPTICS].length_km == pytest.approx(wuhan[OPTICS].length_km, rel=1e-5)
    assert moved[OPTICS].area_km2 == pytest.approx(wuhan[OPTICS].area_km2, rel=1e-4)
    geod = Geod(ellps="WGS84")
    for a, b in zip(before.coords[::200], after.coords[::200], strict=True):
        azimuth, _, metres = geod.inv(*a, *b)
        assert metres == pytest.approx(4000, rel=2e-3)
        assert abs(abs(azimuth) - 180) < 0.2
    # The base stays as it is, and what changed says so.
    assert wuhan[OPTICS].axis == before
    item = moved[OPTICS]
    assert (item.status, item.properties.confidence) == ("illustrative", "low")
    assert item.source.startswith("scenario try; ")
    assert "azimuth_deg=180" in item.properties.note_en
    assert moved["riverside-corridor"].feature is wuhan["riverside-corridor"].feature


def test_a_belt_is_turned_moved_and_sized(wuhan):
    old = wuhan[VALLEY].shape
    new = apply_scenario(
        wuhan,
        scenario(
            {"do": "turn", "feature": VALLEY, "by_deg": -31.5},
            {"do": "widen", "feature": VALLEY, "width_km": 20},
            {"do": "lengthen", "feature": VALLEY, "length_km": 100},
            {"do": "move", "feature": VALLEY, "by_km": 10, "azimuth_deg": 90},
        ),
    )[VALLEY].shape
    assert new.azimuth_deg == pytest.approx((old.azimuth_deg - 31.5) % 180)
    assert (new.width_km, new.length_km) == (20, 100)
    azimuth, _, metres = Geod(ellps="WGS84").inv(old.lon, old.lat, new.lon, new.lat)
    assert metres == pytest.approx(10_000, rel=1e-6)
    assert azimuth == pytest.approx(90, abs=0.1)
    assert new.area_km2 == 2000


def test_an_axis_is_turned_about_its_middle_prolonged_and_shortened(wuhan):
    old = wuhan[OPTICS]
    turned = apply_scenario(wuhan, scenario({"do": "turn", "feature": OPTICS, "by_deg": 90}))[
        OPTICS
    ]
    assert turned.length_km == pytest.approx(old.length_km, rel=1e-5)
    ends = [np.array([c.coords[0], c.coords[-1]]) for c in (old.axis, turned.axis)]
    azimuths = [Geod(ellps="WGS84").inv(*e[0], *e[1])[0] for e in ends]
    assert (azimuths[1] - azimuths[0]) % 360 == pytest.approx(90, abs=0.3)
    longer = apply_scenario(
        wuhan, scenario({"do": "lengthen", "feature": OPTICS, "start_km": 3, "end_km": -5})
    )[OPTICS]
    assert longer.length_km == pytest.approx(old.length_km - 2, rel=1e-4)
    # What stays of the axis is where it was: chainages begin 3 km earlier.
    middle = shapely.line_interpolate_point(old.axis, 0.5, normalized=True)
    chainages = [float(i.shape.locate(middle.x, middle.y)[0, 0]) for i in (old, longer)]
    assert chainages[1] - chainages[0] == pytest.approx(3, abs=1e-3)


def test_a_width_profile_stays_where_it_was(wuhan):
    profile = apply_scenario(wuhan, scenario())[OPTICS].feature
    kind = type(profile.properties)
    data = profile.properties.model_dump() | {"width_km": None, "widths_km": ((0, 2), (20, 8))}
    features = [
        type(f)(kind.model_validate(data), f.geometry) if f.id == OPTICS else f
        for f in wuhan.features
    ]
    base = geo.Layout(wuhan.meta, features, wuhan.claims, wuhan.population)
    cut = apply_scenario(base, scenario({"do": "lengthen", "feature": OPTICS, "start_km": -10}))
    assert cut[OPTICS].properties.widths_km == ((0, 5), (10, 8))
    more = apply_scenario(base, scenario({"do": "lengthen", "feature": OPTICS, "start_km": 10}))
    assert more[OPTICS].properties.widths_km == ((0, 2), (10, 2), (30, 8))
    even = apply_scenario(base, scenario({"do": "widen", "feature": OPTICS, "width_km": 3}))
    assert even[OPTICS].properties.widths_km is None


def test_nodes_come_and_go_with_all_that_names_them(wuhan):
    link = next(i for i in wuhan.of_layer("link"))
    gone = link.properties.to_id
    new = {
        "do": "add-node", "feature": "lab-new", "name_zh": "新实验室", "name_en": "New lab",
        "kind": wuhan.of_layer("node")[0].properties.kind, "lon": 114.4, "lat": 30.5, "err_m": 20,
    }  # fmt: skip
    if gone in wuhan.meta.seats:
        gone = next(n.id for n in wuhan.of_layer("node") if n.id not in wuhan.meta.seats)
    other = apply_scenario(wuhan, scenario(new, {"do": "remove", "feature": gone}))
    assert other["lab-new"].geometry.coords[0] == (114.4, 30.5)
    assert other["lab-new"].source.startswith("scenario try")
    assert gone not in other
    for item in other:
        text = item.properties.model_dump_json()
        assert f'"{gone}"' not in text, item.id
    assert gone not in set(other.claims["subject"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"do": "move", "feature": "optics", "by_km": 1, "azimuth_deg": 0}, "no feature 'optics'.*optics-valley"),
        ({"do": "widen", "feature": "seat-wuhan", "width_km": 3}, "only a corridor or an oriented belt"),
        ({"do": "turn", "feature": "seat-wuhan", "by_deg": 3}, "a point cannot be turned"),
        ({"do": "lengthen", "feature": OPTICS, "length_km": 3}, "start_km and end_km"),
        ({"do": "lengthen", "feature": VALLEY, "end_km": 3}, "takes another length_km"),
        ({"do": "lengthen", "feature": OPTICS, "start_km": -300}, "only 69.* km long"),
        ({"do": "axis", "feature": VALLEY, "coordinates": [[114, 30], [115, 30]]}, "only a corridor has an axis"),
        ({"do": "axis", "feature": OPTICS, "coordinates": [[114, 30], [114, 30]]}, "no length"),
        ({"do": "add-node", "feature": "seat-wuhan", "name_zh": "x", "name_en": "x", "kind": "seat", "lon": 1, "lat": 1}, "already"),
        ({"do": "add-node", "feature": "x", "name_zh": "x", "name_en": "x", "kind": "palace", "lon": 1, "lat": 1}, "not a kind of node"),
        ({"do": "remove", "feature": "seat-wuhan"}, "is a seat"),
        ({"do": "remove", "feature": "nobody"}, "no such feature"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_is_told_by_number(wuhan, change, message):
    fine = {"do": "widen", "feature": OPTICS, "width_km": 3}
    with pytest.raises(LayoutError, match=rf"(?s)change 2 \({change['do']}.*{message}"):
        apply_scenario(wuhan, scenario(fine, change))


def test_files_of_scenarios(tmp_path, wuhan):
    own = scenario({"do": "widen", "feature": OPTICS, "width_km": 3, "why": "=1+1"})
    path = tmp_path / "s.json"
    path.write_text(scenario_text(own), "utf-8")
    assert read_scenario(path) == own
    with pytest.raises(LayoutError, match="changes layout 'oxford', not 'wuhan'"):
        apply_scenario(wuhan, scenario(base="oxford"))
    data = json.loads(scenario_text(own))
    cases = [
        ("{", "not valid JSON at line 1"),
        (json.dumps(data | {"changes": [{"do": "fly", "feature": "x"}]}), "changes.0"),
        (json.dumps(data | {"changes": [{"do": "widen", "feature": "x", "width_km": -1}]}), "greater than 0"),
        (json.dumps(data | {"colour": 1}), "colour: Extra inputs"),
        ("[]", "no valid scenario"),
    ]  # fmt: skip
    for text, message in cases:
        path.write_text(text, "utf-8")
        with pytest.raises(LayoutError, match=message):
            read_scenario(path)
    path.write_bytes('{"名": 1}'.encode("gb18030"))
    with pytest.raises(LayoutError, match="not UTF-8"):
        read_scenario(path)
    with pytest.raises(LayoutError, match="no such scenario"):
        read_scenario(tmp_path / "none.json")


def test_a_width_profile_replaces_the_width(wuhan):
    pairs = [[0, 2], [20, 8.5], [70, 4]]
    new = apply_scenario(wuhan, scenario({"do": "widths", "feature": OPTICS, "widths_km": pairs}))[OPTICS]  # fmt: skip
    assert new.properties.width_km is None
    assert new.properties.widths_km == ((0, 2), (20, 8.5), (70, 4))
    chainage = np.linspace(0, new.length_km, 20_001)
    mean = np.interp(chainage, *np.array(pairs).T).mean()
    assert new.width_km == pytest.approx(mean, rel=1e-3)
    # And a single width makes it even again.
    even = {"do": "widen", "feature": OPTICS, "width_km": 3}
    both = apply_scenario(wuhan, scenario({"do": "widths", "feature": OPTICS, "widths_km": pairs}, even))  # fmt: skip
    assert both[OPTICS].width_km == 3


def test_an_outline_becomes_the_footprint(wuhan):
    ring = [[114.4, 30.4], [114.5, 30.4], [114.5, 30.5], [114.4, 30.5]]
    for name in ("science-island", "wuhan-new-city", "huake-university-belt"):
        new = apply_scenario(wuhan, scenario({"do": "outline", "feature": name, "coordinates": ring}))[name]  # fmt: skip
        area, _ = Geod(ellps="WGS84").geometry_area_perimeter(shapely.Polygon(ring))
        assert new.area_km2 == pytest.approx(abs(area) / 1e6, rel=1e-9)
        assert new.err_m is not None


def test_a_node_is_put_at_a_place(wuhan):
    put = {"do": "place", "feature": "seat-wuhan", "lon": 114.5, "lat": 30.25}
    old, new = wuhan["seat-wuhan"], apply_scenario(wuhan, scenario(put))["seat-wuhan"]
    assert new.geometry.coords[0] == (114.5, 30.25)
    assert new.err_m == old.err_m
    lost = next(n for n in wuhan.of_layer("node") if n.geometry is None)
    found = apply_scenario(wuhan, scenario(put | {"feature": lost.id, "err_m": 80}))[lost.id]
    assert (found.err_m, found.located) == (80, True)
    with pytest.raises(LayoutError, match="had no position: give err_m"):
        apply_scenario(wuhan, scenario(put | {"feature": lost.id}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"do": "widths", "feature": OPTICS, "widths_km": []}, "at least 1"),
        ({"do": "widths", "feature": OPTICS, "widths_km": [[5, 1], [0, 2]]}, "grow from 0 on"),
        ({"do": "widths", "feature": OPTICS, "widths_km": [[-1, 1]]}, "grow from 0 on"),
        ({"do": "widths", "feature": OPTICS, "widths_km": [[0, 0]]}, "above 0"),
        ({"do": "widths", "feature": OPTICS, "widths_km": [[0, float("nan")]]}, "finite"),
        ({"do": "outline", "feature": "x", "coordinates": [[0, 0], [1, 1], [1, 0], [0, 1]]}, "crosses itself"),
        ({"do": "outline", "feature": "x", "coordinates": [[0, 0], [1, 1], [2, 2]]}, "no area"),
        ({"do": "outline", "feature": "x", "coordinates": [[0, 0], [1, 1]]}, "at least 3"),
        ({"do": "outline", "feature": "x", "coordinates": [[0, 0], [1, 95], [2, 0]]}, "90"),
        ({"do": "place", "feature": "x", "lon": 1}, "lat: Field required"),
        ({"do": "place", "feature": "x", "lon": float("nan"), "lat": 1}, "lon"),
    ],
)  # fmt: skip
def test_what_is_no_change_is_refused(change, message):
    with pytest.raises(LayoutError, match=rf"(?s)changes\.0.*{message}"):
        scenario(change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"do": "widths", "feature": VALLEY, "widths_km": [[0, 1]]}, "only a corridor has a width profile"),
        ({"do": "outline", "feature": OPTICS, "coordinates": [[1, 1], [2, 1], [2, 2]]}, "takes an outline"),
        ({"do": "outline", "feature": VALLEY, "coordinates": [[1, 1], [2, 1], [2, 2]]}, "takes an outline"),
        ({"do": "place", "feature": OPTICS, "lon": 1, "lat": 1}, "only a node"),
    ],
)  # fmt: skip
def test_new_changes_that_do_not_fit(wuhan, change, message):
    with pytest.raises(LayoutError, match=rf"change 1 \({change['do']}.*{message}"):
        apply_scenario(wuhan, scenario(change))
