from __future__ import annotations

import io
import json
import zipfile

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

import geo
from geo.analysis.own_footprints import footprints_from, minimum_rectangle, own_footprints
from geo.datasets.demo import demo_points
from geo.errors import PointsError
from geo.io.areas import MOST_AREAS, areas_of, read_areas
from geo.io.previews import preview_of
from geo.io.refusals import RefusedError
from geo.io.uploads import Upload
from geo.measure import area_km2, from_wgs84, laea, outline, project

ONE, TWO = box(114.30, 30.40, 114.42, 30.50), box(114.50, 30.40, 114.60, 30.46)
FRAME = gpd.GeoDataFrame({"名称": ["甲园", "乙园"]}, geometry=[ONE, TWO], crs=4326)


def written(tmp_path, frame, name, **options):
    path = tmp_path / name
    frame.to_file(path, **options)
    return path.read_bytes()


def zipped(tmp_path, frame, leave_out=()):
    frame.to_file(tmp_path / "area.shp", encoding="UTF-8")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for path in tmp_path.glob("area.*"):
            if path.suffix not in leave_out:
                packed.write(path, path.name)
    return stream.getvalue()


def kml(frame):
    def ring(line):
        return " ".join(f"{x},{y},0" for x, y in line.coords)

    places = "".join(
        f"<Placemark><name>{name}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{ring(s.exterior)}"
        "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        for name, s in zip(frame["名称"], frame.geometry, strict=True)
    )
    return (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{places}</Document></kml>'.encode()
    )


def same(found, wanted, tolerance=1e-7):
    off = shapely.hausdorff_distance(np.array(found.geometry), np.array(wanted.geometry))
    return bool((off < tolerance).all())


def test_every_format_gives_the_same_footprints(tmp_path):
    parquet = io.BytesIO()
    FRAME.to_parquet(parquet)
    files = {
        "a.geojson": written(tmp_path, FRAME, "x.geojson"),
        "a.gpkg": written(tmp_path, FRAME, "x.gpkg"),
        "a.fgb": written(tmp_path, FRAME, "x.fgb", SPATIAL_INDEX="NO"),
        "a.zip": zipped(tmp_path, FRAME),
        "a.kml": kml(FRAME),
        "a.parquet": parquet.getvalue(),
    }
    for name, content in files.items():
        preview = preview_of(Upload(name, content))
        assert (preview.holds, preview.declared) == ("areas", "wgs84"), name
        areas = read_areas(Upload(name, content), label=preview.choice.label or None, err_m=30)
        assert areas.frame["name_zh"].tolist() == ["甲园", "乙园"], name
        assert same(areas.frame, FRAME), name
        assert set(areas.frame["status"]) == {"digitised"}
        assert set(areas.frame["source"]) == {name}
        assert set(areas.frame["err_m"]) == {30.0}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_shifted_datums_come_back(datum):
    moved = [shapely.transform(s, lambda xy: np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], datum))) for s in FRAME.geometry]  # fmt: skip
    areas = areas_of(FRAME.set_geometry(moved, crs=4326), name="a.geojson", datum=datum)
    corners = [shapely.get_coordinates(s) for s in areas.frame.geometry]
    for found, wanted in zip(corners, FRAME.geometry, strict=True):
        for corner in shapely.get_coordinates(wanted):
            assert np.hypot(*(found - corner).T).min() < 1e-6


def test_projected_and_undeclared(tmp_path):
    planar = FRAME.to_crs(4547)
    areas = areas_of(planar, name="a.gpkg")
    assert areas.datum == "crs:EPSG:4547"
    for found, wanted in zip(areas.frame.geometry, FRAME.geometry, strict=True):
        assert area_km2(found) == pytest.approx(area_km2(wanted), rel=1e-6)
    bare = zipped(tmp_path, planar, leave_out=(".prj",))
    preview = preview_of(Upload("a.zip", bare))
    assert preview.declared == ""
    with pytest.raises(RefusedError, match="declares no reference system") as caught:
        read_areas(Upload("a.zip", bare))
    assert "坐标系" in caught.value.says("zh")
    assert same(read_areas(Upload("a.zip", bare), datum="EPSG:4547").frame, areas.frame)


def test_what_is_no_area_is_listed_and_what_crosses_itself_is_mended():
    bow = Polygon([(114, 30), (115, 31), (115, 30), (114, 31), (114, 30)])
    shapes = [ONE, Point(114, 30), LineString([(114, 30), (115, 30)]), None, Polygon(), bow, box(200, 30, 201, 31)]  # fmt: skip
    frame = gpd.GeoDataFrame({"name": ["a", "b", "c", "d", "e", "a", "g"]}, geometry=shapes, crs=4326)  # fmt: skip
    areas = areas_of(frame, name="x.geojson", err_m=5)
    assert areas.frame["id"].tolist() == ["mine-1", "mine-6"]
    assert areas.frame["name_zh"].tolist() == ["a", "a (6)"]
    assert areas.frame["mended"].tolist() == [False, True]
    assert areas.frame.geometry.is_valid.all()
    assert areas.frame.geometry.iloc[1].area == pytest.approx(0.5)
    assert areas.rejects["reason"].tolist() == ["not-an-area", "not-an-area", "no-geometry", "no-geometry", "out-of-range"]  # fmt: skip


