from __future__ import annotations

import re
import subprocess
import sys

import pytest

from geo.datasets import home

README = home() / "README.md"


@pytest.fixture(scope="module")
def text():
    if not README.exists():
        pytest.skip("the README is not part of the wheel")
    return README.read_text("utf-8")


def test_the_script_prints_what_the_readme_says(text):
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    expected = re.search(r"```text\n(.*?)```", text, re.DOTALL).group(1)
    out = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert out.stdout.rstrip() == expected.rstrip()


def test_every_file_that_it_names_is_there(text):
    for target in re.findall(r"\]\(([^)]+)\)", text):
        assert (home() / target).exists(), target
