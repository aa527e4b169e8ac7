"""Every string that a person sees, in 中文 and English, in one catalogue.

The catalogue is the TOML files of this folder, one for each room of the house. A key reads
``<file>.<section>.<key>`` and holds ``{zh = "…", en = "…"}``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from geo.words.imperial import beside

__all__ = [
    "LANGUAGES",
    "Lang",
    "Said",
    "as_lang",
    "catalogue",
    "name_of",
    "one_line",
    "say",
    "unit_in",
]

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, ...] = get_args(Lang)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return the whole catalogue as ``{"map.legend.title": {"zh": …, "en": …}}``."""
    entries: dict[str, dict[str, str]] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            _collect(
                file.name.removesuffix(".toml"), tomllib.loads(file.read_text("utf-8")), entries
            )
    return entries


def _collect(prefix: str, node: Mapping[str, Any], entries: dict[str, dict[str, str]]) -> None:
    if "zh" in node and "en" in node and isinstance(node["zh"], str):
        entries[prefix] = {"zh": node["zh"], "en": node["en"]}
        return
    for key, value in node.items():
        _collect(f"{prefix}.{key}", value, entries)


def say(key: str, lang: Lang, /, **values: object) -> str:
    """Return the string of a key in a language, with its places filled in.

    Parameters
    ----------
    key
        Path in the catalogue, such as ``"model.status.illustrative"``.
    lang
        ``"zh"`` or ``"en"``; of :func:`geo.words.imperial.reader` where miles are to stand beside km.
    **values
        Values for the ``{places}`` in the string.

    Raises
    ------
    KeyError
        If the catalogue has no such key or language.
    """
    text = catalogue()[key][lang]
    return beside(text.format(**values) if values else text, lang)


def unit_in(unit: str, lang: Lang) -> str:
    """Return the unit of a claim in a language: a word, or the sign that it is in all."""
    entry = catalogue().get(f"quantity.unit.{unit}")
    return entry[lang] if entry else unit


_BETWEEN: dict[Lang, str] = {"zh": "、", "en": ", "}


@dataclass(frozen=True, init=False)
class Said:
    """Something to be said in whichever language is asked for.

    Parameters
    ----------
    key
        Path in the catalogue.
    **values
        Values for the ``{places}`` in the string. Those that are themselves ``Said``, or lists of
        them, are said in the same language.

    Examples
    --------
    >>> Said("datum.order.turned", n=3).says("zh")
    '3 行的经度与纬度颠倒'
    """

    key: str
    values: Mapping[str, object] = field(hash=False)

    def __init__(self, key: str, /, **values: object) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "values", values)

    def says(self, lang: Lang) -> str:
        """Return it in a language."""
        return say(self.key, lang, **{k: _in(v, lang) for k, v in self.values.items()})

    def __str__(self) -> str:
        return self.says("en")


def _in(value: object, lang: Lang) -> object:
    if isinstance(value, Said):
        return value.says(lang)
    if isinstance(value, list | tuple):
        return _BETWEEN[lang].join(str(_in(v, lang)) for v in value)
    return value


def as_lang(text: str) -> Lang:
    """Return a language code, or raise ``ValueError`` naming the valid ones."""
    for lang in LANGUAGES:
        if text == lang:
            return lang
    raise ValueError(f"unknown language {text!r}: use one of {', '.join(LANGUAGES)}")


def name_of(thing: Any, lang: Lang, field: str = "name") -> str:
    """Return ``name_zh`` or ``name_en`` of a row, mapping or object; the other where it is blank.

    Parameters
    ----------
    thing
        Anything with the fields ``<field>_zh`` and ``<field>_en``, by attribute or by key.
    lang
        The language wanted.
    field
        ``"name"``, ``"label"``, ``"note"`` …
    """
    order: tuple[Lang, Lang] = ("zh", "en") if lang == "zh" else ("en", "zh")
    for code in order:
        key = f"{field}_{code}"
        value = thing.get(key) if hasattr(thing, "get") else getattr(thing, key, None)
        if isinstance(value, str) and value:
            return one_line(value)
    return ""


def one_line(text: str) -> str:
    """Return a text with a blank for each line break and each sign that cannot be printed.

    Charts and scripts in a browser read some of these, such as U+2028, as the end of a line.
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
