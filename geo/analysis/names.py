"""Names found by 中文, by pinyin (full, shortened, with other readings) or by English, despite small typos."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["MATCHES", "SPELLINGS", "Hit", "Names", "normal"]

MATCHES = ("whole", "start", "part", "words", "similar")
"""How much of a name was asked for, best first."""
SPELLINGS = ("written", "pinyin", "initials")
"""How it was spelled: as it is written, in full pinyin, or with syllables cut short."""
CANDIDATES = 12_000
"""So many names are compared letter by letter at most."""
FEW = 50_000
"""Among so many places it is looked whether two are the same."""
LONGEST = 120
"""Letters of what is asked for that are looked at."""
_END = "\n"
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_TWO = frozenset({"zh", "ch", "sh"})
_MARKS = re.compile("[\u0300-\u036f]")
_OTHER = re.compile(r"[^\w\n]|_")

Ints = NDArray[np.int64]


def normal(text: str) -> str:
    """Return text as it is compared: one case and width, no accents, tones, spaces or punctuation."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return _OTHER.sub("", unicodedata.normalize("NFC", plain).casefold())


@dataclass(frozen=True)
class Hit:
    """A name that was found.

    Attributes
    ----------
    number
        Its place among the names.
    match, spelling
        One of :data:`MATCHES` and of :data:`SPELLINGS`.
    size
        Length of the name in letters (of two that match alike the shorter is nearer), or the place
        among those that are similar.
    """

    number: int
    match: str
    spelling: str
    size: int

    @property
    def rank(self) -> tuple[bool, bool, int, int, int]:
        """Orders hits, best first: what is similar comes last, syllables cut short before it."""
        match, spelling = MATCHES.index(self.match), SPELLINGS.index(self.spelling)
        return self.match == "similar", self.spelling == "initials", match, spelling, self.size


