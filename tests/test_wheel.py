"""The wheel carries the data, the application and the words, and works without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest

from geo.datasets import home

# One worker builds it once.
pytestmark = pytest.mark.xdist_group("wheel")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    if not (home() / "pyproject.toml").exists():
        pytest.skip("not in a checkout: there is nothing to build")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(home())],
        check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def run(unpacked, folder, code):
    """Run code on the unpacked wheel alone, from another folder."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=os.environ | {"PYTHONPATH": str(unpacked)},
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip


def test_it_holds_what_it_needs(unpacked):
    bundle = unpacked / "geo" / "_bundle"
    assert (bundle / "data" / "geojson" / "wuhan" / "layout.toml").is_file()
    assert (bundle / "app" / "pages" / "map.py").is_file()
    assert (unpacked / "geo" / "words" / "map.toml").is_file()
    names = [p.name for p in unpacked.rglob("*")]
    own = {p.name for p in (home() / "geo" / "maps" / "scripts").glob("*.js")}
    assert own <= set(names)
    foreign = [n for n in names if n.endswith(".js") and n not in own]
    assert not [n for n in names if n.endswith(".pyc") or n in ("tests", ".venv", *foreign)]
    (meta,) = unpacked.glob("*.dist-info")
    assert {"LICENSE", "NOTICE"} <= {p.name for p in (meta / "licenses").iterdir()}
    assert "corridor = geo.cli:main" in (meta / "entry_points.txt").read_text()


def test_it_works_from_an_empty_folder(unpacked, tmp_path):
    code = (
        "import geo, geo.datasets as d; w = geo.load_layout('wuhan'); a = geo.audit(w);"
        "print(d.home()); print(len(w)); print((a['verdict'] == 'differs').sum())"
    )
    folder, features, differ = run(unpacked, tmp_path, code)
    assert folder == str(unpacked / "geo" / "_bundle")
    assert int(features) > 280
    assert int(differ) > 0


def test_the_application_is_found_in_it(unpacked, tmp_path):
    code = (
        "from geo.serve import environment, prepare; import sys, pathlib, os;"
        "p = prepare(pathlib.Path('run')); sys.path[:0] = environment(None)['PYTHONPATH'].split(os.pathsep);"
        "import app.main; print(app.main.__file__); print((p / 'static/leaflet/leaflet.js').stat().st_size)"
    )
    where, size = run(unpacked, tmp_path, code)
    assert where == str(unpacked / "geo" / "_bundle" / "app" / "main.py")
    assert int(size) > 100_000
