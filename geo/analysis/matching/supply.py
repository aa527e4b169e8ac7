"""Who can help: laboratories, universities, firms and agencies, the fields of each and what shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geo.analysis.matching.fields import fields_of
from geo.analysis.matching.needs import parts_of, stated_fields
from geo.analysis.matching.rows import problem, problem_table, read_rows
from geo.analysis.matching.taxonomy import Taxonomy, bundled_taxonomy
from geo.analysis.matching.words import fold
from geo.errors import PointsError
from geo.io.positions import number_of
from geo.model.items import Node
from geo.model.layout import Layout
from geo.words import LANGUAGES, say

__all__ = ["EVIDENCE", "SUPPLY_TIERS", "Supply", "supply_from", "supply_of"]

EVIDENCE = {"stated": 1.0, "name": 0.6, "text": 0.6, "lab": 0.5, "kind": 0.5, "host": 0.3, "notes": 0.3}  # fmt: skip
"""How likely a piece of evidence, taken alone, shows that somebody works in a field: an assumption,
so that what is stated counts for more than a name, and a name for more than that of a host."""
CONFIDENCE = {"": 1.0, "high": 1.0, "medium": 0.8, "low": 0.5, "n/a": 0.5}
"""What becomes of it by the confidence of what is stated."""
SUPPLY_TIERS = ("lab", "university", "park", "incubator", "computing", "service", "firm")
SUPPLY_COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "编号", "序号"),
    "name_zh": ("name_zh", "名称", "单位名称", "机构名称", "企业名称", "单位", "机构", "name", "organisation", "organization"),
    "name_en": ("name_en",),
    "field": ("fields", "field", "领域", "技术领域", "研究方向", "方向", "行业"),
    "text": ("text", "says", "说明", "简介", "描述", "能力", "description", "notes"),
    "text_en": ("text_en", "says_en"),
    "tier": ("tier", "类型", "类别", "type"),
    "place": ("place", "地点", "所在地", "地址", "区", "区县", "所在区", "district", "location", "address"),
    "capacity": ("capacity", "容量", "可承接", "承接能力"),
    "taken": ("taken", "已承接", "在办", "in_use"),
    "source": ("source", "来源"),
    "confidence": ("confidence", "可信度"),
}  # fmt: skip
_FRAME = ("supplier", "supplier_zh", "supplier_en", "tier", "kind", "lon", "lat", "err_m", "place", "capacity", "taken", "source", "confidence")  # fmt: skip
_EVIDENCE = ("supplier", "field", "shown_by", "via", "via_zh", "via_en", "terms", "probability", "source", "confidence")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Supply:
    """Who can help.

    Attributes
    ----------
    frame
        One row each: ``supplier`` (id), ``supplier_zh``, ``supplier_en``, ``tier``, ``kind``,
        ``lon``, ``lat`` (WGS84, NaN without a position), ``err_m``, ``place``, ``capacity`` (how
        many needs it takes at once; NaN: not limited), ``taken`` (of these), ``source``,
        ``confidence``.
    strength
        Shape (n, fields), 0 to 1: how likely each works in each field, by all its evidence
        together, 1 − ∏(1 − p) (noisy-or; Pearl, 1988).
    evidence
        Each piece: ``supplier``, ``field``, ``shown_by`` (``stated``, or derived from its ``name``,
        ``text``, ``kind``, ``notes``, its ``host``, or a ``lab`` that it hosts), ``via`` (the
        laboratory or host), ``terms``, ``probability``, ``source``.
    problems
        What could not be understood of a table.
    """

    frame: pd.DataFrame
    strength: NDArray[np.float64]
    evidence: pd.DataFrame
    problems: pd.DataFrame
    taxonomy: Taxonomy
    name: str = ""

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def left(self) -> NDArray[np.float64]:
        """How many more needs each takes, shape (n,): infinite where that is not limited."""
        capacity = self.frame["capacity"].to_numpy(float)
        left = np.maximum(capacity - self.frame["taken"].to_numpy(float), 0)
        return np.where(np.isnan(capacity), np.inf, left)

    @property
    def table(self) -> pd.DataFrame:
        """The suppliers, with their fields and what shows these as words."""
        basis = {lang: {b: say(f"matching.basis.{b}", lang) for b in EVIDENCE} for lang in LANGUAGES}  # fmt: skip
        by_supplier = dict(iter(self.evidence.groupby("supplier", sort=False)))
        words: dict[str, list[str]] = {f"fields_{lang}": [] for lang in LANGUAGES}
        for k, supplier in enumerate(self.frame["supplier"]):
            own = by_supplier.get(supplier)
            for lang in LANGUAGES:
                parts = []
                for j in np.argsort(-self.strength[k], kind="stable"):
                    if own is None or not self.strength[k, j]:
                        break
                    f = self.taxonomy.fields[j]
                    shown = dict.fromkeys(basis[lang][b] for b in own.loc[own["field"] == f.id, "shown_by"])  # fmt: skip
                    parts.append(say("matching.found.supply", lang, field=getattr(f, f"name_{lang}"), strength=self.strength[k, j], basis=say("matching.list.inner", lang).join(shown)))  # fmt: skip
                words[f"fields_{lang}"].append(say("matching.list.between", lang).join(parts))
        return self.frame.assign(**words)

    def joined(self, other: Supply) -> Supply:
        """Return both together; one that has an id of this is added to it, as further evidence."""
        if other.taxonomy is not self.taxonomy:
            raise PointsError("two supplies of different fields cannot be joined: read both with one taxonomy")  # fmt: skip
        known = set(self.frame["supplier"])
        new = other.frame[~other.frame["supplier"].isin(known)]
        frame = pd.concat([self.frame, new], ignore_index=True) if len(new) else self.frame.copy()
        again = other.frame[other.frame["supplier"].isin(known)].set_index("supplier")
        for column in ("capacity", "taken"):
            stated = frame["supplier"].map(again[column]) if len(again) else None
            if stated is not None:
                # A blank cell says nothing; it takes no limit away.
                frame[column] = stated.where(stated.notna() & frame["supplier"].map(again["capacity"]).notna(), frame[column])  # fmt: skip
        evidence = pd.concat([e for e in (self.evidence, other.evidence) if len(e)] or [self.evidence], ignore_index=True)  # fmt: skip
        return _supply(frame, evidence, pd.concat([self.problems, other.problems]), self.taxonomy, self.name)  # fmt: skip


def _supply(
    frame: pd.DataFrame, evidence: pd.DataFrame, problems: Any, own: Taxonomy, name: str
) -> Supply:  # fmt: skip
    frame = frame.sort_values("supplier", kind="stable", ignore_index=True)
    row = {k: i for i, k in enumerate(frame["supplier"])}
    missing = np.ones((len(frame), len(own)))
    at = (evidence["supplier"].map(row).to_numpy(int), evidence["field"].map(own.index).to_numpy(int))  # fmt: skip
    np.multiply.at(missing, at, 1 - evidence["probability"].to_numpy(float))
    return Supply(frame, 1 - missing, evidence.reset_index(drop=True), problem_table(problems), own, name)  # fmt: skip


def _pieces(
    supplier: str, basis: str, texts: Sequence[str], own: Taxonomy, *, via: Any = None, source: str = ""
) -> list[dict[str, Any]]:  # fmt: skip
    """Return what texts that say the same show, a piece for each field; a shared term shows a part."""
    terms: dict[str, list[str]] = {}
    for text in texts:
        for name, found in fields_of(text, own).items():
            terms.setdefault(name, []).extend(t for t in found if t not in terms.get(name, []))
    shared = own.shared
    rows = []
    for name, seen in terms.items():
        part = max(1 / len(shared.get(t, (name,))) for t in seen)
        rows.append(
            {
                "supplier": supplier, "field": name, "shown_by": basis, "via": via[0] if via else "", "via_zh": via[1] if via else "",
                "via_en": via[2] if via else "", "terms": "; ".join(seen), "probability": EVIDENCE[basis] * part,
                "source": source, "confidence": "",
            }
        )  # fmt: skip
    return rows


def _stated(
    supplier: str, row: Mapping[Any, Any], own: Taxonomy, says: Sequence[str]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the pieces that a row states, and what in its fields names none.

    Where ``says`` has as many parts as there are fields, each part is told of its own field.
    """
    source, confidence = row["source"], row["confidence"]
    groups, unknown = stated_fields(row["field"], own)
    split = [parts_of(t) for t in says if t]
    rows: dict[int, dict[str, Any]] = {}
    for number, group in enumerate(groups):
        told = [p[number] if len(p) == len(groups) and not unknown else "; ".join(p) for p in split]
        for k in group:
            p = EVIDENCE["stated"] * CONFIDENCE.get(confidence, 0.5) / len(group)
            if k not in rows or rows[k]["probability"] < p:
                rows[k] = {
                    "supplier": supplier, "field": own.fields[k].id, "shown_by": "stated", "via": "", "via_zh": "", "via_en": "",
                    "terms": "; ".join(told), "probability": p, "source": source, "confidence": confidence,
                }  # fmt: skip
    return list(rows.values()), unknown


