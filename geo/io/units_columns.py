"""Which column of a file of units holds what: as it is said, else by its usual name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.io.columns import find_column
from geo.io.units_refusals import UnitsRefusedError, few
from geo.model.units_meta import Level, UnitRole
from geo.words import Said

__all__ = ["LEVELS", "ROLES", "columns_of", "text_of"]

ROLES: tuple[UnitRole, ...] = get_args(UnitRole)
LEVELS: tuple[Level, ...] = get_args(Level)
_MOST_NAMED = 30
_NAMES: dict[UnitRole, tuple[str, ...]] = {
    "adcode": (
        "adcode", "code", "区划代码", "行政区划代码", "行政区代码", "区县代码", "代码", "gb", "pac", "district_adcode",
        "county_adcode", "geoid", "fips", "nuts_id", "unit_id",
    ),
    "name_zh": ("name_zh", "名称", "区县名称", "县名", "区名", "区县", "district_name", "name_cn", "地名"),
    "name_en": ("name_en", "english_name", "nameeng", "name_latn", "nuts_name", "name", "title"),
    "level": ("level",),
    "city_adcode": ("city_adcode", "城市代码", "市代码"),
    "city_zh": ("city_zh", "city_name", "城市", "市名", "地级市"),
    "city_en": ("city_en",),
    "err_m": ("err_m",),
    "source": ("source",),
}  # fmt: skip
_STATISTICAL: dict[UnitRole, str] = {"adcode": r"[a-z]{3,8}\d\dcd", "name_en": r"[a-z]{3,8}\d\dnm"}
"""As the Office for National Statistics names columns: CTYUA23CD, LAD23NM."""


def columns_of(
    words: Sequence[str], given: Mapping[UnitRole, str], name: str
) -> dict[UnitRole, str]:
    """Return the column of each thing that a file says of its units.

    Parameters
    ----------
    words
        The file's columns.
    given
        What is said of them; the others are found by their usual names.
    name
        Of the file, for messages.

    Raises
    ------
    UnitsError
        If a column is not there, or none holds the codes, or none the names.
    """
    for role, column in given.items():
        if column not in words:
            named = few(words, _MOST_NAMED)
            raise UnitsRefusedError("no-column", name=name, column=column, role=Said(f"units.role.{role}"), names=named)  # fmt: skip
    names_given = "name_zh" in given or "name_en" in given
    found: dict[UnitRole, str] = {}
    for role in ROLES:
        # Who says where the names of one language are does not want a guess for the other.
        guessed = None if names_given and role.startswith("name") else _guess(words, role)
        if role in given:
            found[role] = given[role]
        elif guessed is not None and guessed not in given.values():
            found[role] = guessed
    if "adcode" not in found:
        raise UnitsRefusedError("no-code", name=name, names=few(words, _MOST_NAMED))
    if "name_zh" not in found and "name_en" not in found:
        raise UnitsRefusedError("no-name", name=name, names=few(words, _MOST_NAMED))
    return found


def _guess(words: Sequence[str], role: UnitRole) -> str | None:
    found = find_column(words, _NAMES[role])
    if found is None and role in _STATISTICAL:
        return next((w for w in words if re.fullmatch(_STATISTICAL[role], w.lower())), None)
    return found


def text_of(column: pd.Series) -> NDArray[np.object_]:
    """Return a column as text: whole numbers without a point, what is missing blank."""
    return np.array([_text(v) for v in column], dtype=object)


def _text(value: object) -> str:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return " ".join(str(value).split())
