from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.network import store
from geo.network.graph import Network
from geo.network.read import read_network


@pytest.fixture
def roads(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    rng = np.random.default_rng(1)
    ends = 114 + rng.random((60, 2, 2)) * 0.1 - (0, 83.5)
    frame = gpd.GeoDataFrame(
        {"highway": rng.choice(["primary", "道路"], 60), "oneway": rng.choice(["yes", "no", "-1"], 60)},
        geometry=shapely.linestrings(ends), crs=4326,
    )  # fmt: skip
    path = tmp_path / "roads.gpkg"
    frame.to_file(path)
    return path


def assert_same(one: Network, other: Network):
    for name in ("lon", "lat", "start", "end", "km", "minutes", "oneway", "kind"):
        a, b = getattr(one, name), getattr(other, name)
        assert a.dtype == b.dtype, name
        np.testing.assert_array_equal(a, b)
    assert shapely.equals_identical(one.lines, other.lines).all()
    assert (one.name, one.mode, one.source, one.notes) == (other.name, other.mode, other.source, other.notes)  # fmt: skip


def files():
    return sorted(store.folder().glob("*.npz")) if store.folder().exists() else []


def test_what_is_kept_comes_back_the_same(roads, tmp_path, monkeypatch):
    assert store.folder().is_relative_to(tmp_path)
    built = read_network(roads)
    assert len(files()) == 1
    monkeypatch.setattr("geo.network.read._built", None)
    assert_same(read_network(roads), built)
    assert not list(store.folder().glob("*.tmp"))


def test_another_file_or_another_question_is_another_network(roads):
    read_network(roads)
    read_network(roads, mode="walk")
    read_network(roads, speeds=20)
    read_network(roads, speeds={"primary": 20})
    read_network(roads, node="crossings")
    assert len(files()) == 5
    frame = gpd.read_file(roads)
    frame.iloc[:30].to_file(roads)
    assert len(read_network(roads)) < 60
    assert len(files()) == 6
    read_network(roads, cache=False, speeds=3)
    assert len(files()) == 6


@pytest.mark.parametrize("harm", ["cut", "bits", "empty", "pickle", "node", "other", "nan"])
def test_a_damaged_one_is_built_again(roads, harm):
    built = read_network(roads)
    path = files()[0]
    content = path.read_bytes()
    with np.load(path) as found:
        arrays = {k: found[k].copy() for k in found.files}
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "bits":
        middle = content.index(arrays["km"].tobytes())
        path.write_bytes(content[:middle] + b"\x77" * 8 + content[middle + 8 :])
    elif harm == "empty":
        path.write_bytes(b"")
    else:
        if harm == "pickle":
            arrays["lon"] = np.array([{"a": 1}] * len(arrays["lon"]), object)
        elif harm == "node":
            arrays["start"][0] = 10**6
        elif harm == "nan":
            arrays["minutes"][0] = np.nan
        elif harm == "other":
            arrays["about"] = np.frombuffer(arrays["about"].tobytes().replace(path.stem.encode(), b"0" * 40), np.uint8)  # fmt: skip
        with path.open("wb") as stream:
            np.savez(stream, allow_pickle=True, **arrays)
    assert store.kept(path.stem) is None
    assert not path.exists()
    assert_same(read_network(roads), built)
    assert_same(store.kept(path.stem), built)


def test_the_least_recently_used_go_first(roads, monkeypatch):
    monkeypatch.setattr(store, "MOST_FILES", 3)
    for k in range(3):
        read_network(roads, speeds=10 + k)
        os.utime(files()[-1])
    names = {}
    for k in range(3):
        names[k] = store.digest_of([], none=k)
    oldest, *_ = sorted(files(), key=lambda p: p.stat().st_mtime_ns)
    for k, path in enumerate(files()):
        os.utime(path, (1000 + k, 1000 + k))
    first, second, third = files()
    read_network(roads, speeds=99)
    assert len(files()) == 3
    assert not first.exists()
    assert third.exists()
    monkeypatch.setattr(store, "MOST_BYTES", 1)
    read_network(roads, speeds=98)
    assert len(files()) == 1
    assert oldest is not None
    assert second is not None


def test_a_cache_that_cannot_be_written_is_no_obstacle(roads, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert len(read_network(roads)) > 0
