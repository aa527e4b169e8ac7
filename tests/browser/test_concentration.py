"""The page of concentration: each question, both languages, numbers as ``geo`` gives them."""

from __future__ import annotations

import re

import pytest

import geo
from geo.datasets.demo import demo_points
from geo.words import say
from geo.words.figures import figure

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-concentration")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def firms(wuhan):
    return demo_points(wuhan)


@pytest.fixture(scope="module")
def units(wuhan):
    return geo.read_units(wuhan)


def go(page, server, query):
    page.goto(f"{server}/concentration?data=demo&{query}")
    page.get_by_text(re.compile("方法:|Method: ")).first.wait_for()


def ask(page, question, lang):
    words = say(f"concentrationpage.q.{question}", lang)
    page.get_by_test_id("stMain").get_by_role("radio", name=words, exact=True).click()


def told(page, *numbers):
    """Wait until the page says all these, in one paragraph."""
    place = page.get_by_test_id("stMain").locator("p")
    for number in numbers:
        place = place.filter(has_text=str(number))
    place.first.wait_for()
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text(say("app.frame.failed", "zh")).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def painted(page, colour, at_least=1):
    """Wait until the map has so many things of a colour."""
    things = page.frame_locator("iframe").first.locator(f"path.leaflet-interactive[fill='{colour}']")  # fmt: skip
    things.nth(at_least - 1).wait_for(state="attached")
    return things.count()


@pytest.mark.long
def test_every_question_is_answered_with_the_numbers_of_geo(page, server, shot, wuhan, firms, units):  # fmt: skip
    by = {"by": "industry"}
    lq = geo.location_quotients(firms, wuhan, **by).table
    sure = lq[(lq["lq_ci_low"] > 1) & (lq["lq_low"] > 1) & ~lq["few"]]
    best = sure.loc[sure["lq"].idxmax()]
    go(page, server, "lang=zh")
    told(page, best["footprint_zh"], best["by"], figure(best["lq"], 3), figure(best["lq_high"], 3), figure(best["lq_ci_high"], 3))  # fmt: skip
    charts = page.locator("[data-testid=stVegaLiteChart]")
    charts.nth(1).wait_for()
    assert charts.count() == 2
    shot(page, "concentration-quotients-zh")

    ask(page, "uneven", "zh")
    table = geo.inequality(firms, wuhan, units=units).table.set_index("footprint")
    told(page, figure(table.loc["all", "gini"], 3), figure(table.loc["any", "gini_high"], 3))

    ask(page, "centres", "zh")
    found = geo.mean_centres(firms, wuhan, **by)
    row, axis = found.table.iloc[0], found.axes.iloc[0]
    told(page, f"{row['lon']:.4f}", f"{row['lat']:.4f}", f"{round(axis['difference_deg'], 1):g}", axis["axis_zh"])  # fmt: skip
    painted(page, "#0072B2")
    shot(page, "concentration-centres-zh")

    ask(page, "neighbours", "zh")
    row = geo.nearest_neighbours(firms, wuhan, study=units).table.iloc[0]
    told(page, figure(row["observed_m"]), figure(row["nn_ratio"], 3), f"{abs(row['nn_z_donnelly']):.1f}")  # fmt: skip

    ask(page, "density", "zh")
    density = geo.kernel_density(firms, wuhan, cell_km=3, study=units)
    mass = density.table["share"].sort_values(ascending=False).cumsum()
    cells = int((mass < 0.5).sum()) + 1
    told(page, figure(cells * 9), f"{cells / len(mass):.1%}")
    assert painted(page, "#662506") == 1
    shot(page, "concentration-density-zh")

    ask(page, "spots", "zh")
    local = geo.local_statistics(firms, wuhan, cell_km=3, study=units, permutations=9999)
    n = int((local.table["g_type"] == "hot").sum())
    told(page, f"{n} 个热点格", f"{len(local.table):,}")
    told(page, "多重检验", "9,999")
    assert painted(page, "#D55E00") >= 1

    ask(page, "clusters", "zh")
    clusters = geo.dbscan_clusters(firms, wuhan, eps_m=500, least=10)
    told(page, f"{len(clusters.table)} 个集群", f"{clusters.totals['share'].iloc[0]:.1%}")
    assert painted(page, "#882255", len(clusters.table)) >= len(clusters.table)
    shot(page, "concentration-clusters-zh")

    ask(page, "growth", "zh")
    growth = geo.growth_types(firms, wuhan, year="founded", first=2016, last=2026, founded=True, cell_km=3, study=units)  # fmt: skip
    every = growth.counts[growth.counts["footprint"] == "all"].set_index("type")["cells"]
    told(page, "2016", "2026", f"新兴 {every['emerging']} 格", f"增长 {every['growing']} 格")
    painted(page, "#E69F00")
    shot(page, "concentration-growth-zh")


@pytest.mark.long
def test_parameters_in_the_address_count_and_long_work_waits_for_its_button(page, server, shot, wuhan, firms, units):  # fmt: skip
    go(page, server, "lang=en&q=spots&cell=5&stat=moran_type&of=光电子信息")
    local = geo.local_statistics(firms, wuhan, by="industry", category="光电子信息", cell_km=5, study=units, permutations=9999)  # fmt: skip
    high = int((local.table["moran_type"] == "high-high").sum())
    told(page, f"High among high {high} cells", f"{len(local.table):,} tested")
    shot(page, "concentration-spots-en")
    page.get_by_role("radio", name="99,999", exact=True).click()
    start = page.get_by_role("button", name=say("concentrationpage.compute", "en"))
    start.wait_for()
    page.get_by_text("Multiple testing").wait_for(state="detached")
    start.click()
    told(page, "Multiple testing", "99,999 permutations")
    assert "permutations=99999" in page.url
    page.get_by_text(say("take.title", "en"), exact=True).click()
    page.locator("[data-testid=stCode]", has_text="geo.").wait_for()
    code = page.locator("[data-testid=stCode]").inner_text()
    assert "permutations=99999" in code
    assert "category='光电子信息'" in code
    ask(page, "quotients", "en")
    told(page, "stands out most in")
    shot(page, "concentration-quotients-en")


@pytest.mark.long
@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_and_asks_for_data_first(page, server, shot):
    page.goto(f"{server}/concentration?lang=zh&q=uneven")
    page.get_by_role("button", name=say("app.mine.try", "zh")).click()
    page.get_by_text(re.compile("方法:")).first.wait_for()
    told(page, "基尼系数", "10% 单元")
    shot(page, "concentration-uneven-phone")
    ask(page, "quotients", "zh")
    told(page, "最突出的是")
    shot(page, "concentration-quotients-phone")
    ask(page, "density", "zh")
    told(page, "一半的点")
    painted(page, "#662506")
    shot(page, "concentration-density-phone")
