"""Figures that others have published of further corridors, whose geometry does not ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.datasets import home
from geo.measure import SCALES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["published_corridors"]


def published_corridors() -> pd.DataFrame:
    """Return published lengths, widths and areas of corridors that are not bundled.

    Nothing here is measured: no geometry of them ships.

    Returns
    -------
    DataFrame
        One row a figure: ``id``, names, ``length_km``, ``width_km``, ``area_km2`` (one of them,
        converted), ``stated`` and ``unit`` as published, ``qualifier``, ``as_of``, notes and
        ``source``.
    """
    import pandas as pd

    frame = pd.read_csv(home() / "data" / "published" / "corridors.csv", dtype={"as_of": str}).fillna({"as_of": ""})  # fmt: skip
    for name in ("length", "width", "area"):
        own = frame["quantity"] == name
        column = f"{name}_km2" if name == "area" else f"{name}_km"
        frame[column] = (frame["value"] * frame["unit"].map(SCALES[name])).where(own)
    names = [
        "id", "name_zh", "name_en", "length_km", "width_km", "area_km2", "value", "unit", "qualifier", "as_of", "note_zh", "note_en", "source",
    ]  # fmt: skip
    return frame[names].rename(columns={"value": "stated"})
