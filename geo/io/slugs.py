"""Identifiers from names: lower-case letters, digits and hyphens, Chinese by its pinyin."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

__all__ = ["slug_of", "unique_slug"]

_MOST = 80
_PLAIN = str.maketrans({"ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "þ": "th", "ð": "d"})  # fmt: skip


def slug_of(name: str) -> str:
    """Return an identifier that tells of a name; blank where nothing of it can be written so.

    Parameters
    ----------
    name
        In any script. Chinese is written in pinyin (``pypinyin``) where that is installed.

    Examples
    --------
    >>> slug_of("Université Paris-Saclay")
    'universite-paris-saclay'
    >>> slug_of("科技大学")
    'ke-ji-da-xue'
    """
    text = _spelled(name.strip().lower()).translate(_PLAIN)
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")[:_MOST].strip("-")


def _spelled(text: str) -> str:
    if text.isascii() or not re.search("[\u3400-\u9fff]", text):
        return text
    try:
        from pypinyin import lazy_pinyin
    except ImportError:
        return text
    return " ".join(lazy_pinyin(text, v_to_u=False))


def unique_slug(slug: str, taken: Container[str]) -> str:
    """Return an identifier that is not taken yet: itself, or with a number behind it."""
    if slug not in taken:
        return slug
    number = 2
    while f"{slug[: _MOST - 6]}-{number}" in taken:
        number += 1
    return f"{slug[: _MOST - 6]}-{number}"