class Names:
    """An index of names.

    Parameters
    ----------
    texts
        The names, up to some millions.

    Notes
    -----
    All names stand in one array of characters with the places of each. A character is met by itself,
    or by letters that begin one of its readings (``pypinyin``): so 重庆 answers to chongqing, zhongqing,
    cq and chongq. What is typed is read from left to right in every way at once, with all places in
    the names that are still possible: nothing is missed, and no reading is guessed.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        joined = _END.join(texts)
        if joined.count(_END) != max(len(texts) - 1, 0):
            joined = _END.join(t.replace(_END, " ") for t in texts)
        text = normal(joined) + _END if len(texts) else ""
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        alphabet = np.flatnonzero(np.bincount(points)) if len(points) else np.empty(0, np.int64)
        to_code = np.zeros(int(alphabet[-1]) + 1 if len(alphabet) else 1, np.uint32)
        to_code[alphabet] = np.arange(len(alphabet))
        small = np.uint16 if len(alphabet) < 65_536 else np.uint32
        self._codes = to_code[points].astype(small)
        self._order = np.argsort(self._codes, kind="stable").astype(np.int32)
        self._stops = np.concatenate([[0], np.cumsum(np.bincount(self._codes, minlength=len(alphabet)))])  # fmt: skip
        self._code_of = {chr(p): k for k, p in enumerate(alphabet)}
        self._ends = np.flatnonzero(points == ord(_END))
        self._begins = np.concatenate([[0], self._ends[:-1] + 1]) if len(self._ends) else self._ends
        self._whole, self._part = self._readings()
        self._raw = _Lines(text)
        self._latin = _Lines(_latin_of(text, self._code_of))

    def __len__(self) -> int:
        return len(self._ends)

    def _readings(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Return the codes of the characters with each reading, and with each beginning of one."""
        whole: dict[str, set[int]] = {}
        part: dict[str, set[int]] = {}
        for character, code in self._code_of.items():
            for reading in _readings_of(character):
                whole.setdefault(reading, set()).add(code)
                for k in range(1, len(reading) + 1):
                    part.setdefault(reading[:k], set()).add(code)
        return {k: sorted(v) for k, v in whole.items()}, {k: sorted(v) for k, v in part.items()}

    def find(self, text: str, most: int = 10) -> list[Hit]:
        """Return the names that match best, best first.

        Parameters
        ----------
        text
            What is asked for.
        most
            So many at most.
        """
        query = normal(text.replace(_END, " "))[:LONGEST]
        if not query or not len(self):
            return []
        hits = self._hits(query, most)
        toneless = re.sub(r"(?<=[a-z])[1-5]", "", query)
        if not hits and toneless != query:
            query = toneless
            hits = self._hits(query, most)
        if len(hits) < most and len(words := [normal(w) for w in text.split()]) > 1:
            hits |= {h.number: h for h in self._with_all(words, most) if h.number not in hits}
        if not hits:
            hits = {h.number: h for h in self._similar(query, most)}
        return sorted(hits.values(), key=lambda h: (*h.rank, h.number))[:most]

    def _hits(self, query: str, most: int) -> dict[int, Hit]:
        hits: dict[int, Hit] = {}
        for spellings in (SPELLINGS[:2], SPELLINGS[2:]):
            # Most names that are wanted begin so; to look at the beginnings alone is quick.
            for anchored in (True, False):
                for spelling in spellings:
                    start, stop = self._places(query, spelling, anchored=anchored)
                    for hit in self._best(start, stop, spelling, most):
                        hits.setdefault(hit.number, hit)
                if len(hits) >= most:
                    return hits
        return hits

    def _best(self, start: Ints, stop: Ints, spelling: str, most: int) -> list[Hit]:
        number = np.searchsorted(self._ends, start)
        begin, end = self._begins[number], self._ends[number]
        match = np.where(start == begin, np.where(stop == end, 0, 1), 2)
        size = np.minimum(end - begin, 0xFFFF)
        key = (match.astype(np.int64) << 56) | (size << 40) | number
        # A name may match in several places: the best of each is among so many of the best.
        wanted = min(len(key), 40 * most)
        best = np.argpartition(key, wanted - 1)[:wanted] if wanted else np.empty(0, np.int64)
        found: dict[int, Hit] = {}
        for k in best[np.argsort(key[best])].tolist():
            hit = Hit(int(number[k]), MATCHES[match[k]], spelling, int(size[k]))
            found.setdefault(hit.number, hit)
        return list(found.values())[:most]

    def _places(self, query: str, spelling: str, *, anchored: bool = False) -> tuple[Ints, Ints]:
        """Return where in the names, or at the beginning of which, a query is met, and up to where."""
        none = np.empty(0, np.int64)
        fronts: list[list[tuple[Ints, Ints]]] = [[] for _ in range(len(query) + 1)]
        for size, codes in self._steps(query, 0, spelling):
            if anchored:
                first = self._begins[self._met(codes)[self._codes[self._begins]]]
            else:
                runs = [self._order[self._stops[c] : self._stops[c + 1]] for c in codes]
                first = np.concatenate(runs).astype(np.int64)
            fronts[size].append((first, first + 1))
        for offset in range(1, len(query)):
            start, here = _merged(fronts[offset])
            fronts[offset] = []
            if not len(start):
                continue
            own = self._codes[here]
            for size, codes in self._steps(query, offset, spelling):
                kept = self._met(codes)[own]
                fronts[offset + size].append((start[kept], here[kept] + 1))
        start, stop = _merged(fronts[-1])
        return (start, stop) if len(start) else (none, none)

    def _met(self, codes: list[int]) -> NDArray[np.bool_]:
        met = np.zeros(len(self._code_of), bool)
        met[codes] = True
        return met

    def _steps(self, query: str, offset: int, spelling: str) -> Iterator[tuple[int, list[int]]]:
        """Give, for what may be read next, its length and the characters that it meets."""
        own = self._code_of.get(query[offset])
        literal = [] if own is None else [own]
        if spelling == "written" or query[offset] not in _LETTERS:
            if literal:
                yield 1, literal
            return
        for size in range(1, min(6, len(query) - offset) + 1):
            part = query[offset : offset + size]
            if not set(part) <= _LETTERS:
                break
            last = offset + size == len(query)
            short = spelling == "initials" and (size == 1 or part in _TWO)
            codes = (self._part if last or short else self._whole).get(part, [])
            if size == 1:
                codes = [*codes, *literal]
            if codes:
                yield size, codes

    def _with_all(self, words: Sequence[str], most: int) -> list[Hit]:
        """Return the names that hold every word, in whatever order."""
        words = [w for w in words if w]
        common: NDArray[np.int64] | None = None
        for word in words:
            own = np.unique(np.searchsorted(self._ends, self._places(word, "pinyin")[0]))
            common = own if common is None else np.intersect1d(common, own, assume_unique=True)
        if common is None or not len(common):
            return []
        size = self._ends[common] - self._begins[common]
        best = np.lexsort((common, size))[:most]
        return [Hit(int(common[k]), "words", "pinyin", int(size[k])) for k in best]

    def _similar(self, query: str, most: int) -> list[Hit]:
        """Return names that differ by a letter or a few, or by a character."""
        from rapidfuzz import fuzz

        if query.isdigit():
            return []
        found = self._latin.similar(_spelled(query), most)
        if not query.isascii():
            found |= self._raw.similar(query, most)
        # Of names that sound alike the one that is written alike comes first.
        ranked = sorted(found, key=lambda k: (-found[k], -fuzz.ratio(query, self._raw[k]), k))
        return [Hit(k, "similar", "pinyin", place) for place, k in enumerate(ranked[:most])]


