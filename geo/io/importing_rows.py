"""From the columns of a file to the properties of features: guessed, mapped, given for all."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from types import UnionType
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ValidationError

from geo.errors import LayoutError
from geo.io.columns import check_columns, find_column
from geo.io.importing_read import Bad
from geo.io.problems import problems_of
from geo.io.reading import LABEL_NAMES
from geo.io.slugs import slug_of, unique_slug
from geo.model.kinds import KINDS, STATUSES, Layer
from geo.model.schema import PROPERTIES_OF_LAYER, Properties
from geo.words import LANGUAGES, say

__all__ = ["columns_of", "fields_of", "ids_of", "properties_of", "validated"]

_GUESSES: dict[str, tuple[str, ...]] = {
    "id": ("id",),
    "name_zh": ("name_zh", "中文名", "中文名称", *LABEL_NAMES),
    "name_en": ("name_en", "英文名", "英文名称", "english", "english_name", "name_eng", "en_name"),
    "kind": ("kind", "类别", "类型", "分类", "type", "category"),
    "source": ("source", "来源", "资料来源", "数据来源"),
    "err_m": ("err_m", "误差", "误差米", "误差(米)"),
    "note_zh": ("note_zh", "备注", "说明"),
    "note_en": ("note_en", "remark", "remarks"),
    "host": ("host", "依托单位"),
    "place": ("place", "地址", "address"),
    "from_id": ("from_id", "from"),
    "to_id": ("to_id", "to"),
    "status": ("status",),
}
_YES, _NO = ("true", "1", "yes", "y", "是"), ("false", "0", "no", "n", "否")
_OTHERS = ("lon", "lat")
"""Columns of the position, which can be named as fields are."""


def fields_of(layer: Layer) -> tuple[str, ...]:
    """Return the fields that a feature of a layer can be given."""
    own = ("layer", "err_m") if layer == "link" else ("layer",)
    return tuple(f for f in PROPERTIES_OF_LAYER[layer].model_fields if f not in own)


def columns_of(
    words: pd.DataFrame, layer: Layer, asked: Mapping[str, str], name: str
) -> dict[str, str]:
    """Return which column holds which field: those asked for, the others guessed.

    Parameters
    ----------
    words
        Columns of the file.
    layer
        The layer that they become.
    asked
        Field to column; a blank column for none.
    name
        Of the file, for messages.

    Raises
    ------
    LayoutError
        If a field is not one of the layer.
    PointsError
        If a column is not there.
    """
    fields = fields_of(layer)
    for wanted in asked:
        if wanted not in fields and wanted not in _OTHERS:
            raise LayoutError(f"a {layer} has no field {wanted!r}: use one of {', '.join(fields)}")
    columns = [str(c) for c in words.columns]
    check_columns(columns, (c for f, c in asked.items() if f not in _OTHERS), name)
    found = {f: c for f, c in asked.items() if c and f not in _OTHERS}
    for field in fields:
        if field in asked:
            continue
        column = find_column(columns, _GUESSES.get(field, (field,)))
        if column is not None and column not in found.values() and _fits(words[column], field, layer):  # fmt: skip
            found[field] = column
    if "name_zh" not in found and "name_en" not in found and "name_zh" not in asked:
        column = next((c for c in columns if "name" in c.lower() or "名" in c), None)
        if column is not None and column not in found.values():
            found["name_zh"] = column
    return found


def _fits(column: pd.Series, field: str, layer: Layer) -> bool:
    """Return whether the values of a column with a telling name are of use for a field."""
    values = [t for v in column if (t := _text(v))]
    if not values:
        return False
    if field == "id":
        slugs = [slug_of(v) for v in values]
        return len(set(slugs)) == len(column) and all(any(c.isalpha() for c in s) for s in slugs)
    if field == "kind":
        return all(_kind(v, layer) in KINDS[layer] for v in values)
    if field == "status":
        return all(_status(v) in STATUSES for v in values)
    return True


@cache
def _by_word(layer: Layer) -> dict[str, str]:
    return {say(f"model.kind.{kind}", lang).lower(): kind for kind in KINDS[layer] for lang in LANGUAGES}  # fmt: skip


def _kind(text: str, layer: Layer) -> str:
    return _by_word(layer).get(text.lower(), text)


@cache
def _statuses() -> dict[str, str]:
    return {say(f"model.status.{s}", lang).lower(): s for s in STATUSES for lang in LANGUAGES}


def _status(text: str) -> str:
    return _statuses().get(text.lower(), text)


def _text(value: Any) -> str:
    """Return a cell as text on one line; blank where it is empty."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        # Also a datetime: no field of a feature has a time of day.
        return value.isoformat()[:10]
    text = " ".join(str(value).split())
    return "" if text in ("<NA>", "None", "nan", "NULL") else text


