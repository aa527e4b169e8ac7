from __future__ import annotations

import copy
import csv
import json
import tomllib

import jsonschema
import pytest
from typer.testing import CliRunner

import geo
import geo.cli.author
from geo.cli import app
from geo.datasets import home
from geo.io.json_schemas import json_schemas, schema_text
from geo.io.tables import _NUMERIC

SCHEMAS = json_schemas()
FOLDERS = geo.layouts()


def content(folder, name):
    """Return what the schema of a name is of, or ``None`` where the layout has no such file."""
    if name == "layout":
        return json.loads(json.dumps(tomllib.loads((folder / "layout.toml").read_text("utf-8")), default=str))  # fmt: skip
    layer = folder / f"{name}.geojson"
    if layer.is_file():
        return json.loads(layer.read_text("utf-8"))
    table = folder / f"{name}.csv"
    if not table.is_file():
        return None
    with table.open(encoding="utf-8", newline="") as stream:
        return [{k: _cell(k, v) for k, v in row.items()} for row in csv.DictReader(stream)]


def _cell(column, text):
    if not text.strip():
        return None
    return float(text) if column in _NUMERIC else text.strip()


def errors(name, value):
    checker = jsonschema.Draft202012Validator(SCHEMAS[name])
    return [e.message for e in checker.iter_errors(value)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_every_field_is_described(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    schema = SCHEMAS[name]
    if "items" in schema:
        fields = schema["items"]["properties"]
    elif name == "layout":
        fields = schema["properties"]
    else:
        fields = schema["properties"]["features"]["items"]["properties"]["properties"]["properties"]
    assert [f for f, own in fields.items() if not own.get("description")] == []


def test_the_stored_schemas_are_current():
    folder = home() / "docs" / "schema"
    if not folder.is_dir():
        pytest.skip("the documents are not part of the wheel")
    stored = {f.name.removesuffix(".schema.json"): f.read_text("utf-8") for f in folder.glob("*.json")}  # fmt: skip
    assert stored == {name: schema_text(s) for name, s in SCHEMAS.items()}, (
        "run: corridor schema -o docs/schema"
    )


@pytest.mark.parametrize("layout", FOLDERS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_bundled_layouts_are_valid(layout, name):
    value = content(FOLDERS[layout], name)
    if value is not None:
        assert errors(name, value) == []


def _feature(value):
    return value["features"][0]["properties"]


SPOILED = [
    ("layout", lambda v: v.pop("centre")),
    ("layout", lambda v: v.update(centre=[200, 30])),
    ("layout", lambda v: v.update(colour="red")),
    ("layout", lambda v: v.update(as_of="yesterday")),
    ("layout", lambda v: v.update(campus_rings={"kind": "palace"})),
    ("layout", lambda v: v.update(languages=["fr"])),
    ("corridors", lambda v: _feature(v).pop("width_km", _feature(v).pop("widths_km", None))),
    ("corridors", lambda v: _feature(v).update(width_km=5, widths_km=[[0, 5]])),
    ("corridors", lambda v: _feature(v).update(width_km=-5, widths_km=None)),
    ("corridors", lambda v: v["features"][0].update(geometry={"type": "Point", "coordinates": [1, 2]})),
    ("corridors", lambda v: v["features"][0]["geometry"].update(coordinates=[[114, 30]])),
    ("nodes", lambda v: _feature(v).update(kind="palace")),
    ("nodes", lambda v: _feature(v).update(id="Not A Slug")),
    ("nodes", lambda v: _feature(v).update(err_m=-1)),
    ("nodes", lambda v: v["features"][0].update(geometry={"type": "Point", "coordinates": [30, 114]})),
    ("nodes", lambda v: (v["features"][0].update(geometry={"type": "Point", "coordinates": [114, 30]}), _feature(v).update(err_m=None))),
    ("nodes", lambda v: v.update(type="Features")),
    ("nodes", lambda v: _feature(v).update(as_of="2024-13")),
    ("belts", lambda v: _feature(v).update(kind="oriented-belt", azimuth_deg=None)),
    ("belts", lambda v: _feature(v).update(azimuth_deg=400)),
    ("zones", lambda v: _feature(v).update(side="top")),
    ("links", lambda v: _feature(v).pop("from_id")),
    ("links", lambda v: v["features"][0].update(geometry={"type": "Point", "coordinates": [1, 2]})),
    ("roads", lambda v: _feature(v).update(status="guessed")),
    ("claims", lambda v: v[0].update(qualifier="roughly")),
    ("claims", lambda v: v[0].update(value="many")),
    ("claims", lambda v: v[0].pop("subject")),
    ("claims", lambda v: v[0].update(source=None)),
    ("population", lambda v: v[0].update(population=-5)),
    ("population", lambda v: v[0].update(level="village")),
    ("policies", lambda v: v[0].update(issued="soon")),
    ("rates", lambda v: v[0].update(per="decade")),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SPOILED)))
def test_spoiled_copies_are_not(number):
    name, spoil = SPOILED[number]
    value = copy.deepcopy(content(FOLDERS["wuhan"], name))
    assert errors(name, value) == []
    spoil(value)
    assert errors(name, value) != []


def test_a_new_layout_is_valid(tmp_path):
    from geo.io.drawn_axis import axis_of
    from geo.io.template import layout_of_axis, new_layout

    made = layout_of_axis(tmp_path / "own", axis_of("2.1,48.8 2.2,48.7"), width_km=3)
    for folder in (made.folder, new_layout(tmp_path / "example")):
        for name in SCHEMAS:
            value = content(folder, name)
            assert value is None or errors(name, value) == []


def test_the_command(tmp_path):
    runner = CliRunner()
    assert runner.invoke(app, ["schema"]).output.split() == list(SCHEMAS)
    printed = runner.invoke(app, ["schema", "nodes"]).output
    assert json.loads(printed) == SCHEMAS["nodes"]
    done = runner.invoke(app, ["schema", "-o", str(tmp_path / "s"), "--lang", "en"])
    assert done.exit_code == 0
    assert {f.name for f in (tmp_path / "s").iterdir()} == {f"{n}.schema.json" for n in SCHEMAS}
    assert runner.invoke(app, ["schema", "palaces"]).exit_code == 2
