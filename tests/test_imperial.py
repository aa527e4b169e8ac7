"""Miles beside kilometres: digits, texts, tables, and where a layout's numbers appear."""

from __future__ import annotations

import json
import math
import re
import time

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.maps.charts import length_axis
from geo.maps.cover_charts import measured_bars
from geo.maps.curve_charts import curve_chart
from geo.maps.layers import LAYER_KEYS, card_rows, layer_features
from geo.maps.static import draw_map
from geo.maps.web import one_file_html
from geo.measure.scales import KM, KM2
from geo.report.contents import Ask, report
from geo.report.html import html_report
from geo.report.kml import kml_of
from geo.report.layers import export_layers
from geo.report.tables import for_people, heading, to_csv, to_xlsx, widened
from geo.words import LANGUAGES, say
from geo.words.figures import figure
from geo.words.imperial import (
    area_words,
    beside,
    converted,
    is_imperial,
    length_words,
    reader,
)

EN, ZH = reader("en", imperial=True), reader("zh", imperial=True)
MILES = re.compile(
    r"\d\s?\)?\s?(?:mi|sq mi|acres|ft|mph)(?![\w/])|英里|英亩|英尺|\((?:sq )?mi\)|\(acres\)"
)
IMPERIAL = {"oxcam"}
RUNNER = CliRunner()


@pytest.fixture(scope="module", params=geo.layouts())
def layout(request):
    return geo.load_layout(request.param)


def has_miles(text):
    return MILES.search(text) is not None


# ---- figures


def test_the_units_are_exact():
    # A mile is 5280 feet of 0.3048 m; an acre is a 640th of a square mile.
    assert pytest.approx(5280 * 0.3048 / 1000, rel=1e-15) == KM["mi"]
    assert pytest.approx(KM["mi"] ** 2, rel=1e-15) == KM2["sq mi"]
    assert pytest.approx(KM["mi"] ** 2 / 640, rel=1e-15) == KM2["acre"]
    assert KM["英里"] == KM["mi"]
    assert KM2["英亩"] == KM2["acre"]


@given(st.floats(1e-3, 1e6), st.integers(1, 6), st.sampled_from([KM["mi"], KM2["sq mi"], 1 / KM["mi"], KM2["acre"]]))  # fmt: skip
def test_what_is_converted_comes_back_within_half_of_its_last_place(value, digits, unit):
    shown = figure(value, digits)
    told = converted(shown, 1 / unit)
    number = float(shown.replace(",", ""))
    back = float(told.replace(",", ""))
    decimals = len(told.partition(".")[2])
    # Rounded no further than two digits or twice the worth of the figure's own last place.
    step = 10.0 ** -len(shown.partition(".")[2]) / unit
    two_digits = 10.0 ** (math.floor(math.log10(number / unit)) - 1)
    last = max(10.0**-decimals, min(two_digits, 10.0 ** math.ceil(math.log10(step / 2))))
    assert abs(back - number / unit) <= last / 2 * (1 + 1e-9)


