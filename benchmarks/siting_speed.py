"""Speed of siting: ours against spopt with CBC in the same run, and ours alone where spopt does not end.

    python benchmarks/siting_speed.py [--large]

Without an option, the sizes at which spopt ends; with `--large`, 100,000 demands × 500 sites.
Demands lie in ten towns of 100 × 100 km, sites anywhere; weights are 1 to 49. Both solve to proof;
ours prints what of the gap is left where it does not.
"""

from __future__ import annotations

import resource
import sys
import time
import warnings

import numpy as np
from scipy.spatial.distance import cdist

from geo.analysis.siting import solve

SMALL = ((200, 40, 5), (500, 100, 8), (1000, 200, 10))
LARGE = (100_000, 500, 20)
REACH, WIDER = 12.0, 1.2
ENDLESS = {("p-center", 500), ("p-center", 1000), ("p-median", 1000)}
"""CBC has no answer to these within a minute."""


def instance(rows: int, columns: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    towns = [rng.normal(rng.random(2) * 100, rng.random() * 12 + 1, (rows // 10, 2)) for _ in range(10)]  # fmt: skip
    sites = rng.random((columns, 2)) * 100
    weights = rng.integers(1, 50, rows // 10 * 10).astype(float)
    costs = cdist(np.concatenate(towns), sites)
    return (costs.astype(np.float32) if costs.size > 20_000_000 else costs), weights


def ours(model: str, costs: np.ndarray, weights: np.ndarray, n: int, limit: float) -> tuple[float, object]:  # fmt: skip
    start = time.perf_counter()
    within = limit if model == "lscp" else REACH
    found = solve(costs, weights, model=model, n=None if model == "lscp" else n, within=within, seconds=55)  # fmt: skip
    return time.perf_counter() - start, found


def theirs(model: str, costs: np.ndarray, weights: np.ndarray, n: int, limit: float) -> tuple[float, float]:  # fmt: skip
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {
            "mclp": lambda: MCLP.from_cost_matrix(costs, weights, REACH, n),
            "lscp": lambda: LSCP.from_cost_matrix(costs, limit),
            "p-median": lambda: PMedian.from_cost_matrix(costs, weights, n),
            "p-center": lambda: PCenter.from_cost_matrix(costs, n),
        }[model]()
        made.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=120))
        value = pulp.value(made.problem.objective)
    return time.perf_counter() - start, float(value)


def main() -> None:
    print(f"{'model':9} {'demands':>8} {'sites':>6} {'n':>3} {'ours s':>8} {'spopt s':>8} {'ratio':>7} {'ours':>14} {'spopt':>14} gap")  # fmt: skip
    if "--large" in sys.argv:
        large()
        return
    for rows, columns, n in SMALL:
        costs, weights = instance(rows, columns)
        limit = float(costs.min(axis=1).max()) * WIDER
        for model in ("mclp", "lscp", "p-median", "p-center"):
            if (model, rows) in ENDLESS:
                continue
            own, found = ours(model, costs, weights, n, limit)
            other, value = theirs(model, costs, weights, n, limit)
            print(f"{model:9} {len(costs):8} {columns:6} {n:3} {own:8.2f} {other:8.2f} {other / own:7.1f} {found.objective:14,.2f} {value:14,.2f} {found.gap:.4f}", flush=True)  # fmt: skip


def large() -> None:
    rows, columns, n = LARGE
    costs, weights = instance(rows, columns)
    limit = float(costs.min(axis=1).max()) * WIDER
    for model in ("mclp", "lscp", "p-median", "p-center"):
        own, found = ours(model, costs, weights, n, limit)
        print(f"{model:9} {len(costs):8} {columns:6} {n:3} {own:8.2f} {'':8} {'':7} {found.objective:14,.2f} {'':14} {found.gap:.4f} {found.status}", flush=True)  # fmt: skip
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
