"""Networks that were built before, kept in the user's cache folder: bounded, and never trusted.

A file is a plain ``.npz`` without pickled objects, written whole or not at all. Its name is a digest
of all that the network depends on; what does not read back as a sound network is built again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import shapely

from geo.network.graph import MODES, Network

__all__ = ["MOST_BYTES", "MOST_FILES", "digest_of", "folder", "keep", "kept"]

FORMAT = 1
"""Of the files, and of how networks are built: a change of either makes all of them new."""
MOST_FILES, MOST_BYTES = 20, 2_000_000_000
"""Those used least recently go first."""
_PIECE = 1 << 20


def folder() -> Path:
    """Return where networks are kept."""
    return platformdirs.user_cache_path("innovation-corridors") / "networks"


def digest_of(files: Iterable[Path], **parameters: Any) -> str:
    """Return the digest of the content of files, of parameters and of the format."""
    found = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                found.update(piece)
        found.update(b"\0")
    words = {"format": FORMAT, "shapely": shapely.geos_version_string} | parameters
    found.update(json.dumps(words, sort_keys=True, ensure_ascii=False, default=str).encode())
    return found.hexdigest()[:40]


def kept(digest: str) -> Network | None:
    """Return the network of a digest; ``None`` where there is none, or it is damaged."""
    path = folder() / f"{digest}.npz"
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            network = _network_of({name: arrays[name] for name in arrays.files}, digest)
        os.utime(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, zipfile.BadZipFile, MemoryError, shapely.errors.GEOSException):  # fmt: skip
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    return network


def keep(digest: str, network: Network) -> None:
    """Keep a network; where nothing can be written, nothing is kept."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle, raw = tempfile.mkstemp(prefix="part-", suffix=".tmp", dir=place)
    except OSError:
        return
    written = Path(raw)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, allow_pickle=False, **_arrays_of(network, digest))
        written.replace(place / f"{digest}.npz")
    except OSError:
        with contextlib.suppress(OSError):
            written.unlink()
    _tidy(place, digest)


def _arrays_of(network: Network, digest: str) -> dict[str, Any]:
    xy, own = shapely.get_coordinates(network.lines, return_index=True)
    kinds, kind = np.unique(network.kind.astype(str), return_inverse=True)
    about = {"digest": digest, "name": network.name, "mode": network.mode, "source": network.source, "notes": network.notes, "kinds": kinds.tolist()}  # fmt: skip
    return {
        "about": np.frombuffer(json.dumps(about).encode(), np.uint8),
        "lon": network.lon, "lat": network.lat, "start": network.start, "end": network.end,
        "km": network.km, "minutes": network.minutes, "oneway": network.oneway,
        "kind": kind.astype(np.int32), "xy": xy, "counts": np.bincount(own, minlength=len(network)),
    }  # fmt: skip


def _network_of(arrays: dict[str, Any], digest: str) -> Network:
    """Return the network of arrays.

    Raises
    ------
    ValueError
        If they do not fit together.
    """
    about = json.loads(arrays["about"].tobytes())
    n, m = len(arrays["lon"]), len(arrays["km"])
    counts, xy, kinds = arrays["counts"], arrays["xy"], np.array(about["kinds"], object)
    wanted = {
        "lon": (np.float64, (n,)), "lat": (np.float64, (n,)), "km": (np.float64, (m,)), "kind": (np.int32, (m,)),
        "minutes": (np.float64, (m,)), "start": (np.int32, (m,)), "end": (np.int32, (m,)),
        "oneway": (np.int8, (m,)), "counts": (np.int64, (m,)), "xy": (np.float64, (int(counts.sum()), 2)),
    }  # fmt: skip
    sound = all(arrays[k].dtype == kind and arrays[k].shape == shape for k, (kind, shape) in wanted.items())  # fmt: skip
    if not sound or about["digest"] != digest or about["mode"] not in MODES or not m:
        raise ValueError("not a kept network")
    for nodes in (arrays["start"], arrays["end"]):
        if nodes.min() < 0 or nodes.max() >= n:
            raise ValueError("an edge without its node")
    figures = (arrays[k] for k in ("lon", "lat", "km", "minutes", "xy"))
    if not all(np.isfinite(f).all() for f in figures) or counts.min() < 2:
        raise ValueError("no figures")
    return Network(
        about["name"], about["mode"], about["source"], arrays["lon"], arrays["lat"], arrays["start"],
        arrays["end"], arrays["km"], arrays["minutes"], arrays["oneway"],
        shapely.linestrings(xy, indices=np.repeat(np.arange(m), counts)), tuple(about["notes"]), kinds[arrays["kind"]],
    )  # fmt: skip


def _tidy(place: Path, newest: str) -> None:
    """Remove what was used least recently, until the rest is few and small enough."""
    with contextlib.suppress(OSError):
        found = [(p.stat().st_mtime_ns, p.stat().st_size, p) for p in place.glob("*.npz")]
        found.sort(key=lambda f: (f[2].stem != newest, -f[0]))
        size = 0
        for k, (_, own, path) in enumerate(found):
            size += own
            if k and (k >= MOST_FILES or size > MOST_BYTES):
                with contextlib.suppress(OSError):
                    path.unlink()
