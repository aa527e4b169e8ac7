"""English names of Chinese units: pinyin as one word, and the kind of unit in English."""

from __future__ import annotations

__all__ = ["english_of"]

_KINDS = {
    "自治县": " Autonomous County", "自治州": " Autonomous Prefecture", "自治旗": " Autonomous Banner",
    "新区": " New Area", "林区": " Forestry District", "地区": " Prefecture", "市": "", "区": " District",
    "县": " County", "盟": " League", "旗": " Banner",
}  # fmt: skip
"""Endings and what they are in English, the longest first; a city is called by its name alone."""


_READINGS = {"都": "du"}
"""Characters that names of places read otherwise than most words do."""


def english_of(name: str) -> str:
    """Return the name of a Chinese unit as English texts write it.

    By GB/T 28039-2011: syllables run together, with an apostrophe before one that begins with a
    vowel. Of several readings the commonest is taken where ``pypinyin`` does not know the name;
    where it is not installed the name stays Chinese.

    Examples
    --------
    >>> english_of("西安市"), english_of("南山区")
    ("Xi'an", 'Nanshan District')
    """
    try:
        from pypinyin import lazy_pinyin
    except ImportError:
        return name
    ending = next((k for k in _KINDS if name.endswith(k) and len(name) > len(k)), "")
    own = name.removesuffix(ending)
    read = lazy_pinyin(own, v_to_u=False)
    syllables = [_READINGS.get(sign, s) for sign, s in zip(own, read, strict=True)] if len(own) == len(read) else read  # fmt: skip
    word = "".join(f"'{s}" if n and s[0] in "aeo" else s for n, s in enumerate(syllables))
    return word.capitalize() + _KINDS.get(ending, "")
