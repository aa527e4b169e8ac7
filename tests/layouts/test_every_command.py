"""Every command of ``corridor`` on every bundled layout, called as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

import geo
from geo.cli import app
from geo.datasets import DEFAULT
from geo.errors import CorridorError
from geo.io.scenarios import scenario_text
from geo.model.scenario import Scenario

RUNNER = CliRunner()
ROLES = ["--by", "industry", "--weight", "staff"]


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The firms of a layout, and a scenario of it, as files: written once."""
    made: dict[str, dict[str, Path]] = {}

    def of(w) -> dict[str, Path]:
        if w.name not in made:
            folder = tmp_path_factory.mktemp(w.name)
            frame = pd.DataFrame(w.points.frame.drop(columns=["geometry", "row", "err_m"]))
            frame.to_csv(folder / "firms.csv", index=False)
            change = {"do": "move", "feature": w.axis.id, "by_km": 2, "azimuth_deg": 180}
            aside = Scenario.of({"id": "aside", "name_zh": "旁移", "name_en": "Aside", "base": w.name, "changes": [change]})  # fmt: skip
            (folder / "aside.json").write_text(scenario_text(aside), "utf-8")
            needs = pd.DataFrame({"id": ["a"], "text": ["机器人控制器 robot controller"], "lon": [w.layout.meta.centre[0]], "lat": [w.layout.meta.centre[1]]})  # fmt: skip
            needs.to_csv(folder / "needs.csv", index=False)
            gpd.GeoDataFrame({"name": ["x"]}, geometry=[w.axis.axis], crs=4326).to_file(folder / "line.geojson")  # fmt: skip
            made[w.name] = {p.stem: p for p in folder.iterdir()}
        return made[w.name]

    return of


def calls(name: str, w: Any, f: dict[str, Path], out: Path) -> list[list[Any]]:
    """Return the calls of a command that a layout is tried with."""
    firms, lon, lat = f["firms"], *map(str, w.layout.meta.centre)
    axis, place = w.axis.id, w.layout.nodes["name_en"].iat[0]
    kind = f"kind:{w.kinds[0]}"
    return {
        "audit": [["audit"], ["audit", "--all"]],
        "check": [["check", w.name], ["check", geo.layouts()[w.name]]],
        "compare": [["compare", f["aside"], firms, *ROLES], ["compare", f["aside"]]],
        "concentration": [
            ["concentration", firms, *ROLES, "--year", "founded", "--founded", "--what", "lq,inequality,centre,neighbour,clusters", "--cell-km", "10"],
            ["concentration", firms, *ROLES, "--what", "density,local", "--cell-km", "10", "--permutations", "99"],
        ],
        "curve": [["curve", firms, "--about", axis, *ROLES], ["curve", firms, "--about", "node", "--of", "footprint"]],
        "demo": [["demo", out / "firms.xlsx", "--n", "1000"]],
        "find": [["find", place], ["find", "DEMO00001", "--points", firms, "--label", "firm_id"]],
        "fit": [["fit", firms, "--length", "150", "--width", "50", "--contain", "seats", "--step", "15", *ROLES]],
        "frontier": [["frontier", firms, "--length", "40", "--widths", "5,20", "--step", "45"]],
        "gaps": [["gaps", firms, *ROLES], ["gaps"]],
        "here": [["here", lon, lat]],
        "indicators": [["indicators"], ["indicators", firms, "-t", "panel"], ["indicators", "-t", "weights"]],
        "layers": [["layers"], ["layers", "--all"]],
        "links": [["links", "-t", t] for t in ("links", "figures")]
        + [["links", firms, "-t", t, "--mass", "points"] for t in ("matrix", "nearest", "flows", "star")],
        "match": [["match", f["needs"]], *([["match", "--example"]] if not w.lacks("match") else [])],
        "null": [["null", firms, "--draws", "19", "--edge", "clip"]],
        "overlap": [["overlap", firms, *ROLES], ["overlap", "--level", "footprint"]],
        "policies": [["policies", lon, lat], ["policies", "--points", firms]],
        "population": [["population"]],
        "profile": [["profile", firms, "--about", axis, "--step", "5", *ROLES]],
        "reach": [["reach", firms, "--to", kind], ["reach", "--to", kind]],
        "report": [["report", "-o", out / "report.html"]],
        "score": [["score", firms, "--draws", "19"], ["score"]],
        "site": [["site", firms, "-n", "2", "--candidates", kind, "--seconds", "1"], ["site", firms, "-n", "1", "--candidates", "grid:5", "--seconds", "1"]],
        "stats": [["stats", firms, *ROLES], ["stats"]],
        "units": [["units"], ["units", "--level", "city"]],
        "uncertainty": [["uncertainty", firms, "--draws", "20", *ROLES]],
    }[name]  # fmt: skip


