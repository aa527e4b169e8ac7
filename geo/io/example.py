"""The features and the claim of the small example that a layout can begin from: all invented."""

from __future__ import annotations

from shapely import LineString, Point

from geo.io.tables import CLAIM_COLUMNS
from geo.model.kinds import Layer
from geo.model.schema import (
    BeltProperties,
    CorridorProperties,
    Feature,
    NodeProperties,
    ZoneProperties,
)

__all__ = ["example_claims", "example_features"]


def example_claims() -> str:
    """Return ``claims.csv`` of the example."""
    cells = dict.fromkeys(CLAIM_COLUMNS, "") | {
        "id": "core-area", "subject": "core", "quantity": "area", "value": "10", "unit": "km²",
        "qualifier": "exact", "source": "example", "status": "stated", "label_zh": "核心面积",
        "label_en": "Area of the core",
    }  # fmt: skip
    return ",".join(CLAIM_COLUMNS) + "\n" + ",".join(cells.values()) + "\n"


def example_features(lon: float, lat: float) -> dict[Layer, list[Feature]]:
    """Return the features of the example by layer, drawn at a place in WGS84 degrees."""
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
