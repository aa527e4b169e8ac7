"""Which fields a text is about, and by which of its words: no more than a list of terms can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.analysis.matching.taxonomy import Taxonomy, bundled_taxonomy
from geo.analysis.matching.words import fold, is_latin

__all__ = ["TermFound", "fields_of", "terms_in", "weights_of"]

LONGEST = 20_000
"""Characters of a text that are looked at."""
_PLURALS = ("s", "es")


@dataclass(frozen=True)
class TermFound:
    """A term that stands in a text.

    Attributes
    ----------
    term
        As the taxonomy writes it.
    fields
        Ids of the fields that it shows.
    start, stop
        Where it stands in the folded text (``geo.analysis.matching.words.fold``).
    """

    term: str
    fields: tuple[str, ...]
    start: int
    stop: int


def terms_in(text: str, taxonomy: Taxonomy | None = None) -> list[TermFound]:
    """Return the terms of a taxonomy that stand in a text, in its order.

    Parameters
    ----------
    text
        In 中文, English or both.
    taxonomy
        By default the bundled one.

    Returns
    -------
    list
        No two of them overlap: the longest counts first, of equal ones that which stands first.
        What is written in Latin letters counts as a whole word only, in the singular or with a
        plural s.
    """
    own = taxonomy or bundled_taxonomy()
    folded = fold(text[:LONGEST])
    met: list[tuple[int, int, str]] = []
    for start, character in enumerate(folded):
        for term in own.starts.get(character, ()):
            if folded.startswith(term, start):
                stop = _word_end(folded, start, term)
                if stop:
                    met.append((start, stop, term))
    # By the length of the term, not of what was met: a plural s makes no word more telling.
    met.sort(key=lambda m: (-len(m[2]), m[0]))
    taken = bytearray(len(folded))
    kept = []
    for start, stop, term in met:
        if not any(taken[start:stop]):
            taken[start:stop] = b"\x01" * (stop - start)
            written, fields = own.terms[term]
            kept.append(TermFound(written, tuple(own.fields[k].id for k in fields), start, stop))
    return sorted(kept, key=lambda f: f.start)


def _word_end(text: str, start: int, term: str) -> int:
    """Return where a term that stands at a place ends, 0 if it is only a part of a word."""
    if is_latin(term[0]) and start and is_latin(text[start - 1]):
        return 0
    stop = start + len(term)
    if not is_latin(term[-1]):
        return stop
    for ending in ("", *_PLURALS):
        if text.startswith(ending, stop):
            after = stop + len(ending)
            if after == len(text) or not is_latin(text[after]):
                return after
    return 0


def fields_of(text: str, taxonomy: Taxonomy | None = None) -> dict[str, tuple[str, ...]]:
    """Return the fields that a text is about, each with the terms that show it.

    Parameters
    ----------
    text, taxonomy
        As for :func:`terms_in`.
    """
    found: dict[str, list[str]] = {}
    for hit in terms_in(text, taxonomy):
        for name in hit.fields:
            if hit.term not in found.setdefault(name, []):
                found[name].append(hit.term)
    return {name: tuple(terms) for name, terms in found.items()}


def weights_of(texts: Sequence[str], taxonomy: Taxonomy) -> NDArray[np.float64]:
    """Return how much a thing that is told in some texts is about each field, in all 1 (or 0).

    Parameters
    ----------
    texts
        The same thing in several languages, or several parts of it. Each text that holds a term
        counts alike; in a text each different term counts alike, however often it stands there, and
        one that shows several fields is divided among them.
    """
    total, told = np.zeros(len(taxonomy)), 0
    for text in texts:
        own = np.zeros(len(taxonomy))
        for hit in {h.term: h for h in terms_in(text, taxonomy)}.values():
            for name in hit.fields:
                own[taxonomy.index[name]] += 1 / len(hit.fields)
        if own.any():
            total, told = total + own / own.sum(), told + 1
    return total / told if told else total
