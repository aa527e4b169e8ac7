"""Needs of firms: what is wanted, where, and which fields it is in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.matching.fields import fields_of, weights_of
from geo.analysis.matching.rows import Rows, problem, problem_table, read_rows
from geo.analysis.matching.taxonomy import Taxonomy, bundled_taxonomy
from geo.errors import PointsError
from geo.model.layout import Layout
from geo.words import LANGUAGES, Lang, one_line, say

__all__ = [
    "NEED_COLUMNS",
    "Needs",
    "bundled_needs",
    "needs_of",
    "notes_of_needs",
    "parts_of",
    "stated_fields",
]

NEED_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "编号", "序号", "need_id", "需求编号"),
    "name_zh": ("name_zh", "名称", "企业名称", "公司名称", "企业", "公司", "单位名称", "需求名称", "单位", "name", "firm", "company"),
    "name_en": ("name_en",),
    "text_zh": ("text_zh", "需求", "技术需求", "需求描述", "需求内容", "技术需求描述", "描述", "内容", "need", "needs", "text", "description"),
    "text_en": ("text_en",),
    "field": ("field", "fields", "领域", "技术领域", "所属领域", "行业", "产业", "industry"),
    "place": ("place", "地点", "所在地", "地址", "区", "区县", "所在区", "所属区", "行政区", "所在区县", "district", "location", "address"),
    "amount": ("amount", "金额", "预算", "经费", "投入", "budget"),
    "until": ("until", "截止", "截止日期", "期限", "deadline", "due"),
    "node": ("node",),
}  # fmt: skip
"""Roles of columns and their usual names."""
_APART = re.compile(r"[;,、,;/|\n]+")


@dataclass(frozen=True, eq=False)
class Needs:
    """Needs.

    Attributes
    ----------
    frame
        One row a need, none left out: ``need`` (id), ``need_zh``, ``need_en``, ``text_zh``,
        ``text_en``, ``place``, ``placed_by`` (``point``: by coordinates; ``unit``: by the name of a place
        with an extent, a point inside it with the radius of a circle of its size as error;
        ``none``), ``spot``, ``lon``, ``lat`` (WGS84), ``err_m``, ``amount``, ``until``, ``node``
        (the node of the layout that has the need) and ``row``.
    weight
        Shape (n, fields): how much each is about each field; rows add up to 1, or 0 where no field
        is known.
    found
        Which field each is in and why: ``need``, ``field``, names, ``weight``, ``shown_by`` (``stated``
        or ``text``), ``terms``.
    problems
        What could not be understood: ``row``, ``column``, ``written``, ``code`` and how to mend it.
    """

    frame: pd.DataFrame
    weight: NDArray[np.float64]
    found: pd.DataFrame
    problems: pd.DataFrame
    taxonomy: Taxonomy
    name: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    synthetic: bool = False

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def table(self) -> pd.DataFrame:
        """The needs with the fields that were found in each, as words."""
        words: dict[str, dict[str, list[str]]] = {lang: {} for lang in LANGUAGES}
        for row in self.found.to_dict("records"):
            for lang in LANGUAGES:
                text = say(f"matching.found.{row['shown_by']}", lang, field=row[f"field_{lang}"], weight=row["weight"], terms=row["terms"])  # fmt: skip
                words[lang].setdefault(row["need"], []).append(text)
        fields = {f"fields_{lang}": [say("matching.list.between", lang).join(words[lang].get(k, [])) for k in self.frame["need"]] for lang in LANGUAGES}  # fmt: skip
        return self.frame.assign(**fields)


def parts_of(text: str) -> list[str]:
    """Return the parts of a cell that lists several things, divided by semicolons or line breaks."""
    return [p.strip() for p in re.split(r"[;;\n]+", text) if p.strip()]


def stated_fields(text: str, taxonomy: Taxonomy) -> tuple[list[tuple[int, ...]], list[str]]:
    """Return the fields that a cell names, and what in it names none."""
    parts = [p.strip() for p in _APART.split(text) if p.strip()]
    named = [taxonomy.named(p) for p in parts]
    return [n for n in named if n], [p for p, n in zip(parts, named, strict=True) if not n]


def needs_of(
    source: Any,
    *,
    layout: Layout | None = None,
    taxonomy: Taxonomy | None = None,
    units: gpd.GeoDataFrame | None = None,
    columns: Mapping[str, str] | None = None,
    **reading: Any,
) -> Needs:
    """Read needs.

    Parameters
    ----------
    source
        A file that ``geo.read_points`` takes, a DataFrame, mappings (``{"text_zh": …, "place": …}``),
        or ``Points``. Roles of columns are told by :data:`NEED_COLUMNS`.
    layout
        Names places, and helps to detect the datum.
    taxonomy
        By default the bundled one.
    units
        Administrative units; by default those of the layout.
    columns
        Columns by role, where they have other names.
    **reading
        ``datum``, ``lon``, ``lat``, ``sheet``, ``err_m`` as for ``geo.read_points``.

    Returns
    -------
    Needs
        No row is left out. Where a need states fields and has a text, both count half.

    Raises
    ------
    PointsError
        If the table cannot be read, has neither a text nor a field, or the datum of its coordinates
        is neither given nor sure.
    """
    if isinstance(source, Needs):
        return source
    own = taxonomy or bundled_taxonomy()
    rows = read_rows(source, NEED_COLUMNS, layout=layout, units=units, columns=columns, **reading)
    if not any(rows.roles[r] for r in ("text_zh", "text_en", "field")):
        raise PointsError(
            f"{rows.name}: no column of needs: call it {', '.join(NEED_COLUMNS['text_zh'][:3])} or text, or of "
            "fields: 领域 or field; or name it with columns= (--text, --field)"
        )  # fmt: skip
    return _needs(rows, own)


def _needs(rows: Rows, own: Taxonomy) -> Needs:
    frame, problems = rows.frame, list(rows.problems)
    ids = _ids(frame["id"].tolist(), frame["row"].tolist(), problems, rows.roles["id"])
    weight, found = np.zeros((len(frame), len(own))), []
    for k, row in enumerate(frame.to_dict("records")):
        texts = [row[c] for c in ("text_zh", "text_en") if row[c]]
        stated, unknown = stated_fields(row["field"], own)
        problems += [problem(row["row"], rows.roles["field"], part, "field-unknown") for part in unknown]  # fmt: skip
        by_text, by_field = weights_of([*texts, *unknown], own), np.zeros(len(own))
        for group in stated:
            by_field[list(group)] += 1 / (len(group) * len(stated))
        parts = [w for w in (by_text, by_field) if w.any()]
        if parts:
            weight[k] = sum(parts) / len(parts)
        else:
            column = next((rows.roles[r] for r in ("text_zh", "text_en", "field") if rows.roles[r]), "")  # fmt: skip
            problems.append(problem(row["row"], column, " ".join(texts), "no-field"))
        found += _found(ids[k], [*texts, *unknown], by_field, weight[k], own)
    table = pd.DataFrame(
        {
            "need": ids, "need_zh": _first(frame, "name_zh", "text_zh", "name_en", "text_en"), "need_en": _first(frame, "name_en", "text_en", "name_zh", "text_zh"),
            **{c: frame[c].tolist() for c in ("text_zh", "text_en", "place", "placed_by", "spot", "lon", "lat", "err_m", "amount", "until", "node", "row")},
        }
    )  # fmt: skip
    columns = ["need", "field", "field_zh", "field_en", "weight", "shown_by", "terms"]
    return Needs(table, weight, pd.DataFrame(found, columns=columns), problem_table(problems), own, rows.name, rows.roles, rows.synthetic)  # fmt: skip


def _found(need: str, texts: list[str], by_field: Any, weight: Any, own: Taxonomy) -> list[dict[str, Any]]:  # fmt: skip
    terms: dict[str, list[str]] = {}
    for text in texts:
        for name, seen in fields_of(text, own).items():
            terms.setdefault(name, []).extend(t for t in seen if t not in terms.get(name, []))
    rows = []
    for k in np.flatnonzero(weight):
        f = own.fields[k]
        rows.append(
            {
                "need": need, "field": f.id, "field_zh": f.name_zh, "field_en": f.name_en, "weight": float(weight[k]),
                "shown_by": "stated" if by_field[k] else "text", "terms": "; ".join(terms.get(f.id, [])),
            }
        )  # fmt: skip
    return sorted(rows, key=lambda r: -r["weight"])


def _ids(stated: list[str], number: list[int], problems: list[dict[str, Any]], column: str) -> list[str]:  # fmt: skip
    """Return an id for each row: as stated, else by its number; one that occurs again is numbered."""
    seen: set[str] = set()
    ids = []
    for own, row in zip(stated, number, strict=True):
        name = own or f"row-{row}"
        if name in seen:
            if own:
                problems.append(problem(row, column, own, "id-twice"))
            name = next(n for k in range(2, len(stated) + 3) if (n := f"{name}#{k}") not in seen)
        seen.add(name)
        ids.append(name)
    return ids


def _first(frame: pd.DataFrame, *columns: str) -> list[str]:
    """Return for each row the first of some texts that is not blank."""
    return [next((str(v)[:200] for v in row if v), "") for row in frame[list(columns)].itertuples(index=False)]  # fmt: skip


def notes_of_needs(layout: Layout, lang: Lang) -> list[str]:
    """Return what the needs that come with a layout say of themselves: their column ``note``."""
    file = None if layout.folder is None else layout.folder / "needs.csv"
    if file is None or not file.is_file():
        return []
    table = pd.read_csv(file, dtype=str, encoding="utf-8-sig").fillna("")
    own: list[str] = list(table.get(f"note_{lang}", []))
    return [one_line(n) for n in dict.fromkeys(own) if n.strip()]


def bundled_needs(layout: Layout, *, taxonomy: Taxonomy | None = None, units: gpd.GeoDataFrame | None = None) -> Needs:  # fmt: skip
    """Return the needs that come with a layout (``needs.csv`` in its folder).

    Raises
    ------
    PointsError
        If it has none.
    """
    file = None if layout.folder is None else layout.folder / "needs.csv"
    if file is None or not file.is_file():
        raise PointsError(f"layout {layout.id!r} comes without needs: give a table of yours")
    return needs_of(file, layout=layout, taxonomy=taxonomy, units=units)