def supply_of(
    layout: Layout, *, taxonomy: Taxonomy | None = None, tiers: Collection[str] = SUPPLY_TIERS, stated: Any = None
) -> Supply:  # fmt: skip
    """Return who can help among the nodes of a layout, also those without a position.

    Parameters
    ----------
    layout
        The layout; what a scenario has placed in it is placed.
    taxonomy
        By default the bundled one.
    tiers
        Which nodes.
    stated
        A table of what is stated (``id`` of the node, ``fields``, ``says``, ``capacity``,
        ``source``, ``confidence``), by default ``supply.csv`` in the layout's folder; ``False`` for
        none. Everything else is derived: from the name, kind and notes of a node, the name of its
        host, and the names of laboratories that it hosts.

    Raises
    ------
    PointsError
        If the table cannot be read.
    """
    own = taxonomy or bundled_taxonomy()
    nodes = [i for i in layout.of_layer("node") if isinstance(i, Node)]
    taken = [n for n in nodes if n.tier in tiers]
    evidence: list[dict[str, Any]] = []
    for node in taken:
        p = node.properties
        kind = [say(f"model.kind.{p.kind}", lang) for lang in LANGUAGES]
        for basis, texts in (("name", [p.name_zh, p.name_en]), ("kind", kind), ("notes", [p.note_zh, p.note_en]), ("host", [p.host])):  # fmt: skip
            via = ("", p.host, p.host) if basis == "host" else None
            evidence += _pieces(p.id, basis, texts, own, via=via, source=p.source)
    hosts = {h: [n for n in nodes if n.tier == "lab" and h in _hosts(n, taken)] for h in {h for n in nodes if n.tier == "lab" for h in _hosts(n, taken)}}  # fmt: skip
    for host, labs in hosts.items():
        for lab in labs:
            q = lab.properties
            evidence += _pieces(host, "lab", [q.name_zh, q.name_en], own, via=(q.id, q.name_zh, q.name_en), source=q.source)  # fmt: skip
    rows = [_row(n) for n in taken]
    frame = pd.DataFrame(rows, columns=list(_FRAME))
    problems: list[dict[str, Any]] = []
    table = _stated_table(layout) if stated is None else stated
    if table is not False and table is not None:
        _take_stated(table, frame, evidence, problems, own)
    return _supply(frame, pd.DataFrame(evidence, columns=list(_EVIDENCE)), problems, own, layout.id)