@given(st.floats(0.01, 1e6), st.integers(1, 5))
def test_miles_have_no_more_digits_than_kilometres(value, digits):
    shown = figure(value, digits)
    told = converted(shown, 1 / KM["mi"])

    def significant(text):
        return len(text.replace(",", "").replace(".", "").lstrip("0"))

    assert significant(told) <= max(2, significant(shown))
    if significant(told) > 2:
        assert len(told.partition(".")[2]) <= len(shown.partition(".")[2])


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("150 × 30 km", "150 × 30 km (93 × 19 mi)"),
        ("1 km", "1 km (0.62 mi)"),
        ("0 km", "0 km (0 mi)"),
        ("390 km²", "390 km² (151 sq mi)"),
        ("2 km²", "2 km² (490 acres)"),
        ("12 km² (11–13)", "12 km² (11–13), 4.6 sq mi (4.2–5.0)"),
        ("5.2 (5.1–5.3) km", "5.2 (5.1–5.3) km / 3.2 (3.2–3.3) mi"),
        ("(12.0 km outside)", "(12.0 km / 7.5 mi outside)"),
        ("12 of 30 km", "12 of 30 km (7.5 of 19 mi)"),
        ("−3.2 km", "−3.2 km (−2.0 mi)"),
        ("50 m", "50 m (160 ft)"),
        ("1,500 m", "1,500 m (0.932 mi)"),
        ("at 5 km/h", "at 5 km/h (3.1 mph)"),
        ("12 people per km²", "12 people per km² (31 per sq mi)"),
        ("66 mi", "66 mi (106 km)"),
        ("**12** km", "**12** km (7.5 mi)"),
        ("50 m, 5 km", "50 m (160 ft), 5 km (3.1 mi)"),
        ("at 50 mph, 5 km on", "at 50 mph (80 km/h), 5 km (3.1 mi) on"),
        ("48 km (30 miles)", "48 km (30 miles)"),
        ("5 min, 3 moves, 12 m2x, A5 km", "5 min, 3 moves, 12 m2x, A5 km"),
    ],
)
def test_each_measure_of_a_text_gets_the_other_beside_it_once(text, en):
    assert beside(text, EN) == en
    assert beside(en, EN) == en
    assert beside(text, "en") == text


def test_chinese_texts_do_too():
    said = beside("面积 390 平方公里(380–400),全程 30 公里,误差 50 米,5 公里/时", ZH)
    assert (
        said
        == "面积 390 平方公里(380–400),151 平方英里(147–154),全程 30 公里(19 英里),误差 50 米(160 英尺),5 公里/时(3.1 英里/时)"
    )
    assert beside(said, ZH) == said


@given(st.text(alphabet="0123456789 kmi²(),.–-公里平方英/hsq", max_size=40))
def test_no_text_breaks_it_and_what_was_there_stays(text):
    for lang in (EN, ZH):
        said = beside(text, lang)
        kept = iter(said)
        assert all(c in kept for c in text)


@pytest.mark.parametrize(
    "part", ["1 and ", "9", "1-", "1 (1–1) ", "(1 km ", "1,111", "1 aa bb per "]
)
def test_long_texts_of_data_do_not_hold_it_up(part):
    start = time.perf_counter()
    beside(part * 3000, EN)
    assert time.perf_counter() - start < 2


def test_lengths_and_areas_in_words():
    assert length_words(12.3, EN) == "12.3 km (7.6 mi)"
    assert length_words(12.3, ZH) == "12.3 公里(7.6 英里)"
    assert length_words(12.3, "zh") == "12.3 公里"
    assert area_words(1.5, EN) == "1.5 km² (370 acres)"
    assert area_words(390, "en") == "390 km²"


def test_a_reader_is_else_the_language_itself():
    assert EN == "en"
    assert {"en": 1}[EN] == 1
    assert json.dumps({"lang": EN}) == '{"lang": "en"}'
    assert f"name_{EN}" == "name_en"
    assert type(reader(EN, imperial=False)) is str
    assert is_imperial(EN) and not is_imperial("en")
    assert say("map.card.km", EN, value="5") == "5 km (3.1 mi)"
    assert say("map.card.km", "en", value="5") == "5 km"


# ---- tables


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "id": ["a", "b"], "area_km2_low": [300.0, 900.0], "area_km2": [390.0, 1000.0], "area_km2_high": [400.0, np.nan],
            "length_km": [150.0, 5.0], "err_m": [50.0, 100.0], "density_km2": [12.0, 3.5], "x_km": [1.0, 2.0],
            "share": [0.1, 0.2], "of": ["km", "km"], "cost": [5.0, 10.0],
        }
    )  # fmt: skip


