"""One line of a terminal that is drawn again and again: parts that fit, and a bar."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

BAR_CELLS = 20
SEPARATOR = " · "


class Line:
    """Parts on one line, those behind left out where there is no room."""

    def __init__(self, given: Sequence[Text]) -> None:
        self._parts = given

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield as many parts as fit."""
        line = Text(no_wrap=True, overflow="ellipsis")
        for part in self._parts:
            gap = SEPARATOR if line else ""
            if line and line.cell_len + cell_len(gap) + part.cell_len > options.max_width:
                break
            line.append(gap).append_text(part)
        yield line


def bar(share: float) -> Text:
    """Return a bar with its percentage."""
    done = int(share * BAR_CELLS)
    return Text.assemble(("━" * done, "green"), ("━" * (BAR_CELLS - done), "dim"), f" {int(share * 100)} %")
