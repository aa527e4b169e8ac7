"""Layout folders: read, check, write. A layout is a folder, so another city is another folder."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w
from pydantic import ValidationError

from geo.errors import LayoutError
from geo.io.claims import claim_problems
from geo.io.geojson import read_layer, write_layer
from geo.io.own_units import units_written
from geo.io.policies import Policy, place_problems
from geo.io.problems import Problem, problems_of
from geo.io.rates import Rate, rate_problems
from geo.io.tables import Claim, PopulationRow, Row, read_table, write_table
from geo.model.kinds import LAYERS
from geo.model.layout import Layout
from geo.model.schema import (
    BeltProperties,
    CorridorProperties,
    Feature,
    LayoutMeta,
    LinkProperties,
    ZoneProperties,
)

__all__ = ["check_layout", "read_layout", "write_layout"]

META = "layout.toml"
BESIDE = ("needs.csv", "supply.csv")
"""What matching reads from the folder; it travels with the layout as it is."""
_TABLES: dict[str, type[Row]] = {
    "claims": Claim, "population": PopulationRow, "policies": Policy, "rates": Rate,
}  # fmt: skip


@dataclass
class _Scan:
    meta: LayoutMeta | None = None
    features: list[Feature] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_layout(folder: str | Path) -> Layout:
    """Read a layout from its folder.

    Parameters
    ----------
    folder
        Holds ``layout.toml``, ``<layer>s.geojson`` files and, optionally, ``claims.csv``,
        ``population.csv``, ``policies.csv`` and ``rates.csv``.

    Raises
    ------
    LayoutError
        If anything in it is wrong; the message lists every problem, ``.problems`` holds them.
    """
    path = Path(folder)
    scan = _scan(path)
    if scan.problems or scan.meta is None:
        raise LayoutError(_message(path, scan.problems), scan.problems)
    return Layout(scan.meta, scan.features, folder=path, **scan.tables)


def check_layout(folder: str | Path) -> list[Problem]:
    """Return every problem of a layout folder at once; an empty list means that it is valid."""
    return _scan(Path(folder)).problems


def write_layout(layout: Layout, folder: str | Path) -> Path:
    """Write a layout to a folder; reading it again gives the same layout.

    Parameters
    ----------
    layout
        What to write.
    folder
        Made if it is not there.

    Raises
    ------
    LayoutError
        If the folder holds a layout already.
    """
    path = Path(folder)
    if (path / META).exists():
        raise LayoutError(
            f"{path} holds a layout already: choose another folder or remove it first"
        )
    path.mkdir(parents=True, exist_ok=True)
    for layer in LAYERS:
        features = [f for f in layout.features if f.properties.layer == layer]
        if features:
            write_layer(path / f"{layer}s.geojson", layer, features)
    for name in _TABLES:
        frame: pd.DataFrame = getattr(layout, name)
        if len(frame):
            write_table(path / f"{name}.csv", frame)
    for name in BESIDE:
        if layout.folder is not None and (layout.folder / name).is_file():
            shutil.copyfile(layout.folder / name, path / name)
    meta = units_written(layout, path)
    text = tomli_w.dumps(_plain(meta.model_dump(mode="json", exclude_defaults=True)))
    # Last, so that a folder that was written only in part is not taken for a layout.
    (path / META).write_text(text, encoding="utf-8", newline="\n")
    return path


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    return value


def _message(path: Path, problems: list[Problem]) -> str:
    shown = "\n".join(f"  {problem}" for problem in problems[:20])
    more = f"\n  … and {len(problems) - 20} more" if len(problems) > 20 else ""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return f"{path} is not a valid layout, {count}:\n{shown}{more}"


def _scan(path: Path) -> _Scan:
    scan = _Scan()
    if not path.is_dir():
        scan.problems.append(Problem(str(path), "", "", "no such folder", "give a layout's folder"))
        return scan
    scan.meta = _read_meta(path / META, scan.problems)
    known = {f"{layer}s.geojson" for layer in LAYERS}
    for file in sorted(path.glob("*.geojson")):
        if file.name not in known:
            what = "the file name is not that of a layer"
            mend = f"rename it to one of {', '.join(sorted(known))}"
            scan.problems.append(Problem(file.name, "", "", what, mend))
    for layer in LAYERS:
        file = path / f"{layer}s.geojson"
        if file.exists():
            features, problems = read_layer(file, layer)
            scan.features += features
            scan.problems += problems
    for name, model in _TABLES.items():
        file = path / f"{name}.csv"
        if file.exists():
            scan.tables[name], problems = read_table(file, model)
            scan.problems += problems
        else:
            scan.tables[name] = pd.DataFrame(columns=list(model.model_fields))
    # A feature with a problem of its own is missing here: do not also report every reference to it.
    if not scan.problems:
        scan.problems += _cross_problems(scan)
    return scan


def _read_meta(file: Path, problems: list[Problem]) -> LayoutMeta | None:
    if not file.exists():
        problems.append(Problem(META, "", "", "the file is missing", "add it, or run corridor new"))
        return None
    try:
        raw = tomllib.loads(file.read_text("utf-8-sig"))
        return LayoutMeta.model_validate(raw)
    except UnicodeDecodeError as error:
        problems.append(
            Problem(META, "", "", f"not UTF-8 at byte {error.start}", "save it as UTF-8")
        )
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(META, "", "", f"not valid TOML: {error}", "correct the text there"))
    except ValidationError as error:
        problems += problems_of(error, LayoutMeta, META, "")
    return None


def _cross_problems(scan: _Scan) -> Iterator[Problem]:
    """Yield what is wrong between features: ids that occur twice, references to nothing."""
    by_id: dict[str, Feature] = {}
    for feature in scan.features:
        file, where = f"{feature.properties.layer}s.geojson", feature.id
        if feature.id in by_id:
            other = f"{by_id[feature.id].properties.layer}s.geojson"
            yield Problem(
                file, where, "id", f"also used in {other}", "give each feature its own id"
            )
        by_id[feature.id] = feature
    for feature in scan.features:
        yield from _reference_problems(feature, by_id)
        if scan.meta is not None:
            yield from _swap_problems(feature, scan.meta.centre)
    if scan.meta is not None:
        for seat in scan.meta.seats:
            if seat not in by_id:
                yield Problem(META, "", "seats", f"no feature {seat!r}", "correct the id or add it")
    claims = scan.tables["claims"]
    for claim, subject in zip(claims["id"], claims["subject"], strict=True):
        if subject != "layout" and not subject.startswith("unit:") and subject not in by_id:
            mend = "name a feature, unit:<adcode> or layout"
            yield Problem("claims.csv", f"row {claim}", "subject", f"no feature {subject!r}", mend)
    yield from claim_problems(claims)
    yield from _population_problems(scan.tables["population"])
    layers = {f.id: f.properties.layer for f in scan.features}
    yield from place_problems(scan.tables["policies"], layers)
    yield from rate_problems(scan.tables["rates"], claims)


def _population_problems(table: pd.DataFrame) -> Iterator[Problem]:
    """Yield what would count people twice or nowhere: areas that hold rows, units that they span."""
    rows = {str(row["id"]): row for row in table.to_dict("records")}
    for name, row in rows.items():
        where = f"row {name}"
        if row["spans"] and row["adcode"]:
            what, mend = "the row has a code of its own", "leave spans blank: its outline is known"
            yield Problem("population.csv", where, "spans", what, mend)
        if not row["within"]:
            continue
        holder = rows.get(row["within"])
        mend = "name the id of a statistical area of the same city, or leave it blank"
        if holder is None:
            yield Problem("population.csv", where, "within", f"no row {row['within']!r}", mend)
        elif holder is row or holder["level"] == "city" or holder["within"]:
            what = (
                f"{row['within']!r} cannot hold it: that is the row itself, a city or held as well"
            )
            yield Problem("population.csv", where, "within", what, mend)
        elif holder["city_adcode"] != row["city_adcode"]:
            what = f"{row['within']!r} is of another city"
            yield Problem("population.csv", where, "within", what, mend)


FAR_DEG, NEAR_DEG = 15.0, 5.0
"""A feature this far from the centre that would be this near with its numbers swapped is a slip."""


def _swap_problems(feature: Feature, centre: tuple[float, float]) -> Iterator[Problem]:
    """Yield a feature whose longitude and latitude look swapped though both are in range."""
    if feature.geometry is None:
        return
    west, south, east, north = feature.geometry.bounds
    x, y = (west + east) / 2, (south + north) / 2
    away = max(abs(x - centre[0]), abs(y - centre[1]))
    swapped = max(abs(y - centre[0]), abs(x - centre[1]))
    if away > FAR_DEG and swapped < NEAR_DEG:
        what = f"{x:.3f}, {y:.3f} lies far from the layout's centre: swapped coordinates?"
        mend = "write longitude first, then latitude"
        yield Problem(f"{feature.properties.layer}s.geojson", feature.id, "geometry", what, mend)


_REFERENCES: dict[type, tuple[str, ...]] = {
    ZoneProperties: ("nested_in",),
    CorridorProperties: ("cores", "nodes", "groups"),
    BeltProperties: ("seats", "roles", "campuses"),
    LinkProperties: ("from_id", "to_id"),
}


def _reference_problems(feature: Feature, by_id: dict[str, Feature]) -> Iterator[Problem]:
    properties = feature.properties
    file = f"{properties.layer}s.geojson"
    for name in ("parent", *_REFERENCES.get(type(properties), ())):
        value = getattr(properties, name)
        for target in [value] if isinstance(value, str) else list(value or ()):
            if target not in by_id:
                mend = "correct the id or add the feature"
                yield Problem(file, feature.id, name, f"no feature {target!r}", mend)
            elif target == feature.id:
                yield Problem(file, feature.id, name, "it refers to itself", "name another feature")
    yield from _loop_problems(feature, by_id, "parent", file)
    if isinstance(properties, ZoneProperties):
        yield from _loop_problems(feature, by_id, "nested_in", file)


def _loop_problems(
    feature: Feature, by_id: dict[str, Feature], name: str, file: str
) -> Iterator[Problem]:
    seen = {feature.id}
    current = by_id.get(getattr(feature.properties, name) or "")
    while current is not None and current.id not in seen:
        seen.add(current.id)
        current = by_id.get(getattr(current.properties, name, None) or "")
    if current is not None and current.id == feature.id and len(seen) > 1:
        yield Problem(file, feature.id, name, "it comes back to itself", "break the loop")