def test_bounds_and_bad_calls():
    with pytest.raises(RefusedError, match=r"2,000 footprints"):
        areas_of(gpd.GeoDataFrame(geometry=[ONE] * (MOST_AREAS + 1), crs=4326), name="x")
    with pytest.raises(RefusedError, match="no feature is an area"):
        areas_of(gpd.GeoDataFrame(geometry=[Point(1, 1)], crs=4326), name="x")
    with pytest.raises(PointsError, match="positional error"):
        areas_of(FRAME, name="x", err_m=-1)
    with pytest.raises(PointsError, match="no column"):
        areas_of(FRAME, name="x", label="名")
    deep = json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [[["x", 1]]]}}]})  # fmt: skip
    with pytest.raises(PointsError):
        read_areas(Upload("a.geojson", deep.encode()))


def test_the_enclosing_rectangle_is_that_of_least_area():
    """Against turning the figure by every angle: none gives a smaller box."""
    rng = np.random.default_rng(5)
    for _ in range(12):
        shape = shapely.convex_hull(shapely.multipoints(rng.normal(0, (3000, 900), (14, 2))))
        length, width, azimuth = minimum_rectangle(shape)
        boxes = []
        for angle in np.arange(0, 180, 0.05):
            turned = shapely.get_coordinates(shapely.affinity.rotate(shape, angle, origin=(0, 0)))
            across, along = np.ptp(turned, axis=0)
            boxes.append((across * along, along, across, angle))
        least = min(boxes)
        assert length * width <= least[0] * (1 + 1e-9)
        assert length * width == pytest.approx(least[0], rel=2e-3)
        if min(b[0] for b in boxes if abs((b[3] - least[3] + 45) % 90 - 45) > 2) > least[0] * 1.02:
            sides = (max(least[1:3]), min(least[1:3]))
            assert (length, width) == pytest.approx(sides, rel=2e-2)
    length, width, azimuth = minimum_rectangle(shapely.affinity.rotate(box(-5, -40, 5, 40), -30, origin=(0, 0)))  # fmt: skip
    assert (length, width, azimuth) == pytest.approx((80, 10, 30))


def test_measures_against_closed_forms():
    crs = laea(114.4, 30.5)
    shape = outline(box(-3000, -1000, 3000, 1000), crs)
    frame = areas_of(gpd.GeoDataFrame({"name": ["矩形"]}, geometry=[shape], crs=4326), name="x", err_m=100).frame  # fmt: skip
    row = own_footprints(frame, geo.load_layout("wuhan")).table.iloc[0]
    assert row["area_km2"] == pytest.approx(12, rel=1e-5)
    assert row["area_km2"] == pytest.approx(area_km2(shape), rel=1e-5)
    assert row["area_km2_low"] == pytest.approx(5.8 * 1.8, rel=1e-4)
    assert row["area_km2_high"] == pytest.approx(12 + 2 * 8 * 0.1 + np.pi * 0.01, rel=1e-4)
    assert (row["length_km"], row["width_km"]) == pytest.approx((6, 2), rel=1e-4)
    assert row["elongation"] == pytest.approx(3, rel=1e-4)
    assert row["azimuth_deg"] == pytest.approx(90, abs=0.1)


def test_overlaps_units_and_points_against_plain_shapely(wuhan, units):
    frame = areas_of(FRAME, name="x.geojson", err_m=200).frame
    points = demo_points(wuhan, 3000)
    found = own_footprints(frame, wuhan, units=units, points=points, by="industry", weight="staff")
    assert set(found.overlaps["a"]) <= {"mine-1", "mine-2"}
    own = project(ONE, wuhan.crs)
    for item in wuhan:
        shape = item.planar_footprint
        if shape is None or item.properties.layer not in ("zone", "corridor", "belt"):
            continue
        shared = shapely.intersection(own, shape).area / 1e6
        rows = found.overlaps.query("a == 'mine-1' and b == @item.id")
        assert (rows["area_km2"].sum() if len(rows) else 0.0) == pytest.approx(shared, rel=1e-6, abs=1e-6)  # fmt: skip
    by_unit = found.units.query("footprint == 'mine-1'")
    assert by_unit["area_km2"].sum() == pytest.approx(own.area / 1e6, rel=1e-6)
    lon, lat = points.frame.geometry.x, points.frame.geometry.y
    for footprint in footprints_from(frame):
        inside = [int(shapely.intersects_xy(s, lon, lat).sum()) for s in footprint.outlines]
        row = found.points.query("footprint == @footprint.id and by == ''").iloc[0]
        assert [row["count_low"], row["count"], row["count_high"]] == inside
        assert inside[0] < inside[1] < inside[2]
    assert found.points.query("footprint == 'mine-1' and by != ''")["count"].sum() == found.points.query("footprint == 'mine-1' and by == ''")["count"].iloc[0]  # fmt: skip


def test_a_footprint_far_from_the_layout_is_measured_and_overlaps_nothing(wuhan, units):
    frame = areas_of(gpd.GeoDataFrame({"name": ["远"]}, geometry=[box(10, 50, 10.1, 50.1)], crs=4326), name="x").frame  # fmt: skip
    found = own_footprints(frame, wuhan, units=units)
    assert found.table["area_km2"].iloc[0] == pytest.approx(area_km2(box(10, 50, 10.1, 50.1)), rel=1e-4)  # fmt: skip
    assert len(found.overlaps) == 0
    assert len(found.units) == 0
    assert found.points is None
