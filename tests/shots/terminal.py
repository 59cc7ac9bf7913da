"""A terminal of a given size, in tmux: it types, waits for words, and gives back what is on it."""

import itertools
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from processes import eventually

PROMPT = "$ "


class Size(NamedTuple):
    """How many characters a terminal shows."""

    columns: int
    rows: int

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}"


SIZES = (Size(80, 24), Size(120, 40))
_NUMBERS = itertools.count(1)


class Terminal:
    """One window of a tmux server of its own."""

    def __init__(self, socket: str, size: Size) -> None:
        self._socket = socket
        self.size = size

    def tmux(self, *arguments: str) -> str:
        """Ask tmux for something."""
        done = subprocess.run(["tmux", "-L", self._socket, *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    def type(self, line: str) -> None:
        """Type a line and press enter."""
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press a key, as tmux names it."""
        self.tmux("send-keys", key)

    def resize(self, size: Size) -> None:
        """Make it as large; what runs in it is told, as by any terminal."""
        self.size = size
        self.tmux("resize-window", "-x", str(size.columns), "-y", str(size.rows))

    def text(self) -> str:
        """Return what stands on it now."""
        return self.tmux("capture-pane", "-p")

    def colours(self) -> str:
        """Return the same with its colours, as escape sequences."""
        return self.tmux("capture-pane", "-p", "-e")

    def transcript(self) -> str:
        """Return all that it has shown, what has scrolled away too."""
        return self.tmux("capture-pane", "-p", "-S", "-").rstrip() + "\n"

    def until(self, words: str) -> None:
        """Wait until words stand on it."""
        eventually(f"the terminal says {words!r}: {self.text()}", lambda: words in self.text())

    def until_prompt(self) -> None:
        """Wait until what was typed has ended."""
        eventually(f"the shell asks again: {self.text()}", lambda: self.text().rstrip().endswith(PROMPT.rstrip()))


@contextmanager
def terminal(size: Size, environ: Mapping[str, str]) -> Iterator[Terminal]:
    """Open a terminal with a shell, and close it with all that runs in it."""
    socket = f"backbeat-shots-{os.getpid()}-{next(_NUMBERS)}"
    made = Terminal(socket, size)
    shell = ["env", *(f"{name}={value}" for name, value in environ.items()), f"PS1={PROMPT}", "bash", "--norc", "-i"]
    window = ["new-session", "-d", "-x", str(size.columns), "-y", str(size.rows), *shell]
    subprocess.run(["tmux", "-f", os.devnull, "-L", socket, *window], check=True, cwd=Path("/"))
    try:
        made.tmux("set", "-g", "status", "off")
        made.resize(size)  # without the line that was taken off
        made.until_prompt()
        yield made
    finally:
        made.tmux("kill-server")