def _row(node: Node) -> dict[str, Any]:
    p = node.properties
    at = None if node.geometry is None else shapely.centroid(node.geometry)
    return {
        "supplier": p.id, "supplier_zh": p.name_zh, "supplier_en": p.name_en, "tier": node.tier, "kind": p.kind,
        "lon": at.x if at is not None else np.nan, "lat": at.y if at is not None else np.nan,
        "err_m": float(p.err_m or 0.0) if at is not None else np.nan, "place": p.place, "capacity": np.nan, "taken": 0.0,
        "source": p.source, "confidence": p.confidence,
    }  # fmt: skip


def _hosts(lab: Node, among: Sequence[Node]) -> list[str]:
    """Return the ids of the nodes that the host of a laboratory names."""
    host = fold(lab.properties.host)
    if not host:
        return []
    return [n.id for n in among if n is not lab and n.tier != "lab" and len(fold(n.name_zh)) > 2 and fold(n.name_zh) in host]  # fmt: skip


def _stated_table(layout: Layout) -> Any:
    file = None if layout.folder is None else layout.folder / "supply.csv"
    return file if file is not None and file.is_file() else None


def _take_stated(
    table: Any, frame: pd.DataFrame, evidence: list[dict[str, Any]], problems: list[dict[str, Any]], own: Taxonomy
) -> None:  # fmt: skip
    rows = read_rows(table, SUPPLY_COLUMNS)
    place = {k: i for i, k in enumerate(frame["supplier"])}
    for row in rows.frame.to_dict("records"):
        if row["id"] not in place:
            problems.append(problem(row["row"], rows.roles["id"], row["id"], "supplier-unknown"))
            continue
        found, unknown = _stated(row["id"], row, own, [row["text"], row["text_en"]])
        evidence += found
        problems += [problem(row["row"], rows.roles["field"], part, "field-unknown") for part in unknown]  # fmt: skip
        for column in ("capacity", "taken"):
            value = _count(row, column, rows.roles[column], problems)
            if value is not None:
                frame.loc[place[row["id"]], column] = value


