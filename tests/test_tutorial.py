"""The tutorials are run: each command of their console blocks, in order, with the output shown.

``TUTORIAL_WRITE=1`` writes what the commands say now into the documents.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

import geo.cli.author  # noqa: F401  (registers its commands)
from geo.cli import app
from geo.datasets import home
from geo.errors import CorridorError

TUTORIALS = ("your-city.md", "your-city.zh.md")
BLOCK = re.compile(r"^```(console|csv)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def run(line):
    """Run a command as the shell would, and return what it says."""
    words = shlex.split(line)
    assert words.pop(0) == "corridor", line
    done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit | CorridorError):
        raise done.exception
    assert done.exit_code == 0, f"{line}\n{done.output}{done.exception}"
    return "\n".join(text.rstrip() for text in done.output.rstrip("\n").split("\n"))


def played(text):
    """Return a document with its commands' outputs as they are now; files that it shows are written."""

    def replayed(match):
        kind, name, body = match[1], match[2].strip(), match[3]
        if kind == "csv":
            if name:
                Path(name).write_text(body, "utf-8")
            return match[0]
        commands = [line for line in body.split("\n") if line.startswith("$ ")]
        told = "\n".join(f"{line}\n{run(line[2:])}" for line in commands)
        return f"```console\n{told}\n```"

    return BLOCK.sub(replayed, text)


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_tutorial_is_true(name, tmp_path, monkeypatch):
    file = home() / "docs" / name
    if not file.exists():
        pytest.skip("the documents are not part of the wheel")
    monkeypatch.chdir(tmp_path)
    text = file.read_text("utf-8")
    now = played(text)
    if os.environ.get("TUTORIAL_WRITE"):
        file.write_text(now, "utf-8", newline="\n")
        return
    assert now.split("\n") == text.split("\n")
    assert text.count("\n$ corridor ") >= 7


@pytest.mark.parametrize("name", TUTORIALS)
def test_every_file_that_it_names_is_there(name):
    file = home() / "docs" / name
    if not file.exists():
        pytest.skip("the documents are not part of the wheel")
    for target in re.findall(r"\]\(([^)]+)\)", file.read_text("utf-8")):
        assert "://" in target or (file.parent / target).exists(), target