class _Lines:
    """Names as lines of one text, to find what is similar."""

    def __init__(self, text: str) -> None:
        self._text = text
        points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        self._ends = np.flatnonzero(points == ord(_END))

    def __getitem__(self, number: int) -> str:
        begin = int(self._ends[number - 1]) + 1 if number else 0
        return self._text[begin : self._ends[number]]

    def similar(self, query: str, most: int) -> dict[int, int]:
        """Return the names that hold a query but for a few edits, each with its likeness, percent."""
        from rapidfuzz import fuzz, process
        from rapidfuzz.distance import OSA

        edits = min(3, max(1, len(query) // 5))
        if len(query) < 4:
            return {}
        numbers, parts = self._parts(query, edits)
        longer = {k: p for k, p in enumerate(parts) if len(p) >= len(query)}
        cutoff = 100 * (1 - edits / len(query)) - 1
        found = process.extract(query, longer, scorer=fuzz.partial_ratio, score_cutoff=cutoff, limit=20 * most)  # fmt: skip
        shorter = {k: p for k, p in enumerate(parts) if len(query) - edits <= len(p) < len(query)}
        near = process.extract(query, shorter, scorer=OSA.distance, score_cutoff=edits, limit=20 * most)  # fmt: skip
        alike: dict[int, int] = {}
        for part, _, k in [*found, *near]:
            apart = _apart(query, part, edits)
            if apart <= edits:
                score = round(100 * (1 - apart / len(query)))
                alike[int(numbers[k])] = max(score, alike.get(int(numbers[k]), 0))
        return alike

    def _parts(self, query: str, edits: int) -> tuple[Ints, list[str]]:
        """Return the names that hold a piece of a query, and what of each may be the query.

        Of so many pieces and one more than there are edits, one at least is untouched; but two letters
        that are turned may lie in two of them, so it is cut a second time, a letter further on.
        """
        cuts = np.linspace(0, len(query), edits + 2).round().astype(int).tolist()
        moved = [0, *(c + 1 for c in cuts[1:-1]), len(query)]
        pieces = {(a, query[a:b]) for a, b in itertools.pairwise(cuts)}
        pieces |= {(a, query[a:b]) for a, b in itertools.pairwise(moved) if b - a > 1}
        begins: set[int] = set()
        for offset, piece in pieces:
            at, left = -1, CANDIDATES // len(pieces)
            while left and (at := self._text.find(piece, at + 1)) >= 0:
                # The line is told by the piece; where the query would begin may lie before it.
                begins.add((at << 8) | offset)
                left -= 1
        at_offset = np.array(sorted(begins), dtype=np.int64)
        place, offset_of = at_offset >> 8, at_offset & 0xFF
        numbers = np.searchsorted(self._ends, place)
        end = self._ends[numbers] if len(numbers) else numbers
        begin = np.where(numbers > 0, self._ends[numbers - 1] + 1, 0) if len(numbers) else numbers
        low = np.maximum(begin, place - offset_of - edits).tolist()
        high = np.minimum(end, place - offset_of + len(query) + edits).tolist()
        return numbers, [self._text[a:b] for a, b in zip(low, high, strict=True)]


def _latin_of(text: str, alphabet: Iterable[str]) -> str:
    """Return a text in Latin letters, each character by its first reading."""
    table = {ord(c): r[0] for c in alphabet if (r := _readings_of(c))}
    return text.translate(table).encode("ascii", "replace").decode("ascii")


def _apart(query: str, part: str, edits: int) -> int:
    """Return the least number of edits from a query to a piece of a part of a name."""
    from rapidfuzz.distance import OSA

    sizes = range(len(query) - edits, len(query) + edits + 1)
    starts = range(max(len(part) - len(query) + edits, 0) + 1)
    return min(OSA.distance(query, part[a : a + n], score_cutoff=edits) for a in starts for n in sizes)  # fmt: skip


def _merged(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """Return starts and places together, each pair once."""
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    start, here = (np.concatenate(column) for column in zip(*parts, strict=True))
    # Two readings seldom meet at one place; to look for such costs more than to carry on with both.
    if len(parts) == 1 or len(start) > FEW:
        return start, here
    # No more characters are met than letters typed.
    pair = np.unique(start * (LONGEST + 1) + (here - start))
    return pair // (LONGEST + 1), pair // (LONGEST + 1) + pair % (LONGEST + 1)


def _spelled(text: str) -> str:
    return "".join(r[0] if (r := _readings_of(c)) else c for c in text)


@lru_cache(maxsize=100_000)
def _readings_of(character: str) -> tuple[str, ...]:
    """Return the readings of a character without tones, the usual one first; ü is u and also v."""
    from pypinyin.constants import PINYIN_DICT

    found: dict[str, None] = {}
    for reading in str(PINYIN_DICT.get(ord(character), "")).split(","):
        split = unicodedata.normalize("NFD", reading)
        for spelled in (split, split.replace("u\u0308", "v")):
            if plain := _MARKS.sub("", spelled):
                found[plain] = None
    return tuple(found)
