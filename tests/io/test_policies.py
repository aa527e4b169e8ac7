"""The tables of policies and rates: read, refused, carried along."""

from __future__ import annotations

import csv
import shutil

import pytest

import geo
from geo.errors import LayoutError
from geo.io.layouts import check_layout
from geo.io.policies import KINDS, LEVELS, POLICY_COLUMNS, read_policies
from geo.io.rates import RATE_COLUMNS
from geo.model.changes import Remove
from geo.model.scenario import Scenario, apply_scenario

GOOD = {
    "id": "a",
    "level": "city",
    "place": "420100",
    "title_zh": "甲",
    "title_en": "A",
    "source": "s",
    "confidence": "low",
}


def write(path, *rows, columns=POLICY_COLUMNS):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns))
        writer.writeheader()
        writer.writerows(dict.fromkeys(columns, "") | r for r in rows)
    return path


def rows_of(path):
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.fixture
def copy(tmp_path, wuhan):
    return shutil.copytree(wuhan.folder, tmp_path / "wuhan")


def test_what_is_written_is_read_again(tmp_path):
    row = GOOD | {
        "kinds": "fund, loan;tax",
        "issued": "2025-06",
        "url": "https://example.org/a",
        "amount_zh": "=1+1",
    }
    table = read_policies(write(tmp_path / "p.csv", row))
    assert list(table.columns) == list(POLICY_COLUMNS)
    assert table.loc[0, ["kinds", "issued", "number", "amount_zh"]].tolist() == [
        "fund loan tax",
        "2025-06",
        "",
        "=1+1",
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"level": "town"}, "is not one of"), ({"place": "420000"}, "is no code of a city"), ({"level": "district"}, "is no code of a district"),
        ({"level": "province"}, "is no code of a province"), ({"level": "national"}, "has no place"), ({"level": "zone", "place": ""}, "needs a place"),
        ({"kinds": "fund lottery"}, "lottery"), ({"issued": "June"}, "is not a date"), ({"in_force_from": "2025-02", "in_force_to": "2024"}, "before it begins"),
        ({"in_force_from": "2024-05-02", "in_force_to": "2024-05-01"}, "before it begins"), ({"url": "javascript:alert(1)"}, "is no web address"),
        ({"title_zh": ""}, "is not text|is missing|empty"), ({"confidence": "sure"}, "is not one of"),
    ],
)  # fmt: skip
def test_each_slip_is_told_with_its_row_and_mend(tmp_path, change, what):
    with pytest.raises(LayoutError, match=what) as told:
        read_policies(write(tmp_path / "p.csv", GOOD, GOOD | {"id": "b"} | change))
    (problem,) = told.value.problems
    assert problem.where == "row 3"
    assert problem.mend


def test_dates_that_may_agree_are_taken(tmp_path):
    rows = [GOOD | {"id": str(k), "in_force_from": a, "in_force_to": b} for k, (a, b) in enumerate([("2025-06", "2025"), ("2025", "2025"), ("2025", "2025-03")])]  # fmt: skip
    assert len(read_policies(write(tmp_path / "p.csv", *rows))) == 3


def test_all_problems_are_told_at_once_and_ids_once(tmp_path):
    with pytest.raises(LayoutError) as told:
        read_policies(write(tmp_path / "p.csv", GOOD, GOOD, GOOD | {"id": "b", "level": "x"}))
    assert len(told.value.problems) == 2
    with pytest.raises(LayoutError, match="no file"):
        read_policies(tmp_path / "none.csv")
    with pytest.raises(LayoutError, match="no column"):
        read_policies(write(tmp_path / "p.csv", columns=("id", "level")))


def test_zones_must_be_footprints_of_the_layout(copy):
    rows = rows_of(copy / "policies.csv")
    rows[0] |= {"level": "zone", "place": "nowhere"}
    rows[1] |= {"level": "zone", "place": "wuchuangtong"}
    write(copy / "policies.csv", *rows)
    text = "\n".join(map(str, check_layout(copy)))
    assert f"policies.csv, row {rows[0]['id']}, place: no feature 'nowhere'" in text
    assert "'wuchuangtong' is a node, which covers no area" in text


def test_rates_must_name_claims(copy):
    rows = rows_of(copy / "rates.csv")
    write(copy / "rates.csv", rows[0] | {"denominator": "nothing"}, columns=RATE_COLUMNS)
    assert "rates.csv, row money-per-need, denominator: no claim 'nothing'" in str(
        check_layout(copy)[0]
    )
    for change, what in (
        ({"since": "launch"}, "go together"),
        ({"denominator": ""}, "divided by something"),
    ):
        write(copy / "rates.csv", rows[0] | change, columns=RATE_COLUMNS)
        assert what in str(check_layout(copy)[0])


def test_a_layout_carries_its_tables(wuhan, tmp_path):
    assert check_layout(wuhan.folder) == []
    again = geo.read_layout(geo.write_layout(wuhan, tmp_path / "again"))
    assert again.policies.equals(wuhan.policies)
    assert again.rates.equals(wuhan.rates)
    (tmp_path / "again" / "policies.csv").unlink()
    (tmp_path / "again" / "rates.csv").unlink()
    bare = geo.read_layout(tmp_path / "again")
    assert len(bare.policies) == len(bare.rates) == 0
    assert not (geo.write_layout(bare, tmp_path / "bare") / "policies.csv").exists()


def test_a_scenario_keeps_them_but_for_what_it_removes(wuhan):
    name = "optics-valley-corridor"
    scenario = Scenario(
        id="s",
        name_zh="s",
        name_en="s",
        base=wuhan.id,
        changes=(Remove(do="remove", feature=name),),
    )
    changed = apply_scenario(wuhan, scenario)
    assert set(wuhan.policies["id"]) - set(changed.policies["id"]) == {"optics-corridor-plan"}
    assert changed.rates.equals(wuhan.rates)


# ---- the bundled table


def test_the_bundled_policies_are_sourced_and_cover_all_levels(wuhan):
    table = wuhan.policies
    assert 12 <= len(table) <= 25
    assert set(table["level"]) == set(LEVELS)
    assert {"420100", "420700", "420111", "donghu-high-tech-zone"} <= set(table["place"])
    assert (table["source"] != "").all()
    assert {k for tags in table["kinds"] for k in tags.split()} <= set(KINDS)
    # What was not found is blank, and then nothing is said to be certain.
    bare = table[(table["issued"] == "") & (table["in_force_from"] == "")]
    assert set(bare["confidence"]) <= {"medium", "low"}
    assert set(bare["id"]) == {"wuhan-knowledge-loan"}
    assert all(table.loc[table["confidence"] == "high", "issued"] != "")