def _cell(value: Any) -> str | list[str]:
    """Return a cell as text, or as the list that some formats hold."""
    if isinstance(value, list | tuple | np.ndarray):
        return [t for v in value if (t := _text(v))]
    return _text(value)


def properties_of(
    words: Mapping[str, Any], layer: Layer, columns: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, Any]:
    """Return the raw properties of a row, without its id.

    Parameters
    ----------
    words
        Cells of the row by column.
    layer
        Its layer.
    columns
        As :func:`columns_of` returns them.
    given
        Field to text, where a row has none of its own.
    """
    raw: dict[str, Any] = {f: t for f, t in given.items() if t != ""}
    raw |= {f: t for f, c in columns.items() if (t := _cell(words.get(c)))}
    zh, en = raw.get("name_zh", ""), raw.get("name_en", "")
    raw |= {"name_zh": zh or en, "name_en": en or zh}
    if "kind" not in raw and len(KINDS[layer]) == 1:
        raw["kind"] = KINDS[layer][0]
    raw["kind"] = _kind(str(raw.get("kind", "")), layer)
    raw["status"] = _status(str(raw["status"]))
    for field, value in raw.items():
        raw[field] = _typed(PROPERTIES_OF_LAYER[layer], field, value)
    return raw


def _typed(model: type[BaseModel], field: str, value: Any) -> Any:
    """Return a text as what its field holds: a list, yes or no, or the text that it is."""
    annotation = model.model_fields[field].annotation if field in model.model_fields else str
    kinds = _origins(annotation)
    if not isinstance(value, str):
        return value
    if bool in kinds and value.lower() in (*_YES, *_NO):
        return value.lower() in _YES
    if tuple in kinds and value[:1] != "[":
        return [p.strip() for p in re.split("[;;,,、]", value) if p.strip()]
    if (tuple in kinds or dict in kinds) and value[:1] in "[{":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _origins(annotation: Any) -> set[Any]:
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, UnionType, typing.Annotated):
        return set().union(*(_origins(a) for a in typing.get_args(annotation)))
    return {origin or annotation}


def ids_of(raws: Sequence[Mapping[str, Any]], rows: Sequence[int]) -> tuple[list[str], bool]:
    """Return an id for every row, and whether some were made from names.

    An id that is given is written in lower case; one that is made gets a number where another row of
    the file has it.
    """
    given = [slug_of(str(r["id"])) if r.get("id") else "" for r in raws]
    seen = {g for g in given if g}
    ids: list[str] = []
    for raw, own, row in zip(raws, given, rows, strict=True):
        if not own:
            name = slug_of(raw["name_en"]) or slug_of(raw["name_zh"]) or f"{raw.get('kind') or 'row'}-{row}"  # fmt: skip
            own = unique_slug(name, seen)
            seen.add(own)
        ids.append(own)
    return ids, not all(given)


def validated(
    raw: Mapping[str, Any], layer: Layer, row: int, located: bool
) -> tuple[Properties | None, list[Bad]]:
    """Return the properties of a feature, or everything that is wrong with them."""
    own = str(raw.get("id", ""))
    bad: list[Bad] = []
    if located and raw.get("err_m") in (None, ""):
        bad.append(Bad(row, own, "err_m", "no positional error", "say how far off it may be: --err-m METRES, or a column"))  # fmt: skip
    if not raw.get("name_zh"):
        bad.append(Bad(row, own, "name_zh", "no name", 'name its column: --map "name_zh=COLUMN"'))
        return None, bad
    if not raw.get("kind"):
        kinds = ", ".join(KINDS[layer])
        bad.append(Bad(row, own, "kind", "no kind", f"give --kind, or a column of kinds: {kinds}"))
        return None, bad
    model = PROPERTIES_OF_LAYER[layer]
    try:
        properties = model.model_validate({"err_m": None, **raw, "layer": layer})
    except ValidationError as error:
        bad += [Bad(row, own, p.field, p.what, p.mend) for p in problems_of(error, model, "", "")]
        return None, bad
    return (None if bad else properties), bad