def _count(row: Mapping[Any, Any], column: str, called: str, problems: list[dict[str, Any]]) -> float | None:  # fmt: skip
    """Return a number of needs of a cell, ``None`` where it holds none."""
    if not row[column]:
        return None
    value = number_of(row[column])
    if np.isfinite(value) and value >= 0 and float(value).is_integer():
        return float(value)
    problems.append(problem(row["row"], called, row[column], "count"))
    return None


def supply_from(
    source: Any,
    *,
    layout: Layout | None = None,
    taxonomy: Taxonomy | None = None,
    units: gpd.GeoDataFrame | None = None,
    columns: Mapping[str, str] | None = None,
    **reading: Any,
) -> Supply:
    """Return who can help by a table of one's own.

    Parameters
    ----------
    source
        As for ``geo.needs_of``; roles of columns are told by :data:`SUPPLY_COLUMNS`.
    layout, taxonomy, units, columns, **reading
        As for ``geo.needs_of``.

    Raises
    ------
    PointsError
        If the table cannot be read, or has no column of names.
    """
    own = taxonomy or bundled_taxonomy()
    rows = read_rows(source, SUPPLY_COLUMNS, layout=layout, units=units, columns=columns, **reading)
    if not (rows.roles["name_zh"] or rows.roles["name_en"] or rows.roles["id"]):
        raise PointsError(f"{rows.name}: no column of names: call it 名称 or name, or name it with columns=")  # fmt: skip
    problems, evidence, table = list(rows.problems), [], []
    seen: set[str] = set()
    for row in rows.frame.to_dict("records"):
        name = row["id"] or f"own:{row['row']}"
        if name in seen:
            problems.append(problem(row["row"], rows.roles["id"], name, "id-twice"))
            name = next(n for k in range(2, len(rows.frame) + 3) if (n := f"{name}#{k}") not in seen)  # fmt: skip
        seen.add(name)
        stated, unknown = _stated(name, row, own, [row["field"]])
        problems += [problem(row["row"], rows.roles["field"], part, "field-unknown") for part in unknown]  # fmt: skip
        pieces = _pieces(name, "name", [row["name_zh"], row["name_en"]], own)
        pieces += _pieces(name, "text", [" ".join([row["text"], *unknown]), row["text_en"]], own)
        evidence += [*stated, *pieces]
        zh, en = row["name_zh"] or row["name_en"] or name, row["name_en"] or row["name_zh"] or name
        capacity = _count(row, "capacity", rows.roles["capacity"], problems)
        taken = _count(row, "taken", rows.roles["taken"], problems)
        table.append(
            {
                "supplier": name, "supplier_zh": zh[:200], "supplier_en": en[:200], "tier": row["tier"] or "given", "kind": "given",
                "lon": row["lon"], "lat": row["lat"], "err_m": row["err_m"], "place": row["place"],
                "capacity": np.nan if capacity is None else capacity, "taken": taken or 0.0,
                "source": row["source"] or rows.name, "confidence": row["confidence"] or "n/a",
            }
        )  # fmt: skip
    return _supply(pd.DataFrame(table, columns=list(_FRAME)), pd.DataFrame(evidence, columns=list(_EVIDENCE)), problems, own, rows.name)  # fmt: skip
