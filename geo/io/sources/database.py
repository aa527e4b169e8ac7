"""Tables of a database by SQLAlchemy address: PostGIS points, or columns of longitude and latitude."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from geo.errors import MissingDependencyError, PointsError
from geo.io.sources.base import Batch, Part, Source

__all__ = ["DatabaseSource"]

_ROWS = 100_000


class DatabaseSource(Source):
    """A table or view of a database, streamed by a server-side cursor.

    Parameters
    ----------
    address
        SQLAlchemy address with the table after ``#``: ``postgresql+psycopg://user@host/base#table``
        or ``…#schema.table``. A column of PostGIS points is found by itself and read in WGS84.

    Raises
    ------
    PointsError
        If the address has no table, or the database or the table cannot be reached.
    MissingDependencyError
        If SQLAlchemy or the driver is not installed.
    """

    def __init__(self, address: str) -> None:
        try:
            import sqlalchemy as sa
        except ImportError as error:
            raise MissingDependencyError(
                'reading a database needs SQLAlchemy: pip install "innovation-corridors[postgis]"'
            ) from error
        url, _, table = address.partition("#")
        # A password must not stand in a message.
        self.name = f"{re.sub(r'//[^@/]*@', '//', url)}#{table}"
        if not table:
            raise PointsError(
                f"{self.name}: no table; write it after the address, such as postgresql://host/base#firms"
            )
        schema, _, self.table = table.rpartition(".")
        self.schema = schema or None
        if url.startswith("postgresql://"):
            # SQLAlchemy would take psycopg2; version 3 is what the extra installs.
            url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        try:
            # Without a pool no connection stays open when the source is done with.
            self.engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
            with warnings.catch_warnings():
                # Reflection does not know the type of a geometry, and need not.
                warnings.simplefilter("ignore", sa.exc.SAWarning)
                described = sa.inspect(self.engine).get_columns(self.table, schema=self.schema)
            self.columns = [c["name"] for c in described]
            self._find_points(sa)
        except (ImportError, sa.exc.NoSuchModuleError) as error:
            raise MissingDependencyError(
                f'{self.name}: no driver ({error}); pip install "innovation-corridors[postgis]"'
            ) from error
        except sa.exc.NoSuchTableError as error:
            raise PointsError(
                f"{self.name}: no table {table!r} that can be read; name it after #, with its schema "
                "where it is not in the search path"
            ) from error
        except sa.exc.SQLAlchemyError as error:
            raise PointsError(
                f"{self.name}: not reachable ({str(error.__cause__ or error).splitlines()[0]}); check "
                "host, base, user and password"
            ) from error

    def _find_points(self, sa: Any) -> None:
        self.srid = 4326
        if self.engine.dialect.name != "postgresql":
            return
        with self.engine.connect() as connection:
            known = connection.execute(sa.text("SELECT to_regclass('geometry_columns')")).scalar()
            if known is None:
                return
            row = connection.execute(
                sa.text(
                    "SELECT f_geometry_column, srid, type FROM geometry_columns WHERE f_table_name = "
                    ":t AND f_table_schema = COALESCE(:s, f_table_schema) ORDER BY type = 'POINT' DESC"
                ),
                {"t": self.table, "s": self.schema},
            ).first()
        if row is None:
            return
        self.geometry, self.srid, kind = str(row[0]), int(row[1]), str(row[2])
        if kind not in ("POINT", "GEOMETRY", "POINTZ", "POINTM", "POINTZM"):
            raise PointsError(f"{self.name}: holds {kind}, not points")
        if not self.srid:
            raise PointsError(
                f"{self.name}: the points have no reference system: set it with UpdateGeometrySRID"
            )
        self.crs = "EPSG:4326"

    def parts(self) -> Iterator[Part]:
        """Return the table as one part."""
        yield Part(self.name, 0)

    def read(self, part: Part, columns: Sequence[str]) -> Iterator[Batch]:
        """Read rows through a cursor on the server; points are transformed there."""
        import sqlalchemy as sa

        table = sa.table(self.table, *map(sa.column, self.columns), schema=self.schema)
        wanted: list[Any] = []
        for name in columns:
            column = table.c[name]
            if name == self.geometry:
                point = column if self.srid == 4326 else sa.func.ST_Transform(column, 4326)
                wanted += [sa.func.ST_X(point).label("x"), sa.func.ST_Y(point).label("y")]
            else:
                wanted.append(column)
        passed = 0
        try:
            with self.engine.connect().execution_options(yield_per=_ROWS) as connection:
                for rows in connection.execute(sa.select(*wanted)).partitions():
                    passed += len(rows)
                    yield Batch(self._arrays(rows, columns), len(rows), None, passed)
        except sa.exc.SQLAlchemyError as error:
            raise PointsError(
                f"{self.name}: not readable after row {passed:,} "
                f"({str(error.__cause__ or error).splitlines()[0]})"
            ) from error

    def _arrays(self, rows: Sequence[Any], columns: Sequence[str]) -> dict[str, Any]:
        values = list(zip(*rows, strict=True))
        arrays: dict[str, Any] = {}
        at = 0
        for name in columns:
            if name == self.geometry:
                x, y = (pa.array(values[at + k], pa.float64()) for k in (0, 1))
                arrays[name] = pa.StructArray.from_arrays([x, y], ["x", "y"])
                at += 2
                continue
            try:
                arrays[name] = pa.array(values[at])
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                arrays[name] = pa.array([None if v is None else str(v) for v in values[at]])
            at += 1
        return arrays
