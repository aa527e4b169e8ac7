"""Links on maps and charts: bent lines apart, arrow heads, lengths, widths, escaped words."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.analysis.flows import flows
from geo.analysis.link_matrices import cities_of, link_matrix
from geo.analysis.links import links
from geo.analysis.star import star
from geo.maps.figures import figure_file
from geo.maps.flow_features import flow_features, star_features, width_legend, width_of
from geo.maps.link_charts import flow_bars, matrix_heat, role_bars
from geo.maps.link_features import (
    DIRECTED,
    KIND_STYLES,
    VIEWS,
    arc,
    bundles,
    chevron,
    kind_legend,
    link_features,
    view_box,
    view_call,
)
from geo.maps.link_static import draw_links
from geo.maps.web import features_json
from geo.measure import laea, project
from geo.model.kinds import KINDS

CRS = laea(114.5, 30.6)


@pytest.fixture(scope="module")
def frame(wuhan):
    return links(wuhan).frame()


@pytest.fixture(scope="module")
def at(wuhan):
    own = cities_of(wuhan)
    return {n: (x, y) for n, x, y in zip(own.id, own.lon, own.lat, strict=True)}


def words(features):
    return [f["properties"]["label"] for f in features if "label" in f["properties"]]


def tips(features):
    return [f["properties"]["tip"] for f in features if "tip" in f["properties"]]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-0.3, 0.3))
def test_an_arc_joins_its_ends_and_bends_as_asked(seed, bend):
    rng = np.random.default_rng(seed)
    start, end = (tuple(p) for p in rng.uniform((112, 29), (117, 32), (2, 2)))
    line = project(arc(start, end, bend, CRS), CRS)
    a, b = (project(shapely.Point(p), CRS) for p in (start, end))
    chord = shapely.LineString([a, b])
    assert shapely.Point(line.coords[0]).distance(a) < 0.01
    assert shapely.Point(line.coords[-1]).distance(b) < 0.01
    far = max(chord.distance(shapely.Point(p)) for p in line.coords)
    assert far == pytest.approx(abs(bend) * chord.length, rel=1e-3, abs=0.5)
    if abs(bend) > 0.01:
        (x0, y0), (x1, y1), (x, y) = a.coords[0], b.coords[0], line.coords[12]
        # Seen along the line, what is right has a negative cross product.
        assert np.sign((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) == -np.sign(bend)


def test_an_arrow_head_points_along(wuhan):
    line = arc((112, 30), (115, 30), 0.0, CRS)
    back, tip, other = np.array(chevron(line, CRS).coords)
    assert tip[0] > back[0]
    assert tip[0] > other[0]
    assert back[1] < tip[1] < other[1] or back[1] > tip[1] > other[1]


def test_each_located_link_is_in_one_bundle(frame):
    drawn = frame[frame.geometry.notna()]
    found = bundles(frame, CRS)
    assert sorted(r["id"] for b in found for r in b.rows) == sorted(drawn["id"])
    assert [b.km for b in found] == sorted((b.km for b in found), reverse=True)


def test_parallel_links_of_a_kind_are_one_line_those_of_others_lie_apart(frame):
    one = frame[frame["id"] == "hxy-wuhan-yichang"]
    back = one.rename(columns={}).assign(id="back", from_id=one["to_id"], to_id=one["from_id"])
    back.geometry = one.geometry.map(shapely.reverse)
    other = one.assign(id="other", kind="research-computing")
    third = other.assign(id="third", kind="partnership", from_id=one["to_id"], to_id=one["from_id"])
    third.geometry = back.geometry
    import pandas as pd

    every = pd.concat([one, one.assign(id="again"), back, other, third], ignore_index=True)
    found = bundles(every, CRS)
    assert sorted(len(b.rows) for b in found) == [1, 1, 3]
    planar = [project(b.line, CRS) for b in found]
    middles = [p.interpolate(0.5, normalized=True) for p in planar]
    for k, a in enumerate(middles):
        for b in middles[k + 1 :]:
            assert a.distance(b) > 0.05 * planar[0].length
    features = link_features(every, "en", CRS)
    assert any(text.endswith("×3") for text in words(features))
    bundle = next(t for t in tips(features) if t.count("<b>") == 3)
    assert "№ link:hxy-wuhan-yichang" in bundle


@pytest.mark.parametrize("view", [*VIEWS, ""])
def test_lengths_come_from_the_data(frame, view):
    box = view_box(frame, view, (0, 0, 1, 1)) if view else None
    features = link_features(frame, "zh", CRS, view=view, box=box)
    text = words(features)
    row = frame.set_index("id").loc["hxy-wuhan-yichang"]
    if view in ("region", ""):
        assert f"{row['km']:.1f} 公里" in text
        assert f"{row['km']:.1f}" == "289.3"
    if view == "region":
        # What leads out of view says where to, and is written where it can be seen.
        out = next(f for f in features if f["properties"].get("label", "").startswith("香港 921.6"))
        lat, lon = out["properties"]["at"]
        assert shapely.box(*box).contains(shapely.Point(lon, lat))
        assert not any(t.startswith(("49.1", "56.6")) for t in text)
    if view == "all":
        assert "921.6 公里" in text
        assert shapely.box(*box).covers(shapely.box(*frame.total_bounds))
    if view == "near":
        assert "49.1 公里" in text
    assert len(text) == len([t for t in text if t])
    assert len(features_json(features)) < 60_000


def test_each_kind_has_a_stroke_of_its_own():
    assert set(KIND_STYLES) == set(KINDS["link"])
    assert len(set(KIND_STYLES.values())) == len(KIND_STYLES)
    assert len({dash for _, dash in KIND_STYLES.values()}) == len(KIND_STYLES)
    assert set(KIND_STYLES) >= DIRECTED
    legend = kind_legend(list(KIND_STYLES), "zh")
    assert legend.count("repeating-linear-gradient") == len(KIND_STYLES) - 1
    assert "→ 主链—配套" in legend


def test_text_from_data_is_escaped(frame):
    bad = frame.assign(name_zh="<img src=x onerror=alert(1)>", from_zh="<script>", source="<b>")
    text = features_json(link_features(bad, "zh", CRS))
    assert "<" not in text
    assert "\\u003cimg" not in text
    assert "\\u003cscript" not in text
    assert "&lt;script&gt;" in text
    assert "</script" not in view_call('x"</script>', (0, 0, 1, 1))


def test_what_has_no_line_is_not_drawn(frame):
    none = frame[frame.geometry.isna()]
    assert link_features(none, "zh", CRS) == []
    assert view_box(none, "region", (1, 2, 3, 4)) == (1, 2, 3, 4)


@given(st.floats(0, 1), st.floats(0, 1))
def test_wider_is_more(a, b):
    small, large = sorted((a, b))
    assert width_of(small, 1.0) <= width_of(large, 1.0) + 1e-9
    assert width_of(small, 1.0) > 0


@pytest.mark.parametrize("model", ["gravity", "radiation"])
def test_flows_are_as_wide_as_their_shares(wuhan, at, model):
    found = flows(wuhan, model=model)
    pairs = found.pairs()
    features = flow_features(pairs, at, "en", CRS, most=10, directed=model == "radiation", table=found.table)  # fmt: skip
    widths = [f["properties"]["st"]["weight"] for f in features if f["properties"]["st"].get("color") == "#0072B2"]  # fmt: skip
    assert len(widths) == 10
    assert widths == sorted(widths, reverse=True)
    assert (widths[3] / widths[0]) ** 2 == pytest.approx(pairs["share"][3] / pairs["share"][0], rel=0.01)  # fmt: skip
    assert f"{100 * pairs['share'][0]:.1f}%" in words(features)
    heads = [f for f in features if len(f["geometry"]["coordinates"]) == 3]
    assert bool(heads) == (model == "radiation")
    assert width_legend(0.5, "x").count("background") == 3
    assert flow_features(pairs.head(0), at, "en", CRS) == []


def test_radiation_points_where_more_goes(wuhan, at):
    found = flows(wuhan, model="radiation")
    features = flow_features(found.pairs(), at, "en", CRS, most=40, directed=True, table=found.table)  # fmt: skip
    share = found.table.set_index(["a", "b"])["share"]
    lines = [f for f in features if f["geometry"]["type"] == "LineString" and len(f["geometry"]["coordinates"]) > 3]  # fmt: skip
    for f in lines:
        a, b = re.search(r"flow:([\w-]+)\|([\w-]+)", f["properties"]["tip"]).groups()
        start = f["geometry"]["coordinates"][0]
        more = a if share[(a, b)] >= share[(b, a)] else b
        assert start == pytest.approx(at[more], abs=1e-4)


def test_the_star_has_an_arm_for_each_supporter(wuhan, at):
    table = star(wuhan).table
    features = star_features(table, at, "share_population", "zh", CRS)
    arms = {re.search(r"star:([\w-]+)", t).group(1) for t in tips(features) if "star:" in t}
    assert arms == set(table.loc[table["role"] == "supporting", "seat"])
    assert "49.1 公里" in words(features)


def test_charts_hold_every_pair_and_band(wuhan):
    cities = link_matrix(wuhan).table
    rows = next(iter(matrix_heat(cities, "value", "en").to_dict()["datasets"].values()))
    assert len(rows) == len(cities)
    assert rows[0]["low"] < rows[0]["value"] < rows[0]["high"]
    big = matrix_heat(link_matrix(wuhan, "nodes:lab").table, "km", "zh").to_dict()
    assert "layer" not in big
    pairs = flows(wuhan).pairs()
    gravity, radiation = (json.dumps(flow_bars(p, "zh").to_dict()) for p in (pairs, flows(wuhan, model="radiation").pairs()))  # fmt: skip
    assert "strokeDash" not in radiation
    assert "strokeDash" in gravity
    shares = next(iter(role_bars(star(wuhan).roles, "en").to_dict()["datasets"].values()))
    assert {r["role"] for r in shares} == {"main chain", "supporting"}


def test_names_on_paper_do_not_overlap(wuhan, units, frame):
    figure = draw_links(wuhan, frame, "zh", units=units)
    assert len(figure.axes) == 3
    renderer = figure.canvas.get_renderer()
    for axes in figure.axes:
        boxes = [t.get_window_extent(renderer) for t in axes.texts]
        assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[k + 1 :])
    written = {t.get_text() for axes in figure.axes for t in axes.texts}
    assert {"289.3 公里", "921.6 公里", "宜昌", "香港", "49.1 公里"} <= written
    assert figure_file(figure, "svg") == figure_file(draw_links(wuhan, frame, "zh", units=units), "svg")  # fmt: skip


def test_paper_of_near_links_alone_is_one_panel(wuhan, frame):
    near = frame[frame["kind"] == "main-supporting"]
    assert len(draw_links(wuhan, near, "en").axes) == 1
    assert len(draw_links(wuhan, frame[frame.geometry.isna()], "en").axes) == 1
