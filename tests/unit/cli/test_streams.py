"""Standard output that is closed, full, read by a program that goes, or of another encoding: no traceback, and a status
that tells."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from backbeat.errors import Exit

COMMAND = (sys.executable, "-m", "backbeat")
FULL_BYTES = 1_000  # less than what the verbs print
ANSWERS = (("settings",), ("settings", "--json"), ("jobs", "list", "--markdown"))


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, FULL_BYTES))


@pytest.mark.parametrize("verb", ANSWERS, ids=" ".join)
def test_a_full_standard_output_is_told_with_its_cure(verb: tuple[str, ...], tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as target:
        done = subprocess.run(
            [*COMMAND, *verb],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # it would be cut off where it is full as well
            stdout=target,
            stderr=subprocess.PIPE,
            check=False,
            preexec_fn=limited,
        )
    told = done.stderr.decode()
    assert done.returncode == Exit.OUTPUT
    assert "Standard output cannot be written: File too large" in told
    assert "cure" in told
    assert "Traceback" not in told
    assert "Exception ignored" not in told


@pytest.mark.parametrize("closed", ["1", "2", "0", "0 1", "1 2", "0 1 2"])
def test_streams_that_are_closed_are_no_defect(closed: str, tmp_path: Path) -> None:
    shut = " ".join(f"{number}>&-" for number in closed.split())
    line = f"exec {sys.executable} -m backbeat settings --data-dir {tmp_path} {shut}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=False)
    assert done.returncode == (Exit.OUTPUT if "1" in closed else Exit.OK)
    assert b"Traceback" not in done.stderr
    assert ("1" in closed and "2" not in closed) == (b"error: Standard output cannot be written" in done.stderr)


@pytest.mark.parametrize("verb", [*ANSWERS, ("--help",), ("settings", "--help")], ids=" ".join)
def test_a_reader_that_leaves_early_is_no_error(verb: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*COMMAND, *verb], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_error_that_nobody_reads_keeps_its_status() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*COMMAND, "settings", "--log-level", "loud"], stderr=writing, check=False)
    finally:
        os.close(writing)
    assert done.returncode == Exit.CONFIG


ASCII = {"PYTHONIOENCODING": "ascii", "BACKBEAT_DATA_DIR": "Grüße ●"}


@pytest.mark.parametrize("verb", [("settings",), ("settings", "--json")], ids=" ".join)
def test_files_and_programs_get_utf_8_whatever_the_locale(verb: tuple[str, ...]) -> None:
    done = subprocess.run([*COMMAND, *verb], env=os.environ | ASCII, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Grüße ●" in done.stdout.decode()


def test_a_word_that_is_no_text_is_no_defect() -> None:
    done = subprocess.run([*COMMAND, b"odd\xff"], capture_output=True, check=False)
    assert done.returncode == Exit.USAGE
    assert b"No such command 'odd" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_terminal_gets_a_question_mark_for_what_it_cannot_show() -> None:
    shown, terminal = os.openpty()
    try:
        done = subprocess.run(
            [*COMMAND, "settings"], env=os.environ | ASCII, stdout=terminal, stderr=subprocess.PIPE, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"Gr??e ?" in os.read(shown, 100_000)
    finally:
        os.close(shown)
        os.close(terminal)
