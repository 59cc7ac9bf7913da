"""Answers for people: small tables and lines on standard output."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from contextvars import ContextVar

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from backbeat.observe import words
from backbeat.observe.logs import visible
from backbeat.observe.tree import Advice, Check

UNBOUNDED_COLUMNS = 100_000  # a pipe has no width: a record is a line, and its cells are bounded by themselves
_wide: ContextVar[bool] = ContextVar("wide", default=False)
TONES = {"good": "green", "busy": "yellow", "bad": "red"}


def show(*parts: RenderableType) -> None:
    """Print the parts, each on its own line, in colour on a terminal and plain otherwise.

    They fit the terminal, unless :func:`show_wide` was asked for.
    """
    out = sys.stdout
    fits = out.isatty() and not _wide.get()
    width = shutil.get_terminal_size().columns if fits else UNBOUNDED_COLUMNS
    console = Console(file=out, width=width, highlight=False, soft_wrap=False, markup=False, emoji=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    out.write(captured.get())
    out.flush()


def show_wide(*, wanted: bool) -> None:
    """Print everything that there is of a table from now on, or what fits the terminal."""
    _wide.set(wanted)


def is_wide() -> bool:
    """Say whether everything that there is was asked for."""
    return _wide.get()


def table(headings: Sequence[str], rows: Iterable[Sequence[str | Text]], *, right: Sequence[str] = ()) -> Table:
    """Return a plain table whose cells are folded; the columns named in ``right`` hold figures."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim", show_edge=False)
    for heading in headings:
        made.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(visible(cell)) for cell in row))
    return made


def toned(text: str, tone: str) -> Text:
    """Return text in the colour of a tone."""
    return Text(visible(text), style=TONES.get(tone, ""))


class Hanging:
    """Text of which what does not fit a line goes on below its column ``by``, as its lines begin there themselves."""

    def __init__(self, text: Text, by: int) -> None:
        self._text = text
        self._by = by

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines as wide as the console is."""
        for line in self._text.split("\n"):
            begin = line[: self._by]
            for part in line[self._by :].wrap(console, max(options.max_width - self._by, 1)):
                part.rstrip()
                yield begin + part
                begin = Text(" " * self._by)


def check_lines(check: Check) -> Hanging:
    """Return :func:`check_line` as it is shown where lines are short."""
    return Hanging(check_line(check), len("FAIL "))


def check_line(check: Check) -> Text:
    """Return one check as a line, with its cure beneath when it fails or gives advice."""
    told = bool(check.cure) and (not check.ok or isinstance(check, Advice))
    word, tone = ("FAIL ", "bad") if not check.ok else ("note ", "busy") if told else ("ok   ", "good")
    line = Text.assemble(toned(word, tone), (f"{words.check(check.name)}: ", "bold"), visible(check.detail))
    if told:
        line.append(f"\n     cure: {visible(check.cure)}", style="dim")
    return line
