"""How long it takes to place a belt, and how near the proven bound comes.

    python benchmarks/fit_speed.py [rows ...]

The points are those of the coverage benchmark (clustered as in a city) and, as the worst case, a
round cloud in which every azimuth is about as good as the next. They are invented. Times are of
``geo.fit_belt`` in whole, from arrays in memory, for a belt of 150 × 30 km at any azimuth; "cpu"
is what all threads used together.
"""

from __future__ import annotations

import os
import sys
import time

import _data
import numpy as np

from geo.analysis.cloud import Cloud
from geo.analysis.fit import fit_belt


def clustered(rows: int) -> Cloud:
    parts = list(_data.blocks(rows))
    return cloud(*(np.concatenate([p[k] for p in parts]) for k in (0, 1)))


def round_cloud(rows: int) -> Cloud:
    rng = np.random.default_rng(_data.SEED)
    radius, turn = np.abs(rng.normal(0, 0.6, rows)), rng.uniform(0, 2 * np.pi, rows)
    return cloud(114.3 + radius * np.cos(turn) / np.cos(np.radians(30.6)), 30.6 + radius * np.sin(turn))  # fmt: skip


def cloud(lon: np.ndarray, lat: np.ndarray) -> Cloud:
    n = len(lon)
    return Cloud(lon, lat, np.ones(n), np.zeros(n), codes=np.zeros(n, np.int32), row=np.arange(n))


def main(sizes: list[int]) -> None:
    print(f"{os.cpu_count()} cores, numpy {np.__version__}")
    print("| points | rows | step ° | belts | s | cpu s | best | gap | azimuths solved |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for rows in sizes:
        for name, make in (("clustered", clustered), ("round", round_cloud)):
            points = make(rows)
            for step, best in ((1.0, 1), (0.5, 1), (0.5, 3)):
                wall, cpu = time.perf_counter(), time.process_time()
                found = fit_belt(points, length_km=150, width_km=30, step_deg=step, best=best)
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                print(
                    f"| {name} | {rows:,} | {step:g} | {best} | {wall:.1f} | {cpu:.1f} | {found.value:,.0f} "
                    f"| {found.gap:.2%} | {found.solved} |", flush=True,
                )  # fmt: skip


if __name__ == "__main__":
    main([int(float(a)) for a in sys.argv[1:]] or [100_000, 1_000_000])
