"""Counting on a cluster, with a worker killed; stopping; memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import geo
from geo.engine.cluster import connect
from geo.errors import CorridorError, PointsError

ROWS = 400_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Eight files of many row groups, some rows without a position."""
    target = tmp_path_factory.mktemp("points")
    rng = np.random.default_rng(21)
    for k in range(8):
        n = ROWS // 8
        lon, lat = rng.uniform(113.5, 115.5, n), rng.uniform(29.8, 31.2, n)
        lon[::997] = np.nan
        table = pa.table({"lon": lon, "lat": lat, "kind": rng.choice(["a", "b", "c"], n), "w": rng.normal(size=n)})  # fmt: skip
        pq.write_table(table, target / f"part-{k}.parquet", row_group_size=5_000)
    return target


def counted(folder, wuhan, **options):
    return geo.coverage(str(folder), wuhan, by="kind", weight="w", datum="wgs84", **options)


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_to_the_last_count(folder, wuhan, scheduler, monkeypatch):
    from geo.io.sources import parquet

    monkeypatch.setattr(parquet, "_ENOUGH", 5_000)
    here = counted(folder, wuhan)
    with connect(scheduler) as client:
        there = counted(folder, wuhan, client=client)
    assert there.records == here.records
    assert there.total_records == here.total_records
    assert there.listed == here.listed
    assert there.rejected == 8 * len(range(0, ROWS // 8, 997))


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_costs_no_count(folder, wuhan, scheduler, monkeypatch):
    from geo.io.sources import parquet

    monkeypatch.setattr(parquet, "_ENOUGH", 5_000)
    here = counted(folder, wuhan)
    killed = []

    def kill(done, total):
        # In the middle: parts are done, others are on their way.
        if not killed and done > total / 4:
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGKILL)

    with connect(scheduler) as client:
        pids = list(client.run(os.getpid).values())
        there = counted(folder, wuhan, client=client, progress=kill)
    assert killed
    assert there.records == here.records
    assert there.total_records == here.total_records
    assert there.listed == here.listed


@pytest.mark.filterwarnings("ignore")
def test_errors_on_a_cluster_are_ours(folder, wuhan, scheduler, tmp_path):
    bad = tmp_path / "bad"
    bad.mkdir()
    pq.write_table(
        pa.table({"lon": ["x", "2024-01-01"], "lat": [1.0, 2.0], "w": ["a", "b"]}),
        bad / "p.parquet",
    )
    with (
        connect(scheduler) as client,
        pytest.raises(PointsError, match="'w' is no number"),
    ):
        geo.coverage(bad, wuhan, weight="w", datum="wgs84", client=client)
    # What only this machine can read is counted here, with the client unused.
    with connect(scheduler) as client:
        table = pq.read_table(folder / "part-0.parquet")
        here = geo.coverage(table, wuhan, by="kind", datum="wgs84", client=client)
    assert here.records == geo.coverage(table, wuhan, by="kind", datum="wgs84").records


@pytest.mark.filterwarnings("ignore")
def test_no_scheduler_is_told():
    with (
        pytest.raises(CorridorError, match="no scheduler answers"),
        connect("tcp://127.0.0.1:9", timeout="1s"),
    ):
        pass  # pragma: no cover


def test_all_rejects_are_given_in_order(folder, wuhan, monkeypatch):
    from geo.engine import run as module

    monkeypatch.setattr(module, "LISTED", 7)
    seen = []
    result = counted(
        folder, wuhan, on_rejects=lambda r: seen.extend(zip(r.file, r.row, strict=True))
    )
    expected = [(f"part-{k}.parquet", 1 + r) for k in range(8) for r in range(0, ROWS // 8, 997)]
    assert seen == expected
    assert len(result.rejects) == 7
    assert result.rejected == len(expected)


@pytest.mark.long
def test_threads_that_share_shapes_do_not_crash(tmp_path):
    """GEOS is not safe where threads share a shape: all points here are decided by shapely."""
    code = """
import numpy as np, pyarrow as pa, shapely, geo
star = shapely.Point(114.3, 30.6).buffer(0.2, quad_segs=50)
rim = shapely.get_coordinates(star)
many = np.tile(rim, (2000, 1))
table = pa.table({"lon": many[:, 0], "lat": many[:, 1]})
for err in (0.0, 50.0):
    r = geo.coverage(table, {"star": star}, datum="wgs84", threads=8, err_m=err)
    assert r.records[0]["count"] == len(many), r.records
lon, lat = geo.from_wgs84(many[:, 0], many[:, 1] - 8.2, "gcj02")
r = geo.coverage(pa.table({"lon": lon, "lat": lat}), {"star": star}, datum="gcj02", threads=8)
"""
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_leaves_no_file(folder, tmp_path):
    big = tmp_path / "many"
    big.mkdir()
    for k in range(300):
        (big / f"p{k}.parquet").symlink_to(folder / f"part-{k % 8}.parquet")
    out = tmp_path / "out"
    out.mkdir()
    code = "from geo.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "stats", str(big), "--datum", "wgs84", "--threads", "1",
         "--rejects", str(out / "rejects.csv"), "-o", str(out / "x.xlsx"), "--lang", "en", "--progress"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any(out.iterdir()) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "stopped; nothing was written" in told or "已停止" in told
    assert "Traceback" not in told
    assert list(out.iterdir()) == []


def test_memory_is_bounded(tmp_path):
    """Twenty times the rows take hardly more memory: the input is never in memory whole."""
    code = """
import sys, geo, shapely
geo.coverage(sys.argv[1], {"a": shapely.box(114, 30, 115, 31)}, by="kind", datum="wgs84", threads=2)
print(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1])
"""
    if not sys.platform.startswith("linux"):  # pragma: no cover
        return
    peaks = []
    for n in (1, 24):
        path = tmp_path / f"{n}.parquet"
        rng = np.random.default_rng(0)
        with pq.ParquetWriter(path, pa.schema([("lon", pa.float64()), ("lat", pa.float64()), ("kind", pa.string())])) as writer:  # fmt: skip
            for _ in range(n):
                writer.write_table(pa.table({"lon": rng.uniform(113, 116, 500_000), "lat": rng.uniform(29, 32, 500_000), "kind": rng.choice(["a", "b"], 500_000)}))  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
    # The file holds 12 million rows of 20 bytes and more: 240 MB.
    assert peaks[1] - peaks[0] < 100, peaks


def test_the_engine_is_safe_for_callers_threads(folder, wuhan):
    """Two counts at once in one process, as two sessions of the application ask for them."""
    results = []

    def work():
        results.append(counted(folder, wuhan).records)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results[0] == results[1] == results[2]
