"""Invented firms about every layout: where they stand, in which language, and that they say so."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import geo
from geo.datasets.demo import demo_firms, write_demo, write_dirty
from geo.datasets.demo_ground import AROUND_KM, ground_of
from geo.errors import LayoutError
from geo.model.layout import Layout


def test_firms_stand_where_it_says(world):
    firms, ground = demo_firms(world.layout, 300), ground_of(world.layout)
    peopled = world.units is not None and len(world.layout.population) > 0
    if world.units is None:
        assert ground.by == "around"
        near = shapely.union_all([*world.layout.footprints.to_crs(world.layout.crs).geometry]).buffer(AROUND_KM * 1000 + 1)  # fmt: skip
        assert shapely.contains(near, firms.to_crs(world.layout.crs).geometry).all()
        assert set(firms["unit"]) == {""}
    else:
        assert ground.by in (("people", "area") if peopled else ("area",))
        own = world.units.set_index("adcode").geometry
        held = [shapely.intersects(own[code], at) for code, at in zip(firms["unit"], firms.geometry, strict=True)]  # fmt: skip
        # Rounding to six decimals may carry a firm on a border over it.
        assert np.mean(held) > 0.99
    assert len(firms) == 300
    assert (firms["data_kind"] == "模拟数据 synthetic").all()


def test_the_same_seed_gives_the_same_firms_and_another_does_not(world):
    one, two = demo_firms(world.layout, 50), demo_firms(world.layout, 50)
    pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(two))
    assert not one["lon"].equals(demo_firms(world.layout, 50, seed=1)["lon"])


def test_names_are_in_the_first_language_of_the_layout(world, tmp_path):
    firms = demo_firms(world.layout, 20)
    chinese = world.layout.meta.languages[0] == "zh"
    assert firms["name"].str.isascii().all() != chinese
    assert (firms["industry"] == firms["industry_en"]).all() != chinese
    write_demo(world.layout, tmp_path / "firms.xlsx", 20)
    book = openpyxl.load_workbook(tmp_path / "firms.xlsx")
    cells = [str(c) for s in book for row in s.iter_rows(values_only=True) for c in row if c]
    assert any("20 " in c and "invented" in c for c in cells)
    points = geo.read_points(tmp_path / "firms.xlsx")
    assert len(points) == 20


def test_a_dirty_copy_can_be_made_of_each(world, tmp_path):
    write_dirty(world.layout, tmp_path / "dirty.csv", 1000)
    assert len(pd.read_csv(tmp_path / "dirty.csv", encoding="gbk", dtype=str)) == 1030


def test_units_without_people_are_taken_by_area():
    wuhan = geo.load_layout("wuhan")
    bare = Layout(wuhan.meta, wuhan.features, wuhan.claims, wuhan.population.iloc[:0], wuhan.folder)
    ground = ground_of(bare)
    assert ground.by == "area"
    assert ground.weights.sum() == pytest.approx(geo.read_units(wuhan).to_crs(wuhan.crs).pipe(lambda u: u[u["adcode"].isin(ground.codes)]).area.sum() / 1e6, rel=1e-3)  # fmt: skip


def test_a_layout_of_which_nothing_is_located_says_so():
    oxcam = geo.load_layout("oxcam")
    empty = Layout(oxcam.meta.model_copy(update={"seats": ()}), [], oxcam.claims, oxcam.population)
    with pytest.raises(LayoutError, match="has a position"):
        demo_firms(empty, 10)
