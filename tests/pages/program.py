"""The program as people see it: on a terminal of 100 columns, within this process or as one that goes on."""

import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from backbeat.cli.main import app
from builders.terminal import logs_restored

COLUMNS, LINES = 100, 40
SECONDS_MAX = 300.0
TERMINAL = {"COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat"}
REDRAWN = {"TERM": "xterm"}
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
LOG_LINE = re.compile(r'^\{"timestamp"|^\d{4}-\d\d-\d\d[T ]\S+ +\[')


class Printed(NamedTuple):
    """How a command ended, and the lines that it printed."""

    status: int
    lines: list[str]


class Screen(io.StringIO):
    """What takes itself for a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def typed(arguments: list[str], folder: Path, environ: Mapping[str, str]) -> Printed:
    """Run ``backbeat`` with these arguments in a folder, until it ends."""
    out, err, status = Screen(), io.StringIO(), 0
    with (
        logs_restored(),
        chdir(folder),
        patch.dict(os.environ, {**environ, **TERMINAL}),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            app(arguments, prog_name="backbeat")
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Printed(status, seen(out.getvalue() + err.getvalue()))


def seen(text: str) -> list[str]:
    """Return the lines of what was printed, without colours and the log."""
    lines = (ESCAPES.sub("", line).rstrip() for line in text.replace("\r", "").split("\n"))
    return [line for line in lines if not LOG_LINE.match(line)]


class Going:
    """``backbeat`` as a process on a terminal of its own."""

    def __init__(self, arguments: list[str], folder: Path, environ: Mapping[str, str]) -> None:
        self._master, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        command = [sys.executable, "-m", "backbeat", *arguments]
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environ, **TERMINAL, **(REDRAWN if "--watch" in arguments else {})},
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        self._text = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                more = os.read(self._master, 65_536)
            except OSError:  # EIO: its other end was closed
                return
            self._text += more

    def lines(self) -> list[str]:
        """Return what it has printed so far."""
        return seen(self._text.decode(errors="replace"))

    def wait_for(self, is_so: Callable[[list[str]], bool]) -> list[str]:
        """Wait until something is so of its lines, it ends, or a bound is reached; return the lines."""
        deadline = time.monotonic() + SECONDS_MAX
        while not is_so(self.lines()) and self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.lines()

    def stop(self, *, interrupt: bool = True) -> Printed:
        """Press Ctrl-C, unless it has ended, and wait for its end."""
        try:
            if interrupt and self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            status = self._process.wait(SECONDS_MAX)
        finally:
            self._process.kill()
            self._process.wait()
            self._reader.join()
            if self._master >= 0:
                os.close(self._master)
                self._master = -1
        return Printed(status, self.lines())