def test_columns_get_their_second_unit_beside_them(table):
    wide = widened(table, EN)
    assert list(wide) == [
        "id", "area_km2_low", "area_km2", "area_km2_high", "area_sqmi_low", "area_sqmi", "area_sqmi_high", "length_km", "length_mi",
        "err_m", "err_ft", "density_km2", "density_sqmi", "x_km", "share", "of", "cost", "cost_mi",
    ]  # fmt: skip
    metric = table["area_km2"] / 2.589988110336
    np.testing.assert_allclose(wide["area_sqmi"], metric, atol=0.5)
    np.testing.assert_allclose(wide["length_mi"], table["length_km"] / 1.609344, atol=0.5)
    np.testing.assert_allclose(wide["err_ft"], table["err_m"] / 0.3048, atol=5)
    np.testing.assert_allclose(wide["density_sqmi"], table["density_km2"] * 2.589988110336, atol=0.5)  # fmt: skip
    assert np.isnan(wide["area_sqmi_high"][1])
    pd.testing.assert_frame_equal(wide[list(table)], table)
    pd.testing.assert_frame_equal(widened(wide, EN), wide)
    bins = widened(pd.DataFrame({"from_km": [0.0, 1, 2, 3, 4], "to_km": [1, 2, 3, 4, 4.7]}), EN)
    assert list(bins["from_mi"]) == [0, 0.62, 1.2, 1.9, 2.5]
    bins = widened(pd.DataFrame({"from_km": np.arange(100.0, 104)}), EN)
    assert list(bins["from_mi"]) == [62.1, 62.8, 63.4, 64]
    small = widened(pd.DataFrame({"area_km2": [0.5, 2.0], "cost": [1.0, 2.0], "of": "minutes"}), EN)
    assert list(small) == ["area_km2", "area_acre", "cost", "of"]


def test_headings_name_the_unit(table):
    assert [heading(c, EN) for c in ("length_mi", "area_sqmi", "area_sqmi_low", "err_ft", "cost_mi", "density_sqmi")] == [
        "length (mi)", "area (sq mi)", "area, low (sq mi)", "positional error (ft)", "to the nearest (mi)", "density (per sq mi)",
    ]  # fmt: skip
    assert [heading(c, ZH) for c in ("length_mi", "area_acre", "area_sqmi_low")] == ["长度(英里)", "面积(英亩)", "面积·低(平方英里)"]  # fmt: skip
    for lang in LANGUAGES:
        assert not any(has_miles(f"1 {c}") for c in for_people(table, lang).columns)
        assert list(for_people(table, reader(lang, imperial=True))).count(heading("length_km", lang)) == 1  # fmt: skip


def test_files_for_machines_stay_metric_and_workbooks_for_people_do_not(table, tmp_path):
    assert b"_mi" not in to_csv(table)
    (tmp_path / "t.xlsx").write_bytes(to_xlsx({"t": table}, EN))
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]
    rows = list(sheet.iter_rows(values_only=True))
    shown = dict(zip(rows[0], rows[1], strict=True))
    assert shown["length (km)"] == 150
    assert shown["length (mi)"] == 93
    assert sheet.cell(2, rows[0].index("share") + 1).number_format == "0.0%"


def test_claims_are_shown_as_printed_with_the_other_unit_beside():
    claims = geo.load_layout("oxcam").claims
    told = for_people(claims, EN)
    by_unit = dict(zip(claims["id"], told[heading("value_other", "en")], strict=True))
    assert by_unit["ox01"] == "106 km"
    assert by_unit["ox02"] == "209 km"
    assert by_unit["ox18"] == "4,427 sq mi"
    assert by_unit["ox12"] == ""
    row = pd.DataFrame({"unit": ["mi"], "stated": [66.0], "stated_high": [np.nan], "measured_low": [100.0], "measured": [101.0], "measured_high": [102.0], "why_en": ["stated 66 mi"]})  # fmt: skip
    wide = widened(row, EN)
    assert list(wide[["stated_other", "measured_other", "why_en"]].iloc[0]) == ["106 km", "163 (161–164) km", "stated 66 mi (106 km)"]  # fmt: skip


# ---- every layout


def test_only_layouts_that_ask_for_miles_have_readers_of_them(layout):
    assert layout.meta.imperial == (layout.id in IMPERIAL)
    assert is_imperial(layout.meta.reader("en")) == layout.meta.imperial


