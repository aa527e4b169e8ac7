from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geo.maps.figures import Line, bars, figure_file, lines, matrix, profile_figure, strip_figure


def drawn():
    x = [1.0, 2.0, 5.0]
    line = Line("光谷", x, [0.1, 0.2, 0.3], [0.2, 0.3, 0.5], [0.3, 0.4, 0.6], breaks=[2.0])
    bins = pd.DataFrame(
        {
            "side": ["left", "left", "right"], "from_km": [0.0, 1.0, 0.0], "to_km": [1.0, 2.0, 1.0],
            "value": [3, 0, 2], "value_low": [1, 0, 1], "value_high": [5, 2, 2],
        }
    )  # fmt: skip
    table = pd.DataFrame(
        {"chainage_km": [1.0, 1.01, 8], "offset_km": [0.5, 0.5, -1], "where": "inside", "name_zh": ["甲", "乙", "丙"]}
    )  # fmt: skip
    widths = pd.DataFrame({"chainage_km": [0.0, 10], "half_width_km": [2.0, 3]})
    return {
        "lines": lines([line, line], "公里", "占比", percent=True, marks=[(3.0, "公布")]),
        "bars": bars(["甲", "乙"], [0, 1], [1, 2], [2, 3], "个数"),
        "matrix": matrix(["甲", "乙"], [[1.0, np.nan], [np.nan, 4000.0]], "面积"),
        "profile": profile_figure(bins, "里程", "左", "右", nodes=[(0.5, "站")]),
        "strip": strip_figure(table, widths, "里程", "距离"),
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["lines", "bars", "matrix", "profile", "strip"])
def test_each_is_drawn_in_three_forms_and_always_the_same(name):
    for form, head in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        content = figure_file(drawn()[name], form)
        assert content.startswith(head)
        assert len(content) > 3000
        if form != "png":
            assert content == figure_file(drawn()[name], form)


def test_they_show_what_they_are_given():
    figures = drawn()
    axes = figures["lines"].axes[0]
    assert [line.get_label() for line in axes.lines if line.get_label() == "光谷"] == ["光谷"] * 2
    assert list(axes.lines[0].get_ydata()) == [0.2, 0.3, 0.5]
    heights = [b.get_height() for c in figures["profile"].axes[0].containers for b in c]
    # What lies on the right is drawn below the axis.
    assert sorted(heights) == [-2, 0, 3]
    cells = [t.get_text() for t in figures["matrix"].axes[0].texts]
    assert cells == ["1", "4,000"]
    names = [t.get_text() for t in figures["strip"].axes[0].texts]
    # Two at one place: the second is left to the table.
    assert names == ["甲", "丙"]
    dots = figures["strip"].axes[0].collections[-1].get_offsets()
    # Left of the axis is above.
    assert np.asarray(dots)[:, 1].tolist() == [-0.5, -0.5, 1]
