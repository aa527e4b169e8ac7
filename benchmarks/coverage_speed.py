"""Speed of counting points by footprint against the peers; writes docs/benchmarks.md.

    python benchmarks/coverage_speed.py [--only JOB]… [--runs 5] [--no-big] [--no-write]

Every measurement is a process of its own, ours with this interpreter and the peers' with one that
has the packages of benchmarks/peers.txt (made in .venv-peers the first time). They take turns —
ours, peer, peer, ours — so that a machine that is busy for a while slows both. All have to give
the same counts; where they do not, that is printed, written, and the exit code is 1, as it is
where a target is missed.

What a job gave is kept beside the data (in $XDG_CACHE_HOME or ~/.cache), so that one job can be
measured again without the others; the page is written from what is kept.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _data import BANDS_KM, COUNTIES, folder, path_of

# Nothing heavy is imported here: see _data.py.

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PAGE = ROOT / "docs" / "benchmarks.md"

WARM_UP_S = 5.0
"""What takes less than this has a first run that does not count; the rest has no need of one."""
SLOW_S, SLOW_RUNS = 10.0, 3
"""What takes longer is run so many times at most."""


@dataclass(frozen=True)
class Contender:
    """One way of doing a job: a function of _ours.py or of _peers.py."""

    name: str
    function: str
    ours: bool = False
    note: str = ""


@dataclass(frozen=True)
class Target:
    """How many times faster than the best of some contenders ours has to be."""

    least: float
    against: tuple[str, ...]
    says: str


@dataclass(frozen=True)
class Job:
    """One table of the page.

    ``inside`` measures what a process says that it took, start-up and decoding left out, and not
    the process as a whole; the time is then scaled to all the rows where a peer did fewer.
    """

    key: str
    title: str
    source: str
    rows: int
    footprints: str
    contenders: tuple[Contender, ...]
    targets: tuple[Target, ...]
    inside: bool = False
    limit_s: float = 60.0
    peak_mb: float | None = None
    tolerance: float = 0.0
    big: bool = False
    smaller: str = ""
    about: str = ""


@dataclass
class Runs:
    """What one contender did in one job."""

    seconds: list[float] = field(default_factory=list)
    peaks_mb: list[float] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    left_out: str = ""
    failed: str = ""


OURS = Contender("ours", "coverage", ours=True)
SEDONADB = Contender("sedonadb", "sedonadb")
SHAPELY = Contender("shapely + pyarrow", "shapely_one", note="prepared, bounds first")
THREADS = Contender("shapely + pyarrow, threads", "shapely_threads", note="the same, all cores")
CONSTANTS = Contender("DuckDB spatial, constants", "duckdb_constants", note="polygons prepared")
JOIN = Contender("DuckDB spatial, join", "duckdb_join")
SJOIN = Contender("geopandas.sjoin", "geopandas_sjoin")
POLARS_ST = Contender("polars-st", "polars_st")
PEERS = (SEDONADB, THREADS, SHAPELY, CONSTANTS, SJOIN, POLARS_ST, JOIN)
PARSERS = (
    Contender("parsing alone, DuckDB", "parse_duckdb"),
    Contender("parsing alone, polars", "parse_polars"),
    Contender("parsing alone, pyarrow", "parse_pyarrow"),
)


def _names(contenders: tuple[Contender, ...]) -> tuple[str, ...]:
    return tuple(c.name for c in contenders)


def _parquet(
    key: str, rows: int, least: float, says: str, smaller: str = "", *, big: bool = False
) -> Job:
    return Job(
        key, f"{rows:,} points, Parquet, five corridors", "points", rows, "corridors",
        (OURS, *PEERS), (Target(least, _names(PEERS), says),), smaller=smaller, big=big,
    )  # fmt: skip


def _huge(key: str, footprints: str, least: float, what: str) -> Job:
    peers = (SEDONADB, THREADS, SHAPELY)
    return Job(
        key, f"{10**8:,} points, Parquet, {what}", "points", 10**8, footprints, (OURS, *peers),
        (Target(least, ("sedonadb",), f"{least:g} × sedonadb"),),
        limit_s=400, peak_mb=600, big=True,
    )  # fmt: skip


JOBS = (
    _parquet("1e5", 10**5, 1 / 1.25, "within 1.25 × the time of the best"),
    _parquet("1e6", 10**6, 1.0, "no slower than the best", "1e5"),
    _parquet("1e7", 10**7, 1.5, "1.5 × the best", "1e6", big=True),
    _huge("1e8", "corridors", 3.5, "five corridors"),
    _huge("1e8-counties", "counties", 6.0, f"{COUNTIES} counties of 318,000 vertices"),
    Job(
        "csv", f"{10**7:,} rows of CSV, five corridors", "csv", 10**7, "corridors",
        (
            OURS,
            Contender("DuckDB spatial", "duckdb_csv", note="read_csv, polygons prepared"),
            Contender("polars + shapely", "polars_csv", note="threads"),
            *PARSERS,
        ),
        (Target(1 / 1.3, _names(PARSERS), "within 1.3 × the time of parsing alone"),),
        big=True,
        about="*Parsing alone* counts nothing: it is the least that anything from CSV can take.",
    ),
    Job(
        "curve", f"Coverage curve: {10**7:,} points, {len(BANDS_KM)} bands about an axis", "points",
        10**7, "axis",
        (
            Contender("ours", "curve", ours=True),
            Contender("shapely, dwithin", "curve_shapely", note="prepared, band by band"),
            Contender("shapely, tuned", "curve_shapely_tuned", note="bounds, nested, threads"),
            Contender("sedonadb", "curve_sedonadb", note="ST_DWithin, then ST_Distance"),
        ),
        (
            Target(20.0, ("shapely, dwithin",), "20 × prepared dwithin"),
            Target(5.0, ("sedonadb",), "5 × sedonadb"),
        ),
        inside=True, limit_s=300, tolerance=1e-4, big=True,
        about="Points in memory; start-up and decoding are left out. The peers' points are "
        "projected and built before the clock starts. Counts may differ by one in 10,000, as each "
        "side measures in a projection of its own.",
    ),
    Job(
        "gcj", f"GCJ-02 to WGS84, {10**7:,} points", "points", 10**7, "sample",
        (
            Contender("ours", "gcj", ours=True),
            Contender("coord-convert", "gcj_coord_convert", note="100,000 points, scaled"),
            Contender("prcoords", "gcj_prcoords", note="bored; 100,000 points, scaled"),
        ),
        (Target(15.0, ("coord-convert", "prcoords"), "15 × the best"),),
        inside=True, big=True,
        about="The time of the conversion alone.",
    ),
    Job(
        "memory", f"{10**7:,} points in memory, five corridors", "points", 10**7, "corridors",
        (Contender("ours", "memory", ours=True),),
        (Target(0.5, ("decoding the columns",), "within twice the time of decoding"),),
        inside=True, big=True,
        about="*Decoding the columns* is pyarrow reading the same three from Parquet, in the same "
        "process.",
    ),
)  # fmt: skip
ERROR_MM = 1.0

INTRO = """# Speed of counting points by footprint