COVERED = (
    "audit", "check", "compare", "concentration", "curve", "demo", "find", "fit", "frontier", "gaps", "here", "indicators",
    "layers", "links", "match", "null", "overlap", "policies", "population", "profile", "reach", "report", "score", "site",
    "stats", "uncertainty", "units",
)  # fmt: skip
ELSEWHERE = {
    "app": "the browser tests open it on each layout",
    "compare-layouts": "takes two layouts: has tests of its own over all of them",
    "export": "test_every_export.py",
    "import-layer": "of a file",
    "new": "makes a layout",
    "schema": "of no layout",
}
"""Commands that are not tried here, and why."""
NO_LAYOUT_OPTION = {"check"}
MACHINE = {"check", "demo", "report"}
"""Commands that have no --format."""


def names() -> set[str]:
    return {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}


def call(*arguments: Any):
    return RUNNER.invoke(app, [str(a) for a in arguments])


def test_every_command_is_covered():
    assert names() <= set(COVERED) | set(ELSEWHERE), names() - set(COVERED) - set(ELSEWHERE)


HEAVY = {"compare", "concentration", "report", "frontier", "gaps", "links", "match", "null", "profile", "score", "uncertainty"}  # fmt: skip


def _cases() -> list[Any]:
    """Each command on each layout in each language; with make test once, on three of them."""
    found = []
    for layout in sorted(geo.layouts()):
        for name in COVERED:
            for lang in ("zh", "en"):
                quick = lang == "en" and not (layout == DEFAULT and name in HEAVY)
                quick &= (
                    name not in ("report", "concentration", "compare")
                    and layout != "hangzhou-chengxi"
                )
                marks = [] if quick else [pytest.mark.long]
                found.append(pytest.param(layout, name, lang, marks=marks, id=f"{layout}-{name}-{lang}"))  # fmt: skip
    return found


@pytest.mark.parametrize(("layout", "name", "lang"), _cases())
def test_a_command_on_a_layout(worlds, invariants, files, tmp_path, layout, name, lang):
    """It answers, or says in words what the layout lacks; never a trace, a key or another city."""
    w = worlds(layout)
    for arguments in calls(name, w, files(w), tmp_path):
        own = [] if name in NO_LAYOUT_OPTION else ["--layout", layout]
        # Whether WGS84 or GCJ-02 cannot be told of invented rows.
        if any(isinstance(a, Path) and a.suffix == ".csv" for a in arguments):
            own += ["--datum", "wgs84"]
        # One language as a table, the other for machines.
        form = ["-f", "json"] if lang == "en" and name not in MACHINE else []
        done = call(*arguments, *own, "--lang", lang, *form)
        said = done.output + (str(done.exception) if done.exit_code else "")
        assert not invariants.foreign_in(w, said), arguments
        assert "Traceback" not in said
        assert not any(key in said for key in ("{n}", "{name}", "nan%", "NaN")), arguments
        if done.exit_code:
            refused = isinstance(done.exception, CorridorError | SystemExit)
            assert refused, (arguments, repr(done.exception))
            assert len(said.strip()) > 30, (arguments, said)
            assert w.lacks(name), (arguments, said)
        elif form and not done.stdout.strip():
            assert w.lacks(name), arguments
            assert layout in done.stderr, arguments
        elif form:
            for frame in _tables(done.stdout):
                assert not invariants.wrong_bands(frame), arguments
        else:
            assert said.strip(), arguments


def _tables(text: str) -> list[pd.DataFrame]:
    """Return the tables of a machine's answer: one list of records, or several by name."""
    found = json.loads(text)
    tables = list(found.values()) if isinstance(found, dict) else [found]
    return [pd.DataFrame(t) for t in tables if isinstance(t, list) and t and isinstance(t[0], dict)]
