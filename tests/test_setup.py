"""Set-up and serving: from an empty folder, with what is missing said, and nothing left running."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from geo.datasets import home
from geo.errors import CorridorError
from geo.maps.assets import STATIC_FILES
from geo.serve import command, environment, free_port, prepare


def load_bootstrap(folder: Path):
    """The set-up script as it runs in a folder of its own."""
    for name in ("bootstrap.py", "pyproject.toml", "constraints.txt"):
        (folder / name).write_bytes((home() / name).read_bytes())
    spec = importlib.util.spec_from_file_location("bootstrap_copy", folder / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    module = load_bootstrap(tmp_path)
    made, ran = [], []

    def create(folder, **_):
        made.append(folder)
        module.python().parent.mkdir(parents=True)
        module.python().touch()

    monkeypatch.setattr("venv.create", create)
    monkeypatch.setattr(
        module.subprocess, "run",
        lambda args, **_: ran.append(args) or subprocess.CompletedProcess(args, 0),
    )  # fmt: skip
    module.made, module.ran = made, ran
    return module


def test_set_up_runs_once_and_again_only_for_a_change(bootstrap, tmp_path):
    bootstrap.main()
    bootstrap.main()
    assert bootstrap.made == [tmp_path / ".venv"]
    assert len(bootstrap.ran) == 1
    assert bootstrap.ran[0][-4:] == ("-c", "constraints.txt", "-e", ".[dev]")
    with (tmp_path / "constraints.txt").open("a") as pins:
        pins.write("another==1\n")
    bootstrap.main()
    assert len(bootstrap.ran) == 2
    assert len(bootstrap.made) == 1  # the environment itself is kept


def test_set_up_that_failed_is_tried_again(bootstrap, tmp_path, monkeypatch):
    monkeypatch.setattr(
        bootstrap.subprocess, "run", lambda args, **_: subprocess.CompletedProcess(args, 1)
    )
    with pytest.raises(SystemExit, match="package index within reach"):
        bootstrap.main()
    assert not bootstrap.STAMP.exists()


def test_set_up_says_what_is_missing(bootstrap, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        bootstrap.main()
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 4, "final", 0))
    with pytest.raises(SystemExit, match=r"Python 3\.10\.4, and 3\.11 or newer is needed"):
        bootstrap.main()


def test_every_dependency_is_pinned():
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((home() / "pyproject.toml").read_text("utf-8"))["project"]
    pins = (home() / "constraints.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in pins)
    pinned = {canonicalize_name(name): version for name, version in pinned.items()}
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for text in wanted:
        need = Requirement(text)
        assert pinned[canonicalize_name(need.name)] in need.specifier, text


def test_the_run_folder_holds_all_that_is_needed(tmp_path):
    folder = prepare(tmp_path / "a place 地方")
    assert {f"static/{name}" for name in STATIC_FILES} <= {
        path.relative_to(folder).as_posix() for path in folder.rglob("*")
    }
    settings = tomllib.loads((folder / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["server"]["enableStaticServing"] is True
    assert settings["server"]["showEmailPrompt"] is False
    assert settings["browser"]["gatherUsageStats"] is False
    assert "BSD" in (folder / "static" / "leaflet" / "LICENSE.txt").read_text("utf-8")
    assert prepare(folder) == folder  # a second time does no harm


def test_where_nothing_can_be_written_it_says_so(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(CorridorError, match="writable"):
        prepare(blocked / "app")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: blocked)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = prepare()
    assert folder.parent == tmp_path
    assert (folder / "main.py").exists()


def test_a_taken_port_is_left_to_its_owner():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        other = free_port("127.0.0.1", port)
        assert other != port
    assert free_port("127.0.0.1", other) == other
    with pytest.raises(CorridorError, match="is the address one of this machine"):
        free_port("192.0.2.1", 8501)


def test_the_server_runs_with_this_interpreter_and_finds_the_pages(tmp_path):
    line = command(tmp_path, "127.0.0.1", 9000, browser=False)
    assert line[0] == sys.executable
    assert line[-2:] == ["--server.headless", "true"]
    own = environment("elsewhere")
    assert own["PYTHONPATH"].split(os.pathsep)[0] == str(home())
    assert own["CORRIDOR_LAYOUT"] == "elsewhere"
    found = subprocess.run(
        [sys.executable, "-c", "import app.launch, app.main"], cwd=tmp_path, env=own, check=False,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def until(true, seconds: float = 40.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_the_command_serves_from_an_empty_folder_and_takes_the_server_along(tmp_path):
    work, cache = tmp_path / "empty", tmp_path / "cache"
    work.mkdir()
    port = free_port("127.0.0.1", 0)
    process = subprocess.Popen(
        [sys.executable, "-c", "from geo.cli import main; main()", "app", "--no-browser",
         "--port", str(port)],
        cwd=work, env=os.environ | {"XDG_CACHE_HOME": str(cache), "PYTHONPATH": str(home())},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        assert until(lambda: answers(f"{address}/_stcore/health"))
        with urllib.request.urlopen(f"{address}/app/static/leaflet/leaflet.js") as script:
            assert b"Leaflet" in script.read(400)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    assert until(lambda: not answers(f"{address}/_stcore/health"), 10)
    assert list(work.iterdir()) == []
