"""Text as it is compared: one case, one width, one blank."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["fold", "is_latin"]

_JOINS = re.compile(r"[\s\-_‐-―]+")
_HAN = "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BETWEEN_HAN = re.compile(f"(?<=[{_HAN}]) (?=[{_HAN}])")


def fold(text: str) -> str:
    """Return text as it is compared.

    Case and width are folded (NFKC), blanks, line breaks, hyphens and dashes are one blank, and
    there is none between two Chinese characters, which a narrow cell may have broken.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _BETWEEN_HAN.sub("", _JOINS.sub(" ", plain)).strip()


def is_latin(character: str) -> bool:
    """Return whether a character is a letter or digit of a script that separates its words."""
    return character.isalnum() and ord(character) < 0x2E80
