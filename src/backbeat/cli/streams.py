"""Standard output and standard error as they may be: closed, on a full disk, or read by a program that has gone.

A terminal gets its own encoding, and a question mark for what that lacks. Files and programs get UTF-8, whatever the
locale: JSON is UTF-8, and a table that is kept reads the same everywhere.
"""

import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

from backbeat.errors import OutputError

OUT, ERR = 1, 2


class ReaderGone(Exception):  # noqa: N818 - no error: the reader of our output has what it wanted
    """Nobody reads standard output any more."""


class Output(io.TextIOWrapper):
    """Standard output: what cannot be written raises OutputError, or ReaderGone where nobody reads any more."""

    def write(self, text: str, /) -> int:
        """Write text, or keep it until there is more."""
        return _told(lambda: super(Output, self).write(text))

    def flush(self) -> None:
        """Write what was kept."""
        _told(super().flush)


class Diagnostics(io.TextIOWrapper):
    """Standard error: what cannot be written is left out, for there is no other place to say so."""

    def write(self, text: str, /) -> int:
        """Write text, each line at once."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what was kept."""
        with suppress(OSError):
            super().flush()


def guard() -> None:
    """Put both in the place of the interpreter's own, which are None where they were closed before we began."""
    for number in range(ERR + 1):
        _occupy(number)
    sys.stdout = _wrapped(Output, sys.stdout, OUT)
    sys.stderr = _wrapped(Diagnostics, sys.stderr, ERR)


def finished(status: Any) -> Any:
    """Write what is left, and return the status to end with: that one, unless what is left cannot be written."""
    try:
        sys.stdout.flush()
    except ReaderGone:
        give_up_output()
    except OutputError as error:
        give_up_output()
        sys.stderr.write(f"error: {error.message}\ncure: {error.cure}\n")
        return error.exit_status
    return status


def give_up_output() -> None:
    """Keep the interpreter from writing what is left when it ends."""
    if not isinstance(sys.stdout, Output):
        return
    target = os.open(os.devnull, os.O_WRONLY)
    os.dup2(target, OUT)
    os.close(target)


def _occupy(number: int) -> None:
    """Have a number that is closed belong to nothing that can be written, so that no file of ours gets it."""
    try:
        os.fstat(number)
    except OSError:
        os.open(os.devnull, os.O_RDONLY)  # the lowest free number, as those below are taken


def _wrapped(kind: Callable[..., TextIO], stream: TextIO | None, number: int) -> TextIO:
    if stream is not None:
        stream.flush()
    raw = open(number, "wb", closefd=False)  # noqa: SIM115 - lives as long as the process
    is_terminal = raw.isatty()
    if stream is not None and is_terminal:
        encoding, errors = stream.encoding, "replace"
    else:
        encoding, errors = "utf-8", "surrogateescape"  # names of files are not text everywhere
    return kind(raw, encoding=encoding, errors=errors, line_buffering=number == ERR or is_terminal)


def _told(write: Callable[[], int | None]) -> int:
    try:
        return write() or 0
    except BrokenPipeError as error:
        raise ReaderGone from error
    except OSError as error:
        raise OutputError(
            "output_not_written",
            f"Standard output cannot be written: {error.strerror or error}",
            cure="Open it, or make room on its disk; what was done before it was to be told is done.",
        ) from error
