"""Points in memory: what analyses need that look at all points together, from any source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.analysis.points import is_synthetic, opened
from geo.engine.run import LISTED, categories_of, errors_of, weights_of
from geo.errors import PointsError
from geo.io.positions import Rejects, locate_rows
from geo.io.reading import AUTO, Reading

__all__ = ["MAX_POINTS", "Cloud", "cloud_of", "frame_of"]

MAX_POINTS = 20_000_000
"""More are refused: sample or aggregate them first, or count them with ``geo.coverage``."""


@dataclass(frozen=True)
class Cloud:
    """Points with their weights, in the order of their source.

    Attributes
    ----------
    lon, lat
        WGS84 degrees, shape (n,).
    weight
        Shape (n,): the weights, or ones.
    err_m
        Shape (n,): positional errors in metres, 0 where none is known.
    names, codes
        Categories, and the index of each point's own; one blank category where none was asked for.
    row
        Shape (n,): numbers of their rows in the source.
    columns
        Further columns by name, each an array of objects, shape (n,).
    name
        Of the source.
    weighed
        Whether weights were asked for.
    reading
        How the source was understood; ``None`` of a cloud that was made of arrays.
    rejected, reasons
        How many rows have no usable position, and how many for which reason.
    listed
        The first of them.
    synthetic
        Whether the source says of itself that its rows are invented.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    weight: NDArray[np.float64]
    err_m: NDArray[np.float64]
    names: tuple[str, ...] = ("",)
    codes: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    row: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    columns: dict[str, NDArray[np.object_]] = field(default_factory=dict)
    name: str = ""
    weighed: bool = False
    reading: Reading | None = None
    rejected: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    listed: Rejects = field(default_factory=Rejects)
    synthetic: bool = False

    def __len__(self) -> int:
        return len(self.lon)

    @property
    def by(self) -> NDArray[np.object_]:
        """The category of each point, shape (n,)."""
        return np.array(self.names, dtype=object)[self.codes]

    def weights_in(self, three: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return what each point weighs in a place that it is surely, probably, perhaps in.

        Parameters
        ----------
        three
            Shape (n, 3). A negative weight makes low smaller where it may come in, and high where
            it surely does.
        """
        above, below = np.maximum(self.weight, 0.0)[:, None], np.minimum(self.weight, 0.0)[:, None]
        return np.asarray(above * three + below * three[:, ::-1])


def cloud_of(
    points: Any,
    *,
    by: str | None = None,
    weight: str | None = None,
    columns: Sequence[str] = (),
    datum: str = AUTO,
    lon: str | None = None,
    lat: str | None = None,
    sheet: str | None = None,
    err_m: float = 0.0,
    layout: Any = None,
    most: int = MAX_POINTS,
) -> Cloud:
    """Read points into memory.

    Parameters
    ----------
    points
        Whatever ``geo.coverage`` takes; or a cloud, which is returned as it is.
    by, weight, datum, lon, lat, sheet, err_m
        As for ``geo.coverage``.
    columns
        Further columns to keep.
    layout
        What helps to detect the datum.
    most
        So many points are read at most.

    Raises
    ------
    PointsError
        As ``geo.coverage``, and if there are more points than ``most``.
    """
    if isinstance(points, Cloud):
        return points
    source, reading, before, name = opened(
        points, layout=layout, by=by, weight=weight, datum=datum, lon=lon, lat=lat, sheet=sheet,
        err_m=err_m, further=columns,
    )  # fmt: skip
    wanted = list(dict.fromkeys([*reading.columns, *columns]))
    listed, reasons = before.first(LISTED), Counter(before.reason)
    pieces: list[Cloud] = []
    count, after, file = 0, source.first_row, None
    for part in source.parts():
        if part.file != file:
            file, after = part.file, source.first_row
        start = after if part.first is None else part.first
        for batch in source.read(part, wanted):
            piece, gone = _piece(batch, reading, columns, part.file, start)
            reasons.update(gone.reason)
            listed.add(gone.first(max(LISTED - len(listed), 0)))
            pieces.append(piece)
            count += len(piece)
            after = start + batch.passed
            if count > most:
                raise PointsError(
                    f"{source.name}: more than {most:,} points, which this looks at together: "
                    "aggregate or sample them first (geo.coverage counts any number)"
                )
    merged = _joined(pieces, columns)
    return Cloud(
        **merged, columns={c: _stacked([p.columns[c] for p in pieces], object) for c in columns},
        name=name or source.name, weighed=weight is not None, reading=reading,
        rejected=reasons.total(), reasons=dict(reasons), listed=listed, synthetic=is_synthetic(source),
    )  # fmt: skip


def _piece(
    batch: Any, reading: Reading, columns: Sequence[str], file: str, start: int
) -> tuple[Cloud, Rejects]:
    own, roles = batch.columns, reading.roles
    at = locate_rows(own, roles, reading.datum, swapped=reading.swapped, where=file)
    first = batch.passed - batch.count
    number = (np.arange(first, batch.passed) if batch.rows is None else batch.rows) + start
    kept = slice(None) if at.kept is None else at.kept
    n = len(at.lon)
    err = errors_of(own, reading, at.kept, file)
    names, codes = categories_of(own[reading.by], at.kept, reading.by, file) if reading.by else (("",), np.zeros(n, np.int32))  # fmt: skip
    weight = weights_of(batch, at.kept, reading.weight, file) if reading.weight else np.ones(n)
    return Cloud(
        np.asarray(at.lon), np.asarray(at.lat), weight, np.zeros(n) if err is None else err, names, codes,
        number[kept], {c: np.array(own[c].to_pylist(), dtype=object)[kept] for c in columns},
    ), at.rejects(own, roles, number, file)  # fmt: skip


def _stacked(arrays: list[Any], kind: Any) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=kind)


def _joined(pieces: list[Cloud], columns: Sequence[str]) -> dict[str, Any]:
    names = {name: 0 for p in pieces for name in p.names}
    names = {name: k for k, name in enumerate(names)}
    codes = [np.array([names[n] for n in p.names], dtype=np.int32)[p.codes] for p in pieces]
    joined = {f: _stacked([getattr(p, f) for p in pieces], float) for f in ("lon", "lat", "weight", "err_m")}  # fmt: skip
    return joined | {
        "names": tuple(names) or ("",), "codes": _stacked(codes, np.int32),
        "row": _stacked([p.row for p in pieces], np.int64),
    }  # fmt: skip


def frame_of(cloud: Cloud) -> pd.DataFrame:
    """Return a cloud as a table: ``lon``, ``lat``, ``by``, ``weight``, ``err_m``, ``row``."""
    return pd.DataFrame(
        {
            "lon": cloud.lon, "lat": cloud.lat, "by": cloud.by,
            "weight": cloud.weight, "err_m": cloud.err_m, "row": cloud.row,
        }
    )  # fmt: skip
