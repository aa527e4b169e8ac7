"""Set the project up: a virtual environment with pinned packages. Needs Python alone.

Run by ``make``; on a machine without make: ``python bootstrap.py`` and then ``corridor app`` from
the environment. Does nothing when nothing has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "set-up.stamp"
NEEDED = (3, 11)


def python() -> Path:
    """Return the interpreter of the environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint() -> str:
    """Return what the environment depends on, as a hash."""
    digest = hashlib.sha256(sys.version.encode() + str(ROOT).encode())
    for name in ("pyproject.toml", "constraints.txt", "bootstrap.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stop(what: str, mend: str) -> None:
    """End with what is missing and how to mend it."""
    sys.exit(f"set-up: {what}\n        {mend}")


def run(what: str, mend: str, *arguments: str) -> None:
    """Run a step; where it fails say what failed and what to do."""
    if subprocess.run(arguments, cwd=ROOT, check=False).returncode != 0:
        stop(what, mend)


def main() -> None:
    """Make the environment if it is not there or is out of date."""
    if sys.version_info < NEEDED:
        version = ".".join(map(str, sys.version_info[:3]))
        stop(
            f"this is Python {version}, and 3.11 or newer is needed",
            "install a newer one and run: make PYTHON=python3.12 …",
        )
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted and python().exists():
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        stop(
            "this Python has no venv module",
            "on Debian or Ubuntu: apt-get install python3-venv",
        )
    print(
        "set-up: making the environment in .venv (the first time takes a minute or two)", flush=True
    )
    STAMP.unlink(missing_ok=True)
    if not python().exists():
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    index = "is a package index within reach? pip's own message is above"
    run("pip could not install the packages", index, str(python()), "-m", "pip", "install",
        "--quiet", "--disable-pip-version-check", "-c", "constraints.txt", "-e", ".[dev]")  # fmt: skip
    STAMP.write_text(wanted)


if __name__ == "__main__":
    main()
