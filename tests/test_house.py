"""The order of the house: what may import what, what an import costs, what every word needs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import geo
from geo.datasets import home
from geo.words import LANGUAGES, catalogue, name_of, say

ROOT = Path(geo.__file__).parent
FLOORS = [
    # Units are facts: they need no ruler.
    {"geo.errors", "geo.words", "geo.measure.scales"},
    {"geo.measure"},
    {"geo.model", "geo.io", "geo.datasets"},
    {"geo.engine", "geo.network"},
    {"geo.analysis"},
    {"geo.maps"},
    {"geo.report", "geo.serve", "geo.console", "geo.cli"},
    {"app"},
]
SOURCES = [*ROOT.rglob("*.py"), *(home() / "app").rglob("*.py")]


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent if ROOT in path.parents else home()).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def floor(module: str) -> int | None:
    for level, rooms in enumerate(FLOORS):
        if any(module == room or module.startswith(f"{room}.") for room in rooms):
            return level
    return None


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_no_import_runs_uphill(path):
    own = module_of(path)
    level = floor(own)
    found = imports(path)
    if level is None:
        assert own == "geo"
        return
    for other in found:
        there = floor(other)
        assert there is None or there <= level, f"{own} imports {other} from a higher floor"
    if own.startswith("geo"):
        assert not any(name.split(".")[0] == "streamlit" for name in found)
    if not own.startswith("geo.maps"):
        assert not any(name.split(".")[0] in ("folium", "branca") for name in found)


def test_the_front_door_is_cheap_and_whole():
    code = "import sys, geo; print(sorted({'geopandas', 'pandas', 'shapely', 'numpy', 'folium'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    for name in geo.__all__:
        assert getattr(geo, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        geo.nonsense  # noqa: B018


def test_a_script_needs_no_map():
    code = "import sys, geo; geo.load_layout('wuhan'); print('folium' in sys.modules, 'matplotlib' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False False"


def test_every_word_is_there_in_both_languages():
    words = catalogue()
    for key, entry in words.items():
        for lang in LANGUAGES:
            assert entry[lang], (key, lang)
        places = [set(re.findall(r"{(\w+)", entry[lang])) for lang in LANGUAGES]
        if not key.startswith("audit.check.") and key != "audit.why.in-band":
            assert places[0] == places[1], key
    with pytest.raises(KeyError):
        say("map.no.such", "zh")


def test_every_word_that_is_asked_for_exists():
    words = catalogue()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") in ("say", "Said")
                and node.args
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    assert first.value in words, f"{module_of(path)}: {first.value}"
                elif isinstance(first, ast.JoinedStr):
                    prefix = (
                        first.values[0].value if isinstance(first.values[0], ast.Constant) else ""
                    )
                    assert any(key.startswith(prefix) for key in words), (
                        f"{module_of(path)}: {prefix}"
                    )


def test_every_kind_and_column_has_its_words():
    from geo.analysis.audit import AUDIT_COLUMNS
    from geo.analysis.population import PLACEMENTS, TABLE_COLUMNS
    from geo.analysis.verdicts import VERDICTS
    from geo.maps.layers import GROUPS, LAYER_KEYS
    from geo.model.kinds import KINDS, STATUSES, TIERS

    words = catalogue()
    for kinds in KINDS.values():
        assert {f"model.kind.{k}" for k in kinds} <= set(words)
    assert {f"model.tier.{t}" for t in TIERS} <= set(words)
    assert {f"model.status.{s}" for s in STATUSES} <= set(words)
    assert {f"audit.verdict.{v}" for v in VERDICTS} <= set(words)
    assert {f"map.layer.{k}" for k in LAYER_KEYS} | {f"map.group.{g}" for g in GROUPS} <= set(words)
    assert {f"population.placement.{p}" for p in PLACEMENTS} <= set(words)
    one_of_two = {c for c in (*AUDIT_COLUMNS, *TABLE_COLUMNS) if not c.endswith(("_zh", "_en"))}
    assert {f"report.column.{c}" for c in one_of_two} <= set(words)
    assert {f"report.column.{c}" for c in AUDIT_COLUMNS} <= set(words)


def test_no_words_for_people_are_written_in_the_application():
    for path in (home() / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                node.value.value = ""  # docstrings are for engineers
        text = path.read_text("utf-8")
        code = re.sub(r'"""(?:.|\n)*?"""', "", text)
        chinese = set(re.findall("[\u4e00-\u9fff]+", code))
        assert chinese <= {"中文", "创新走廊"}, (path, chinese)


def test_names_fall_back_to_the_other_language():
    assert name_of({"name_zh": "武汉", "name_en": ""}, "en") == "武汉"
    assert name_of({"name_zh": "", "name_en": ""}, "en") == ""


def test_modules_stay_small():
    for path in SOURCES:
        assert path.read_text("utf-8").count("\n") <= 500, path


def test_what_renders_is_pinned():
    root = home()
    if not (root / "constraints.txt").exists():
        assert (root.name, root.parent.name) == ("_bundle", "geo")
        return
    pins = dict(line.split("==") for line in (root / "constraints.txt").read_text().split())
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {re.split("[<>=]", d)[0].lower() for d in project["dependencies"]}
    assert {n.replace("_", "-") for n in needed} <= {p.lower().replace("_", "-") for p in pins}
    assert not re.search(r"https?://|--index|file:", (root / "constraints.txt").read_text())


@pytest.mark.xdist_group("house")
def test_tests_of_a_group_go_to_one_worker(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("not run with --dist loadgroup")
    assert request.node.nodeid.endswith("@house")
