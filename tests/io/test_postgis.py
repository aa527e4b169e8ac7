"""Points in a real PostgreSQL with PostGIS, started for the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

import geo
from geo.errors import MissingDependencyError, PointsError
from geo.serve import free_port

N = 3000


def binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    own = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(own).parent if own else None


def started(control: list[str], data: Path) -> int:
    """Start the server and return its port; another process may take a free one first."""
    for _ in range(4):
        port = free_port("127.0.0.1", 0)
        options = f"-p {port} -k {data} -c listen_addresses=127.0.0.1 -c fsync=off"
        start = [*control, "-t", "120", "-o", options, "-l", str(data / "log"), "start"]
        if not subprocess.run(start, check=False, stdout=subprocess.DEVNULL, cwd="/").returncode:
            return port
    raise RuntimeError((data / "log").read_text())


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of an empty database with PostGIS; the server is stopped afterwards."""
    folder = binaries()
    if folder is None:
        wanted = "install PostgreSQL with PostGIS (Debian: postgresql, postgresql-postgis)"
        if os.environ.get("CORRIDOR_REQUIRE_POSTGIS"):
            pytest.fail(f"no PostgreSQL, and CORRIDOR_REQUIRE_POSTGIS is set: {wanted}")
        pytest.skip(f"no PostgreSQL: {wanted}")
    data = tmp_path_factory.mktemp("pg")
    # The server refuses to run as root: there it runs as the user that its package made.
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = ["runuser", "-u", "postgres", "--"] if as_root else []
    if as_root:
        for path in (data, *data.parents[:3]):
            path.chmod(0o755)
        shutil.chown(data, "postgres", "postgres")
    run = [*user, str(folder / "initdb"), "-D", str(data / "db"), "-U", "corridor", "--auth=trust", "-E", "UTF8"]  # fmt: skip
    subprocess.run(run, check=True, capture_output=True, cwd="/")
    control = [*user, str(folder / "pg_ctl"), "-D", str(data / "db"), "-w"]
    port = started(control, data)
    yield f"postgresql://corridor:secret@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, cwd="/")  # fmt: skip


@pytest.fixture(scope="module")
def firms(address):
    """The same firms as points of WGS84, as points of a Gauss-Krüger grid, and as two columns."""
    import sqlalchemy as sa

    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(113.9, 115.1, N), rng.uniform(30.1, 31.0, N)
    kind = rng.choice(["光电子", "robot"], N)
    staff = rng.integers(1, 500, N)
    rows = [
        {"x": float(x), "y": float(y), "k": str(k), "s": int(s)}
        for x, y, k, s in zip(lon, lat, kind, staff, strict=True)
    ]
    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for line in (
            "CREATE EXTENSION postgis",
            "CREATE SCHEMA survey",
            "CREATE TABLE firms (行业 text, staff int, place geometry(Point, 4326))",
            "CREATE TABLE survey.metres (行业 text, staff numeric, place geometry(Point, 4547))",
            "CREATE TABLE plain (行业 text, staff int, lng double precision, lat double precision)",
            "CREATE TABLE areas (place geometry(Polygon, 4326))",
            "CREATE TABLE nowhere (place geometry(Point))",
        ):
            connection.execute(sa.text(line))
        point = "ST_SetSRID(ST_MakePoint(:x, :y), 4326)"
        insert = sa.text(f"INSERT INTO firms VALUES (:k, :s, {point})")
        connection.execute(insert, rows)
        connection.execute(sa.text(f"INSERT INTO survey.metres VALUES (:k, :s, ST_Transform({point}, 4547))"), rows)  # fmt: skip
        connection.execute(sa.text("INSERT INTO plain VALUES (:k, :s, :x, :y)"), rows)
        connection.execute(sa.text("INSERT INTO firms VALUES ('robot', 5, NULL)"))
    engine.dispose()
    return gpd.GeoDataFrame(
        {"行业": kind, "staff": staff}, geometry=shapely.points(lon, lat), crs=4326
    )


@pytest.mark.parametrize(
    ("table", "datum", "rejected"),
    [("firms", "auto", 1), ("survey.metres", "auto", 0), ("plain", "wgs84", 0)],
)
def test_tables_give_what_the_frame_gives(address, firms, wuhan, table, datum, rejected):
    expected = geo.coverage(firms, wuhan, by="行业", weight="staff")
    found = geo.coverage(f"{address}#{table}", wuhan, by="行业", weight="staff", datum=datum)
    assert found.records == expected.records
    assert found.total_records == expected.total_records
    assert found.rejected == rejected
    assert "secret" not in found.name


def test_the_database_itself_counts_the_same(address, firms, wuhan):
    import sqlalchemy as sa

    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    found = geo.coverage(f"{address}#firms", wuhan).table.set_index("footprint")["count"]
    query = sa.text(
        "SELECT count(*) FROM firms WHERE ST_Intersects(place, ST_GeomFromText(:w, 4326))"
    )
    with engine.connect() as connection:
        for row in wuhan.footprints.itertuples():
            own = connection.execute(query, {"w": shapely.to_wkt(row.geometry, rounding_precision=-1)}).scalar()  # fmt: skip
            assert found[row.id] == own
    engine.dispose()


def test_what_cannot_be_read_is_told_without_the_password(address, firms, wuhan):
    cases = {
        address: "no table; write it after the address",
        f"{address}#nothing": "no table 'nothing' that can be read",
        f"{address}#areas": "holds POLYGON, not points",
        f"{address}#nowhere": "no reference system",
        "postgresql://corridor:secret@127.0.0.1:9/postgres#firms": "not reachable",
    }
    for text, message in cases.items():
        with pytest.raises(PointsError, match=message) as caught:
            geo.coverage(text, wuhan)
        assert "secret" not in str(caught.value)
    with pytest.raises(MissingDependencyError, match="no driver"):
        geo.coverage("oracle://u@h/b#t", wuhan)
