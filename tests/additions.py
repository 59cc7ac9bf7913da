"""A copy of the program to which something was added, in a process of its own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sql_files import SOURCE

TESTS = Path(__file__).parent


def run_with(
    place: Path, program: str, *arguments: str, files: Mapping[str, str], lists: Mapping[str, Mapping[str, str]]
) -> "subprocess.CompletedProcess[str]":
    """Run ``program`` on a copy of the package in ``place``.

    ``files`` are new, by their paths in the package. ``lists`` are files that exist, each with what comes before what.
    """
    shutil.copytree(SOURCE / "backbeat", place / "backbeat", ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in files.items():
        target = place / "backbeat" / path
        assert not target.exists()
        target.write_text(text, encoding="utf-8")
    for path, entries in lists.items():
        target = place / "backbeat" / path
        text = target.read_text(encoding="utf-8")
        for before, entry in entries.items():
            assert text.count(before) == 1, f"{path} does not hold {before!r} once"
            text = text.replace(before, entry + before)
        target.write_text(text, encoding="utf-8")
    environ = os.environ | {"PYTHONPATH": os.pathsep.join((str(place), str(TESTS)))}
    command = [sys.executable, "-c", program, *arguments, str(place)]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
