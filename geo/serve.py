"""The map application as a local server: a run folder, the offline files, and Streamlit on it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import platformdirs

from geo import __version__
from geo.datasets import home
from geo.errors import CorridorError
from geo.maps.assets import copy_assets

__all__ = ["command", "free_port", "prepare", "serve"]

_MAIN = '''"""Start of the map application; written by `corridor app`."""

from app.main import run

run()
'''
_CONFIG = """[server]
enableStaticServing = true
fileWatcherType = "none"
showEmailPrompt = false
maxUploadSize = 200
maxMessageSize = 200
disconnectedSessionTTL = 120
[browser]
gatherUsageStats = false
[theme.light]
primaryColor = "#005B8F"
[theme.dark]
primaryColor = "#56B4E9"
[client]
toolbarMode = "minimal"
showErrorDetails = "none"
"""
LAYOUT_VARIABLE = "CORRIDOR_LAYOUT"
"""Environment variable that tells the application which layout to open."""


def prepare(folder: Path | None = None) -> Path:
    """Make the folder that the application runs from: start script, settings, offline files.

    Parameters
    ----------
    folder
        Where; by default in the user's cache folder, or a temporary one where that is not writable.

    Raises
    ------
    CorridorError
        If there is no place that can be written to.
    """
    usual = folder or platformdirs.user_cache_path("innovation-corridors") / f"app-{__version__}"
    try:
        return _filled(usual)
    except OSError as reason:
        if folder is None:
            with contextlib.suppress(OSError):
                return _filled(Path(tempfile.mkdtemp(prefix="innovation-corridors-")))
        raise CorridorError(
            f"no folder to run the application from ({reason}): make {usual} writable"
        ) from reason


def _filled(place: Path) -> Path:
    (place / ".streamlit").mkdir(parents=True, exist_ok=True)
    (place / "main.py").write_text(_MAIN, encoding="utf-8")
    (place / ".streamlit" / "config.toml").write_text(_CONFIG, encoding="utf-8")
    copy_assets(place / "static")
    return place


def free_port(host: str, port: int) -> int:
    """Return the port asked for, or a free one where it is taken."""
    for candidate in (port, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            if os.name == "posix":
                # A port that was closed a moment ago counts as free, as it does for the server.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise CorridorError(f"no free port on {host}: is the address one of this machine?")


def command(folder: Path, host: str, port: int, *, browser: bool, base_path: str = "") -> list[str]:
    """Return the command that runs the application with this interpreter.

    Parameters
    ----------
    folder
        Of :func:`prepare`.
    host, port
        Where it listens.
    browser
        Whether a browser is opened.
    base_path
        Path below which a reverse proxy offers it, blank for the root.
    """
    below = ["--server.baseUrlPath", base_path.strip("/")] if base_path.strip("/") else []
    return [
        sys.executable, "-m", "app.launch", str(folder / "main.py"),
        "--server.address", host, "--server.port", str(port),
        "--server.headless", "false" if browser else "true", *below,
    ]  # fmt: skip


def environment(layout: str | None) -> dict[str, str]:
    """Return the environment of the application: where its modules are, which layout it opens."""
    paths = [str(home()), *filter(None, [os.environ.get("PYTHONPATH")])]
    own = {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
    if layout:
        own[LAYOUT_VARIABLE] = layout
    return os.environ | own


def serve(
    host: str = "127.0.0.1",
    port: int = 8501,
    *,
    browser: bool = True,
    layout: str | None = None,
    base_path: str = "",
) -> int:
    """Run the application until it is stopped.

    Parameters
    ----------
    host, port, browser, base_path
        As of :func:`command`.
    layout
        Name or folder of the layout that it opens.

    Returns
    -------
    int
        The server's exit code.

    Raises
    ------
    CorridorError
        If there is no folder to run from or no free port.
    """
    folder = prepare()
    # No standard input: nothing is ever asked at the terminal.
    process = subprocess.Popen(
        command(folder, host, free_port(host, port), browser=browser, base_path=base_path),
        cwd=folder,
        env=environment(layout),
        stdin=subprocess.DEVNULL,
    )
    if threading.current_thread() is threading.main_thread():
        # Ended from outside: take the server along.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        return process.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        process.terminate()
        process.wait()
