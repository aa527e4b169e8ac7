"""No name of a city, a unit, a street or a feature of one layout stands in the code or its words."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path

import pandas as pd

from geo.datasets import home, layouts

CITIES = (
    "武汉", "湖北", "光谷", "车谷", "长江", "汉江", "东湖", "武昌", "汉口", "汉阳", "江城", "荆楚", "一城三廊", "五城", "机器人谷",
    "广深", "广州", "深圳", "东莞", "杭州", "城西", "余杭", "浙江", "广东", "牛津", "剑桥",
    "Wuhan", "Hubei", "Yangtze", "Optics Valley", "Robot Valley", "Guangzhou", "Shenzhen", "Dongguan", "Guangdong",
    "Hangzhou", "Zhejiang", "Oxford", "Cambridge", "Milton Keynes", "Oxcam", "Guangshen", "Chengxi",
)  # fmt: skip
SHORTEST = {"zh": 2, "en": 6}

EXCEPT: dict[str, tuple[tuple[str, ...], str]] = {
    "geo/datasets/__init__.py": (
        ("Wuhan",),
        "DEFAULT: the one place that says which layout opens first",
    ),
    "geo/measure/datums.py": (
        ("Hong Kong", "Shenzhen"),
        "where the datum GCJ-02 ends: rivers and outlines of the border",
    ),
    "geo/measure/detection.py": (("北京",), "the datum 北京 54"),
    "geo/words/datum.toml": (("北京",), "the datum 北京 54"),
    "geo/words/policies.toml": (
        ("北京", "广东", "Guangdong", "浙江", "Zhejiang", "湖北", "Hubei", "香港", "Hong Kong"),
        "names of the provinces by their code, and where the mainland's policies end",
    ),
    "geo/maps/link_features.py": (("research-computing",), "a kind of link"),
    "geo/model/kinds.py": (("research-computing",), "a kind of link"),
    "geo/words/model.toml": (("research-computing",), "a kind of link"),
}
"""By file: the names that may stand there, and why."""


def searched() -> list[Path]:
    """Return the files of code and words: what is shipped but is not data."""
    root = home()
    found = [p for s in ("py", "toml", "js", "css", "html", "j2", "typ") for d in ("geo", "app") for p in (root / d).rglob(f"*.{s}")]  # fmt: skip
    return sorted(p for p in found if "_bundle" not in p.parts)


@cache
def names() -> frozenset[str]:
    """Return the names of all bundled layouts' features, their places and ids."""
    found = set(CITIES)
    for folder in layouts().values():
        meta = tomllib.loads((folder / "layout.toml").read_text("utf-8"))
        found |= {meta["name_zh"], meta["name_en"]}
        if "-" in meta["id"]:
            found.add(meta["id"])
        for file in folder.glob("*.geojson"):
            for feature in json.loads(file.read_text("utf-8"))["features"]:
                own = feature["properties"]
                found |= {own.get("name_zh", ""), own.get("name_en", "")}
                found |= set(own.get("aliases", ()))
                found |= {own["id"]} if own["id"].count("-") >= 1 else set()
                found |= set(re.split(r"[,，、;；()（）/]\s*", own.get("place") or ""))
        table = folder / "population.csv"
        if table.is_file():
            units = pd.read_csv(table, dtype=str).fillna("")
            found |= {*units["name_zh"], *units["name_en"]}
    return frozenset(CITIES) | {n.strip() for n in found if _telling(n.strip())}


def _telling(name: str) -> bool:
    chinese = any(c > "\u2e80" for c in name)
    return len(name) >= SHORTEST["zh" if chinese else "en"]


def names_in(text: str) -> list[tuple[int, str]]:
    """Return the names that a text holds, each with its line; Latin ones as whole words."""
    small, found = text.lower(), []
    for name in names():
        if name.lower() not in small:
            continue
        chinese = any(c > "\u2e80" for c in name)
        edge = "" if chinese else "A-Za-z0-9-"
        whole = rf"(?<![{edge}]){re.escape(name)}(?![{edge}])" if edge else re.escape(name)
        for match in re.finditer(whole, text, re.IGNORECASE):
            found.append((text.count("\n", 0, match.start()) + 1, name))
    return sorted(found)


def test_no_name_of_a_layout_stands_in_code_or_words():
    root, found = home(), []
    for path in searched():
        where = path.relative_to(root).as_posix()
        allowed = EXCEPT.get(where, ((), ""))[0]
        found += [f"{where}:{line}: {name}" for line, name in names_in(path.read_text("utf-8")) if name not in allowed]  # fmt: skip
    assert not found, "\n".join(found)


def test_exceptions_are_still_needed():
    for where, (allowed, why) in EXCEPT.items():
        held = {name for _, name in names_in((home() / where).read_text("utf-8"))}
        assert set(allowed) <= held, f"{where}: {set(allowed) - held} is no longer there"
        assert why


def test_the_search_would_find_them():
    for name in ("光谷", "Optics Valley", "optics-valley-corridor", "Milton Keynes", "东湖科学城"):
        assert names_in(f"see {name}."), name
