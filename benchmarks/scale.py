"""What a billion points cost, from measured figures; writes docs/scale.md.

    python benchmarks/scale.py [--rows 1e8]

Counts the points of the coverage benchmark (see _data.py) by one thread, by every core and by a
cluster of local workers, in a process of its own each, and how many parts a second a scheduler
deals out. Everything larger on the page is computed from these figures and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from _data import path_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "scale.md"
ROWS_A_TASK = 32 * 500_000
"""A task of a cluster is at most 32 parts of half a million rows."""

COUNT = """
import json, resource, sys, time
import geo
points, footprints, threads, band = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "band"
geo.coverage
start, cpu = time.perf_counter(), time.process_time()
geo.coverage(points, footprints, by="category", datum="wgs84", band=band, threads=threads)
print(json.dumps({"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""
CLUSTER = """
import json, sys, time
from distributed import Client, LocalCluster
import geo
from geo.engine.cluster import connect
if __name__ == "__main__":
    points, footprints, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as own:
        with connect(own.scheduler_address) as client:
            geo.coverage(points, footprints, by="category", datum="wgs84", client=client)
            start = time.perf_counter()
            geo.coverage(points, footprints, by="category", datum="wgs84", client=client)
            wall = time.perf_counter() - start
            tasks = 2000
            start = time.perf_counter()
            client.gather([client.submit(abs, k, pure=False) for k in range(tasks)])
            print(json.dumps({"wall": wall, "tasks": tasks / (time.perf_counter() - start)}))
"""


def measured(code: str, *arguments: object) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        # Workers of a cluster import the script that started them: it has to be a file.
        script = Path(scratch) / "child.py"
        script.write_text(code, encoding="utf-8")
        done = subprocess.run([sys.executable, str(script), *map(str, arguments)], capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure, extrapolate, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, default=1e8)
    rows = int(parser.parse_args().rows)
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    for what, count in (("points", rows), ("corridors", 0), ("counties", 0)):
        subprocess.run([sys.executable, str(ROOT / "benchmarks" / "_data.py"), what, *([str(count)] if count else [])], check=True)  # fmt: skip
    points, corridors, counties = path_of("points", rows), path_of("corridors"), path_of("counties")
    measured(COUNT, points, corridors, cores, "plain")  # brings the file into the system's cache
    table = [
        ("5 corridors", 1, measured(COUNT, points, corridors, 1, "plain")),
        ("5 corridors", cores, measured(COUNT, points, corridors, cores, "plain")),
        ("110 counties", cores, measured(COUNT, points, counties, cores, "plain")),
    ]
    cluster = measured(CLUSTER, points, corridors, cores)
    PAGE.write_text(page(rows, cores, points.stat().st_size, table, cluster), encoding="utf-8")
    print(PAGE.read_text("utf-8"))


def page(
    rows: int, cores: int, size: int, table: list[tuple[str, int, dict[str, float]]], cluster: dict[str, float]
) -> str:  # fmt: skip
    one = table[0][2]["cpu"] / rows
    worst = max(r["cpu"] for _, _, r in table) / rows
    bytes_a_row = size / rows
    lines = [
        "# What a billion points cost",
        "",
        (
            f"Written by `make bench` (benchmarks/scale.py) on {cores} cores, {platform.machine()}, Python "
            f"{platform.python_version()}. Parquet with longitude, latitude and a category, "
            f"{bytes_a_row:.1f} bytes a row, in the system's file cache."
        ),
        "",
        f"## Measured: {rows:,} points",
        "",
        "| counted by | threads | wall | processor time a point | peak memory |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {threads} | {r['wall']:.2f} s | {r['cpu'] / rows * 1e9:.0f} ns | {r['mb']:,.0f} MB |"
            for name, threads, r in table
        ),
        f"| 5 corridors | cluster of {cores} local workers | {cluster['wall']:.2f} s | | |",
        "",
        f"A scheduler dealt out {cluster['tasks']:,.0f} tasks a second on this machine.",
        "",
        "## Computed from it",
        "",
        "| points | processor hours | read | tasks | dealing out | 2 cores | 64 cores | 1,000 cores |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for n in (1e9, 1e10, 1e11):
        tasks = n / ROWS_A_TASK
        dealt = tasks / cluster["tasks"]
        walls = [max(n * one / c, dealt if c > cores else 0) for c in (2, 64, 1000)]
        lines.append(
            f"| {n:,.0f} | {n * one / 3600:.2f}–{n * worst / 3600:.2f} | {n * bytes_a_row / 1e9:,.0f} GB | "
            f"{tasks:,.0f} | {duration(dealt)} | " + " | ".join(duration(w) for w in walls) + " |"
        )
    need = bytes_a_row / one / 1e6
    lines += [
        "",
        ("Processor hours are those of five corridors and of 110 counties. Walls are the larger of "
        "computing and dealing out, for corridors, with reading that keeps up."),
        "",
        "## Where the limit sits",
        "",
        (f"- **Reading.** One core takes in {need:,.0f} MB/s of such Parquet. A disk of 500 MB/s feeds "
        f"{500 / need:.1f} cores, a network of 10 Gbit/s {1250 / need:.0f}: beyond that storage is the limit, "
        "so workers should stand where the files are."),
        (f"- **Dealing out.** A task holds up to {ROWS_A_TASK:,} rows. A scheduler keeps some "
        f"{cluster['tasks'] * one * ROWS_A_TASK:,.0f} cores busy with them; beyond that tasks would have to be larger."),
        ("- **Memory** does not grow with points: a worker holds a part, the compiled footprints and a "
        "tally of sets × categories. A column of more than 5,000 values is refused as a category."),
        ("- **Counting itself** has no limit that matters: tallies are 64-bit integers, and sums are exact "
        "whatever the order."),
        ("- **What is not dealt out**: XLSX, GeoPackage, GeoJSON, Shapefile, FlatGeobuf, databases and "
        "gzip are read from the top by one machine. Turn a large one into Parquet first."),
        "",
        "How to start a cluster: [points](points.md#beyond-one-machine).",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