@pytest.mark.parametrize("lang", LANGUAGES)
def test_commands_print_miles_only_there(layout, lang):
    # Wide enough that no heading is broken over lines.
    told = RUNNER.invoke(app, ["layers", "-l", layout.id, "--lang", lang]).output
    plain = re.sub(r"[\s┃│]+", " ", told)
    assert has_miles(plain) == layout.meta.imperial
    for form in ("csv", "json"):
        machine = RUNNER.invoke(app, ["layers", "-l", layout.id, "--lang", lang, "-f", form]).output
        assert "_mi" not in machine
        assert "length_km" in machine
    # Nothing of one call stays for the next.
    assert not has_miles(RUNNER.invoke(app, ["layers", "-l", "wuhan", "--lang", lang]).output)


def test_cards_and_tooltips_of_the_map(layout):
    for lang in LANGUAGES:
        texts = [
            value for key in ("corridors", "axes", "belts")
            for feature in layer_features(layout, key, lang, cards=True)
            for value in [re.sub(r"(?:备注|Note): .*", "", feature["properties"].get("card", ""))]
        ]  # fmt: skip
        assert any(map(has_miles, texts)) == layout.meta.imperial
    row = layout.corridors.iloc[0].to_dict()
    own = dict(card_rows(row, layout.meta.reader("en")))
    area = own[say("model.field.area_km2", "en")]
    assert ("sq mi" in area) == layout.meta.imperial
    assert area.startswith(figure(row["area_km2"]))


def test_the_one_file_map(layout):
    text = one_file_html(layout, "en")
    assert ("imperial: true" in text) == layout.meta.imperial
    words = "".join(json.dumps(layer_features(layout, key, "en", cards=True)) for key in LAYER_KEYS if key != "units")  # fmt: skip
    assert ("sq mi" in words) == layout.meta.imperial
    assert text.count("sq mi") == (words.count("sq mi") if layout.meta.imperial else 0)


def test_the_printed_map_has_a_second_bar(layout):
    axes = draw_map(layout, "en").axes[0]
    labels = [t.get_text() for t in axes.texts]
    assert any(re.fullmatch(r"\d+ km", t) for t in labels)
    miles = [t for t in axes.texts if re.fullmatch(r"\d+ mi", t.get_text())]
    assert bool(miles) == layout.meta.imperial
    if miles:
        # As long as it says, in the metres of the projection.
        at = [t.get_position()[0] for t in axes.texts if t.get_text() == "0"]
        size = miles[0].get_position()[0] - at[-1]
        assert size == pytest.approx(float(miles[0].get_text().split()[0]) * 1609.344)


def test_the_report(layout):
    made = report(Ask(layout, "en"), sections=["layout"])
    text = re.sub(r"<script.*?</script>|srcdoc=\"[^\"]*\"", "", html_report(made), flags=re.DOTALL)
    shown = re.sub(r"data:[^\"]*", "", text)
    assert ("sq mi" in shown) == layout.meta.imperial
    assert "km²" in shown
    assert is_imperial(made.lang) == layout.meta.imperial


def test_kml_has_both(layout):
    text = kml_of(export_layers(layout), layout.meta.reader("en")).decode()
    assert ("<displayName>length (mi)</displayName>" in text) == layout.meta.imperial
    assert "<displayName>length (km)</displayName>" in text


def test_charts_of_distances_have_miles_below_each_number():
    table = pd.DataFrame({"curve": "a", "distance_km": [0.0, 1.0, 5.0], "share_low": 0.1, "share": 0.2, "share_high": 0.3})  # fmt: skip
    for lang, there in (("en", False), (EN, True)):
        spec = curve_chart(table, lang, title="share", words={"a": "A"}).to_json()
        assert ("miles" in spec) == there
        assert ("labelExpr" in spec) == there
    bars = pd.DataFrame({"label": ["a"], "area_km2_low": [300.0], "area_km2": [390.0], "area_km2_high": [400.0]})  # fmt: skip
    for lang, there in (("en", False), (EN, True)):
        spec = measured_bars(bars, "label", "area_km2", lang).to_json()
        assert ("151 sq mi (116" in spec or "151 (116" in spec) == there
        assert ("2.589988110336" in spec) == there
    assert "1.609344" in length_axis(EN).to_dict()["labelExpr"]
