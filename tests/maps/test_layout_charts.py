"""Axes at one scale: a kilometre is as many pixels across as up, on the screen and on paper."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely

import geo
from geo.analysis.axis_shapes import axis_shapes
from geo.analysis.layouts_compare import BANDED, compare_layouts
from geo.maps.axis_drawing import (
    ARRANGEMENTS,
    badges,
    colours_of,
    extent,
    ink_on,
    scale_km,
    shelves,
    shifted,
)
from geo.maps.figures import figure_file
from geo.maps.layout_charts import axes_overlaid, axes_panels, measure_dots
from geo.maps.layout_figure import layout_figure
from geo.words import LANGUAGES


@pytest.fixture(scope="module")
def found():
    return compare_layouts()


@pytest.fixture(scope="module")
def shapes(found):
    return axis_shapes(found.compared)


def domain(layer, channel, width, height):
    """Evaluate the ends of a scale as the browser does, at a size on the screen."""
    scale = layer["encoding"][channel]["scale"]
    ends = [scale[end]["expr"] for end in ("domainMin", "domainMax")]
    assert all(re.fullmatch(r"[\d\s.+*/(),-]+", re.sub("max|width|height", "", e)) for e in ends)
    return [eval(e, {"max": max, "width": width, "height": height}) for e in ends]


def per_km(layer, width, height):
    return [size / np.ptp(domain(layer, c, width, height)) for c, size in (("x", width), ("y", height))]  # fmt: skip


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("width", "height"), [(330, 420), (760, 430), (1300, 300), (200, 900)])
def test_a_kilometre_is_as_long_across_as_up_at_any_size(shapes, turned, width, height):
    spec = axes_overlaid(shapes, "zh", turned=turned).to_dict()
    scales = [per_km(layer, width, height) for layer in spec["layer"]]
    assert np.allclose(scales, scales[0][0])
    # All that is drawn lies within the domains.
    for name, own in zip("xy", zip(*_drawn(spec), strict=True), strict=True):
        low, high = domain(spec["layer"][0], name, width, height)
        assert low <= min(own)
        assert max(own) <= high


def _drawn(spec):
    rows = [row for data in spec["datasets"].values() for row in data]
    return [(row["x"], row["y"]) for row in rows]


def test_the_axes_drawn_are_as_long_as_they_are(found, shapes):
    for turned in (False, True):
        spec = axes_overlaid(shapes, "en", turned=turned).to_dict()
        rows = [r for data in spec["datasets"].values() for r in data if r.get("what") == "axis"]
        for k, length in enumerate(found.corridors["length_km"], 1):
            own = sorted((r for r in rows if r["part"].startswith(f"{k}-")), key=lambda r: r["order"])  # fmt: skip
            steps = np.diff([(r["x"], r["y"]) for r in own], axis=0)
            assert np.hypot(*steps.T).sum() == pytest.approx(length, rel=1e-3)


def test_panels_have_one_scale(found, shapes):
    charts = [c.to_dict() for c in axes_panels(shapes, "en")]
    assert len(charts) == len(shapes)
    scales = [per_km(c["layer"][0], c["width"], c["height"]) for c in charts]
    assert np.allclose(scales, scales[0][0])
    # Nor does that change where a page gives a panel less room than it asks for.
    less = [per_km(c["layer"][0], 0.9 * c["width"], c["height"] - 60) for c in charts]
    assert np.allclose(less, scales[0][0])
    assert max(c["width"] for c in charts) <= 330
    bars = [r["x2"] - r["x"] for c in charts for d in c["datasets"].values() for r in d if "x2" in r]  # fmt: skip
    assert len(bars) == len(charts)
    assert np.allclose(bars, bars[0])
    for chart in charts:
        for k, name in enumerate("xy"):
            low, high = domain(chart["layer"][0], name, chart["width"], chart["height"])
            for place in _drawn(chart):
                assert low <= place[k] <= high


def test_a_figure_has_one_scale_and_a_bar_of_its_length(shapes, found):
    for arrangement in ARRANGEMENTS:
        figure = layout_figure(shapes, "zh", arrangement)
        axes = figure.axes[0]
        figure.canvas.draw()
        (x0, y0), (x1, y1) = axes.transData.transform([(0, 0), (1, 1)])
        assert x1 - x0 == pytest.approx(y1 - y0)
        lines = {line.get_gid(): line for line in axes.lines if line.get_gid()}
        lengths = [np.hypot(*np.diff(lines[f"axis-{k + 1}"].get_xydata(), axis=0).T).sum() for k in range(len(shapes))]  # fmt: skip
        assert lengths == pytest.approx(found.corridors["length_km"].tolist(), rel=1e-3)
        west, _, east, _ = extent(shapes)
        bar = np.ptp(lines["scale"].get_xdata())
        assert f"{bar:g} 公里" in [t.get_text() for t in axes.texts]
        assert 0.02 < bar / (east - west) < 0.5
    once, again = (figure_file(layout_figure(shapes[:2], "en", "turned")) for _ in range(2))
    assert once == again
    assert once.startswith(b"<?xml")


def test_a_figure_can_be_taken_as_any_file(shapes):
    figure = layout_figure(shapes[:1], "en", "side-by-side")
    assert figure_file(figure, "png").startswith(b"\x89PNG")
    assert figure_file(figure, "pdf").startswith(b"%PDF")


def test_side_by_side_none_lies_on_another(shapes):
    for width in (100.0, 250.0, 1000.0):
        moved = [shifted(s, by) for s, by in zip(shapes, shelves(shapes, width), strict=True)]
        boxes = [shapely.box(*s.bounds) for s in moved]
        for k, box in enumerate(boxes):
            assert not any(box.intersects(other) for other in boxes[k + 1 :])
        assert [m.axis.length for m in moved] == pytest.approx([s.axis.length for s in shapes])


def test_what_is_not_measured_is_said_and_not_drawn(found):
    for measure in BANDED:
        for lang in LANGUAGES:
            spec = measure_dots(found.corridors, measure, lang).to_dict()
            (rows,) = spec["datasets"].values()
            assert [r["value"] is None for r in rows] == found.corridors[measure].isna().tolist()
            for row in rows:
                if row["value"] is not None:
                    assert row["low_drawn"] <= row["value"] <= row["high_drawn"]
    text = str(measure_dots(found.corridors, "cores_per_100km", "en").to_dict())
    assert "not measurable" in text
    assert "isValid(datum.value)" in text


def test_numbers_stand_apart_and_are_read_on_their_colours(shapes):
    assert len(set(badges(shapes))) == len(shapes)
    for one in colours_of(shapes, "zh"):
        light, dark = (_luminance(c) for c in (one.colour, ink_on(one.colour)))
        assert (max(light, dark) + 0.05) / (min(light, dark) + 0.05) > 4.5
    assert len({one.colour for one in colours_of(shapes, "zh")}) == len(shapes)


def _luminance(colour):
    parts = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize(("width", "bar"), [(150, 20), (40, 10), (9, 2), (1200, 200), (3, 0.5)])
def test_scale_bars_are_round(width, bar):
    assert scale_km(width) == pytest.approx(bar)


def test_one_layout_alone_can_be_drawn():
    for name in geo.layouts():
        own = axis_shapes([geo.load_layout(name)])
        assert axes_overlaid(own, "zh", turned=True).to_dict()["layer"]
        assert len(axes_panels(own, "en")) == len(own)
