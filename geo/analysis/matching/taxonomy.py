"""Fields of technology: two levels, the words that show each, and how near they are to each other."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo.analysis.matching.words import fold
from geo.datasets import home
from geo.errors import PointsError

__all__ = ["Taxonomy", "TechField", "bundled_taxonomy", "read_taxonomy", "taxonomy_file"]

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Text = Annotated[str, Field(min_length=1, max_length=80)]
MAX_BYTES = 2_000_000


class TechField(BaseModel):
    """One field, as the file has it."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    name_zh: _Text
    name_en: _Text
    parent: str | None = None
    terms: Annotated[tuple[_Text, ...], Field(min_length=1)]
    near: dict[str, _Share] = {}


class _Similarity(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    parent: _Share = 0.6
    sibling: _Share = 0.2


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    similarity: _Similarity = _Similarity()
    field: Annotated[tuple[TechField, ...], Field(min_length=1, max_length=2000)]


@dataclass(frozen=True, eq=False, repr=False)
class Taxonomy:
    """Fields of technology.

    Attributes
    ----------
    fields
        In the order of the file.
    parent, sibling
        Similarity of a field to its broader field, and of two fields of one broader field, where
        the file states none.
    name
        Of the file.
    text
        The file as it is written.
    """

    fields: tuple[TechField, ...]
    parent: float = 0.6
    sibling: float = 0.2
    name: str = ""
    text: str = field(default="", repr=False)

    def __len__(self) -> int:
        return len(self.fields)

    @cached_property
    def index(self) -> dict[str, int]:
        """The place of each field by its id."""
        return {f.id: k for k, f in enumerate(self.fields)}

    @cached_property
    def terms(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """What shows which fields: the folded term to the term as written and the fields' places."""
        found: dict[str, tuple[str, tuple[int, ...]]] = {}
        for k, own in enumerate(self.fields):
            for term in own.terms:
                written, before = found.get(fold(term), (term, ()))
                found[fold(term)] = (written, tuple(dict.fromkeys([*before, k])))
        return found

    @cached_property
    def starts(self) -> dict[str, list[str]]:
        """Folded terms by their first character, the longest first."""
        found: dict[str, list[str]] = {}
        for term in sorted(self.terms, key=lambda t: (-len(t), t)):
            found.setdefault(term[0], []).append(term)
        return found

    @property
    def shared(self) -> dict[str, tuple[str, ...]]:
        """Terms that show more than one field, with these: each then shows a part of each."""
        return {w: tuple(self.fields[k].id for k in own) for w, own in self.terms.values() if len(own) > 1}  # fmt: skip

    @cached_property
    def similarity(self) -> NDArray[np.float64]:
        """How near two fields are, shape (n, n): symmetric, 1 on the diagonal."""
        near = np.zeros((len(self), len(self)))
        for k, a in enumerate(self.fields):
            for j, b in enumerate(self.fields[:k]):
                stated = [f.near[o] for f, o in ((a, b.id), (b, a.id)) if o in f.near]
                if stated:
                    near[k, j] = stated[0]
                elif b.id == a.parent or a.id == b.parent:
                    near[k, j] = self.parent
                elif a.parent is not None and a.parent == b.parent:
                    near[k, j] = self.sibling
        return np.asarray(near + near.T + np.eye(len(self)))

    @cached_property
    def _stated(self) -> dict[str, tuple[int, ...]]:
        names = {fold(n): (k,) for k, f in enumerate(self.fields) for n in (f.name_zh, f.name_en)}
        ids = {f.id: (k,) for k, f in enumerate(self.fields)}
        return {t: own for t, (_, own) in self.terms.items()} | names | ids

    def named(self, text: str) -> tuple[int, ...]:
        """Return the places of the fields that a text names: by id, name or term; empty for none."""
        return self._stated.get(text.strip()) or self._stated.get(fold(text)) or ()

    @property
    def table(self) -> pd.DataFrame:
        """One row a field: ``field``, names, ``parent``, ``terms``, ``near``."""
        rows = [
            {
                "field": f.id, "field_zh": f.name_zh, "field_en": f.name_en, "parent": f.parent or "",
                "terms": "; ".join(f.terms), "near": "; ".join(f"{k} {v:g}" for k, v in f.near.items()),
            }
            for f in self.fields
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["field", "field_zh", "field_en", "parent", "terms", "near"])  # fmt: skip


def taxonomy_file() -> Path:
    """Return the file of the bundled taxonomy, which serves every layout."""
    return home() / "data" / "taxonomy" / "fields.toml"


@cache
def bundled_taxonomy() -> Taxonomy:
    """Return the taxonomy that comes with the package; the same object each time."""
    return read_taxonomy(taxonomy_file())


def read_taxonomy(source: str | Path | bytes, *, name: str = "") -> Taxonomy:
    """Return the taxonomy of a TOML file.

    Parameters
    ----------
    source
        A file, or its bytes.
    name
        Of bytes, for messages.

    Raises
    ------
    PointsError
        If it cannot be read or is wrong; the message lists every problem, ``.problems`` holds them.
    """
    if isinstance(source, bytes):
        called, content = name or "taxonomy", source
    else:
        path = Path(source)
        if not path.is_file():
            raise PointsError(f"{path}: no such file of fields; check the path")
        called, content = path.name, path.read_bytes()
    if len(content) > MAX_BYTES:
        raise PointsError(
            f"{called}: {len(content) / 1e6:.1f} MB is too large for a file of fields"
        )
    try:
        text = content.decode("utf-8-sig")
        read = _File.model_validate(tomllib.loads(text))
    except UnicodeDecodeError:
        raise PointsError(f"{called}: not in UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise PointsError(f"{called}: not TOML ({error}); compare it with {taxonomy_file().name}") from None  # fmt: skip
    except ValidationError as error:
        raise _wrong(called, [_said(e, content) for e in error.errors()]) from None
    problems = _problems(read.field)
    if problems:
        raise _wrong(called, problems)
    return Taxonomy(read.field, read.similarity.parent, read.similarity.sibling, called, text)


def _wrong(name: str, problems: list[str]) -> PointsError:
    listed = "; ".join(problems[:12]) + (f"; and {len(problems) - 12} more" if len(problems) > 12 else "")  # fmt: skip
    return PointsError(f"{name}: {listed}", problems)


def _said(error: Any, content: bytes) -> str:
    where = [str(part) for part in error["loc"]]
    if len(where) > 1 and where[0] == "field" and where[1].isdigit():
        rows = tomllib.loads(content.decode("utf-8-sig")).get("field", [])
        number = int(where[1])
        own = rows[number].get("id") if number < len(rows) and isinstance(rows[number], dict) else None  # fmt: skip
        where[:2] = [f"field {own!r}" if own else f"field number {number + 1}"]
    return f"{'.'.join(where)}: {error['msg']}"


def _problems(fields: tuple[TechField, ...]) -> list[str]:
    """Return every contradiction among fields."""
    by_id = {f.id: f for f in fields}
    found = [f"the id {k!r} occurs {n} times; give each field its own" for k, n in Counter(f.id for f in fields).items() if n > 1]  # fmt: skip
    for f in fields:
        if f.parent == f.id:
            found.append(f"field {f.id!r}: is its own parent; leave parent out")
        elif f.parent is not None and f.parent not in by_id:
            found.append(f"field {f.id!r}: unknown parent {f.parent!r}; add that field, or leave parent out")  # fmt: skip
        elif f.parent is not None and by_id[f.parent].parent is not None:
            found.append(f"field {f.id!r}: its parent {f.parent!r} has a parent itself; there are two levels")  # fmt: skip
        blank = [t for t in f.terms if not fold(t)]
        if blank:
            found.append(f"field {f.id!r}: the term {blank[0]!r} holds no letter; take it out")
        for other, value in f.near.items():
            if other == f.id or other not in by_id:
                found.append(f"field {f.id!r}: near names {other!r}, which is no other field; correct it")  # fmt: skip
            elif by_id[other].near.get(f.id, value) != value:
                found.append(f"fields {f.id!r} and {other!r}: near is {value:g} in one and {by_id[other].near[f.id]:g} in the other; give one value")  # fmt: skip
    return found