Written by benchmarks/coverage_speed.py. Every run is a process of its own,
from starting Python to its end, ours and the peers' in turn; medians, and the range in brackets.
*Ratio* is the time of a peer by ours: above 1, ours is faster. Memory is the most that the process
held. All contenders of a table gave the same counts, by footprint and category, unless it says
otherwise. The points are invented; the peers are written as one who knows each would
(benchmarks/_peers.py says what was tried).

"""


# --- the peers' environment ----------------------------------------------------------------------


def peers_python(given: Path | None) -> Path:
    """The interpreter with the peers, which is made if it is not there or out of date."""
    home = given or ROOT / ".venv-peers"
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if given:
        if not python.exists():
            sys.exit(f"no environment in {given}")
        return python
    wanted = HERE / "peers.txt"
    mark = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    stamp = home / "set-up.stamp"
    if not (python.exists() and stamp.exists() and stamp.read_text() == mark):
        print("making the environment of the peers in .venv-peers …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", wanted], check=True)
        stamp.write_text(mark)
    return python


def made(what: str, rows: int = 0) -> Path:
    """The file with some data; it is made in another process, which may be as large as it likes."""
    path = path_of(what, rows)
    if not path.exists():
        print(f"making {path.name} …", flush=True)
        command = [sys.executable, HERE / "_data.py", what, *([str(rows)] if rows else [])]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


# --- measuring -----------------------------------------------------------------------------------


def run(contender: Contender, arguments: list[str], peers: Path, limit_s: float) -> dict[str, Any]:
    """Run once and return the answer with the wall time of the process, or why there is none."""
    python, script = (sys.executable, "_ours.py") if contender.ours else (peers, "_peers.py")
    command = [str(python), str(HERE / script), contender.function, *arguments]
    start = time.perf_counter()
    try:
        child = subprocess.run(
            command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=limit_s, check=False,
            env={**os.environ, "PYTHONUTF8": "1"},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"left_out": f"more than {limit_s:.0f} s"}
    wall = time.perf_counter() - start
    if child.returncode != 0:
        lines = child.stderr.strip().splitlines() or [f"exit code {child.returncode}"]
        return {"failed": lines[-1]}
    return {**json.loads(child.stdout.splitlines()[-1]), "wall": wall}


def arguments_of(job: Job, contender: Contender, rows: int, scratch: Path) -> list[str]:
    points = str(made(job.source, rows))
    if job.key == "gcj":
        sample = str(scratch / "gcj.npy")
        return [points, sample] if contender.ours else [sample]
    if contender.function.startswith("parse_"):
        return [points]
    return [points, str(made(job.footprints))]


def turns(contenders: tuple[Contender, ...], rounds: int) -> Iterator[tuple[int, Contender]]:
    """Ours, the peers, the peers the other way round, ours, and so on."""
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else contenders[::-1]:
            yield number, contender


def measure(job: Job, rows: int, runs: int, peers: Path, before: dict[str, float]) -> Any:
    """Every contender in turn; ``before`` has the times at a tenth of the points."""
    results = {c.name: Runs() for c in job.contenders}
    for name, seconds in before.items():
        if name in results and name != "ours" and seconds * 10 > 1.5 * job.limit_s:
            results[name].left_out = f"would take about {seconds * 10:,.0f} s"
    with tempfile.TemporaryDirectory() as scratch:
        for number, contender in turns(job.contenders, runs + 1):
            result = results[contender.name]
            done = len(result.seconds)
            slow = done > 0 and result.seconds[0] > SLOW_S
            if result.left_out or result.failed or done >= (min(runs, SLOW_RUNS) if slow else runs):
                continue
            arguments = arguments_of(job, contender, rows, Path(scratch))
            answer = run(contender, arguments, peers, job.limit_s)
            result.left_out = answer.get("left_out", "")
            result.failed = answer.get("failed", "")
            if result.left_out or result.failed:
                print(f"  {contender.name:28} {result.failed or result.left_out}", flush=True)
                continue
            wall = answer["wall"]
            seconds = wall
            if job.inside:
                seconds = answer["seconds"] * rows / answer.get("rows", rows)
            print(f"  {contender.name:28} {seconds:9.3f} s {answer['peak_mb']:8.0f} MB", flush=True)
            if number == 0 and wall < WARM_UP_S and not job.inside:
                continue
            result.seconds.append(seconds)
            result.peaks_mb.append(answer["peak_mb"])
            result.answer = answer
    if job.key == "memory" and results["ours"].seconds:
        # What it is measured against is said by the same process.
        ours = results["ours"]
        decode = ours.answer["decode"]
        results["decoding the columns"] = Runs([decode], ours.peaks_mb, {})
    return results


# --- judging -------------------------------------------------------------------------------------


def differences(job: Job, results: dict[str, Runs]) -> list[str]:
    """Sentences on every contender that did not count the same as the first of the peers."""
    counts = {name: r.answer["counts"] for name, r in results.items() if "counts" in r.answer}
    if not counts:
        return []
    # The peers' own is the measure: one of ours that is wrong must not be hidden by being first.
    first = next((name for name in counts if name != "ours"), "ours")
    right = _cells(counts[first])
    found = []
    for name, table in counts.items():
        cells = _cells(table)
        wrong = {}
        for cell in cells.keys() | right.keys():
            pair = cells.get(cell, 0), right.get(cell, 0)
            if abs(pair[0] - pair[1]) > job.tolerance * pair[1]:
                wrong[cell] = pair
        if wrong:
            cell, (this, that) = max(wrong.items(), key=lambda item: abs(item[1][0] - item[1][1]))
            found.append(
                f"{name} and {first} differ in {len(wrong)} of {len(cells.keys() | right.keys())} "
                f"counts; most in {', '.join(cell)}: {this:,} against {that:,}"
            )
    return found


def _cells(table: dict[str, dict[str, int]]) -> dict[tuple[str, str], int]:
    return {(name, category): n for name, row in table.items() for category, n in row.items()}


def judge(job: Job, results: dict[str, Runs]) -> list[tuple[str, str, bool]]:
    """What was to be reached, what was, and whether that will do."""
    medians = {n: statistics.median(r.seconds) for n, r in results.items() if r.seconds}
    verdicts = []
    for target in job.targets:
        there = {name: medians[name] for name in target.against if name in medians}
        if "ours" not in medians or not there:
            verdicts.append((target.says, "not measured", False))
            continue
        best = min(there, key=lambda name: there[name])
        ratio = there[best] / medians["ours"]
        verdicts.append((target.says, f"{ratio:.2f} × ({best})", ratio >= target.least))
    if job.peak_mb is not None and results["ours"].peaks_mb:
        peak = max(results["ours"].peaks_mb)
        verdicts.append((f"at most {job.peak_mb:,.0f} MB", f"{peak:,.0f} MB", peak <= job.peak_mb))
    if job.key == "gcj":
        errors = [r.answer["error_mm"] for r in results.values() if "error_mm" in r.answer]
        if errors:
            says = f"less than {ERROR_MM:g} mm from iterating the peers' own forward formulas"
            verdicts.append((says, f"{max(errors):.2g} mm", max(errors) < ERROR_MM))
    return verdicts


# --- the page ------------------------------------------------------------------------------------


def section(job: Job, results: dict[str, Runs], rows: int) -> str:
    lines = [f"## {job.title if rows == job.rows else f'{job.title} (only {rows:,} rows)'}", ""]
    if job.about:
        lines += [job.about, ""]
    lines += ["| | time | ratio | memory | runs |", "| --- | --- | --- | --- | --- |"]
    ours = results["ours"].seconds
    notes = {c.name: c.note for c in job.contenders}
    for name, result in results.items():
        label = f"{name} ({notes[name]})" if notes.get(name) else name
        if not result.seconds:
            why = f"failed: {result.failed}" if result.failed else f"left out: {result.left_out}"
            lines.append(f"| {label} | {why} | | | |")
            continue
        middle = statistics.median(result.seconds)
        time_ = f"{middle:.3g} s ({min(result.seconds):.3g}–{max(result.seconds):.3g})"
        ratio = f"{middle / statistics.median(ours):.2f}" if ours and name != "ours" else ""
        peak = f"{max(result.peaks_mb):,.0f} MB"
        lines.append(f"| {label} | {time_} | {ratio} | {peak} | {len(result.seconds)} |")
    lines += ["", "| to reach | reached | |", "| --- | --- | --- |"]
    for says, reached, good in judge(job, results):
        lines.append(f"| {says} | {reached} | {'yes' if good else '**no**'} |")
    for sentence in differences(job, results):
        lines += ["", f"**Not the same counts:** {sentence}."]
    lines += ["", f"Measured on {datetime.now(UTC):%Y-%m-%d}.", ""]
    return "\n".join(lines)


def machine() -> str:
    name = platform.processor() or platform.machine()
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        lines = cpus.read_text().splitlines()
        name = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), name)
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        memory = f", {size / 2**30:.0f} GiB"
    system = f"{platform.system()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores ({name}){memory}, {system}"


def page(sections: dict[str, str], ours: dict[str, str]) -> str:
    pinned = (HERE / "peers.txt").read_text(encoding="utf-8").splitlines()
    theirs = ", ".join(line.replace("==", " ") for line in pinned if "==" in line)
    mine = ", ".join(f"{name} {number}" for name, number in ours.items())
    facts = f"Machine: {machine()}.\n\nOurs: {mine}.\n\nPeers: {theirs}.\n\n"
    return INTRO + facts + "\n".join(sections[j.key] for j in JOBS if j.key in sections)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", action="append", choices=[j.key for j in JOBS], help="a job; may be repeated"
    )
    parser.add_argument("--runs", type=int, default=5, help="how often each is measured")
    parser.add_argument(
        "--big", action=argparse.BooleanOptionalAction, default=True, help="10 million and more too"
    )
    parser.add_argument(
        "--write", action=argparse.BooleanOptionalAction, default=True, help="write the page"
    )
    parser.add_argument("--peers", type=Path, help="an environment that has the peers already")
    parser.add_argument(
        "--shrink", type=int, default=1, help="so many times fewer points, to try this out: no page"
    )
    options = parser.parse_args()
    peers = peers_python(options.peers)
    kept_in = folder() / "results.json"
    kept = json.loads(kept_in.read_text(encoding="utf-8")) if kept_in.exists() else {}
    sections: dict[str, str] = kept.get("sections", {})
    times: dict[str, dict[str, float]] = kept.get("times", {}) if options.shrink == 1 else {}
    bad = False
    for job in JOBS:
        if options.only and job.key not in options.only:
            continue
        if job.big and not options.big and not options.only:
            continue
        rows = max(job.rows // options.shrink, 1000)
        print(f"\n{job.title}" + (f" — only {rows:,}" if rows != job.rows else ""), flush=True)
        results = measure(job, rows, options.runs, peers, times.get(job.smaller, {}))
        for name, result in results.items():
            bad |= bool(result.failed)
            if result.left_out:
                print(f"  {name:28} left out: {result.left_out}")
        for says, reached, good in judge(job, results):
            print(f"  {'reached' if good else 'MISSED '}  {says}: {reached}", flush=True)
            bad |= not good
        for sentence in differences(job, results):
            print(f"  !!!!!!!  NOT THE SAME COUNTS: {sentence}", flush=True)
            bad = True
        sections[job.key] = section(job, results, rows)
        times[job.key] = {n: statistics.median(r.seconds) for n, r in results.items() if r.seconds}
        if options.write and options.shrink == 1:
            kept = {"sections": sections, "times": times}
            kept_in.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
            ours = run(Contender("ours", "versions", ours=True), [], peers, 60)
            PAGE.write_text(page(sections, ours.get("versions", {})), encoding="utf-8")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
