"""Lists that fit the terminal: times are shortened, then columns left out by their worth; a record is one line."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from backbeat.observe import figures
from backbeat.observe.logs import visible

GAP = 2  # blanks between columns
CUT_FAIR = 24  # characters of a text that are worth more than another column
CUT_MIN = 8  # characters that are left of a text that is cut
CELL_MAX = 200  # characters of a cell where nothing bounds the line: others may have written what is in it
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

Cell = str | Text | datetime | None
"""What a cell holds; an instant is written as the width allows, None is a dash."""


class Listing:
    """Records under headings, as wide as the console is.

    ``right``: columns that hold figures. ``drop``: columns that are left out where there is no room, the first one
    first. ``cut``: columns whose texts are shortened once nothing is left to drop. No other column loses anything.
    """

    def __init__(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[Cell]],
        *,
        right: Sequence[str] = (),
        drop: Sequence[str] = (),
        cut: Sequence[str] = (),
    ) -> None:
        self._headings = tuple(headings)
        self._rows = [tuple(row) for row in rows]
        self._right = right
        self._drop = drop
        self._cut = cut

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, and which columns were left out."""
        full, short = self._written(short=False), self._written(short=True)
        room = options.max_width
        shown = list(range(len(self._headings)))
        cells = full if self._width(full, shown) <= room else short
        dropped = []
        for name in (*self._drop, *self._cut):
            left = CUT_FAIR if name in self._drop else CUT_MIN
            if self._width(cells, shown) - self._spare(cells, shown, left) <= room:
                break
            shown.remove(self._headings.index(name))
            dropped.append(name)
        widths = self._cut_to(cells, shown, room)
        yield self._table(cells, shown, widths)
        if dropped:
            told = f"--wide shows {', '.join(dropped)} as well."
            yield Text(told, style="dim", no_wrap=True, overflow="ellipsis")

    def _written(self, *, short: bool) -> list[list[Text]]:
        return [[_text(cell, short=short) for cell in row] for row in self._rows]

    def _width(self, cells: Sequence[Sequence[Text]], shown: Sequence[int]) -> int:
        return sum(self._widths(cells, shown)) + GAP * (len(shown) - 1)

    def _widths(self, cells: Sequence[Sequence[Text]], shown: Sequence[int]) -> list[int]:
        return [max([cell_len(self._headings[at]), *(row[at].cell_len for row in cells)]) for at in shown]

    def _spare(self, cells: Sequence[Sequence[Text]], shown: Sequence[int], left: int) -> int:
        """Return how much the columns that may be cut can give up, if so much is left of each."""
        widths = dict(zip(shown, self._widths(cells, shown), strict=True))
        return sum(max(0, widths[at] - left) for at in shown if self._headings[at] in self._cut)

    def _cut_to(self, cells: Sequence[Sequence[Text]], shown: Sequence[int], room: int) -> list[int]:
        """Return how wide each shown column is; those that may be cut give up what is too much, the widest first."""
        widths = self._widths(cells, shown)
        places = [place for place, at in enumerate(shown) if self._headings[at] in self._cut]
        while places and sum(widths) + GAP * (len(widths) - 1) > room:
            widest = max(places, key=lambda place: widths[place])
            if widths[widest] <= CUT_MIN:
                break
            widths[widest] -= 1
        return widths

    def _table(self, cells: Sequence[Sequence[Text]], shown: Sequence[int], widths: Sequence[int]) -> Table:
        made = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
        for at, width in zip(shown, widths, strict=True):
            heading = self._headings[at]
            made.add_column(heading, justify="right" if heading in self._right else "left", no_wrap=True, width=width)
        for row in cells:
            made.add_row(*_shortened([row[at] for at in shown], widths))
        return made


def _text(cell: Cell, *, short: bool) -> Text:
    if isinstance(cell, Text):
        return cell
    if isinstance(cell, datetime):
        return Text(f"{cell:%m-%d %H:%M}" if short else figures.moment(cell))
    text = figures.NOTHING if cell is None else " ".join(visible(cell).split())
    return Text(text if len(text) <= CELL_MAX else text[: CELL_MAX - 1] + ELLIPSIS)


def _shortened(cells: Sequence[Text], widths: Sequence[int]) -> Iterator[Text]:
    for cell, width in zip(cells, widths, strict=True):
        if cell.cell_len <= width:
            yield cell
        else:
            yield Text(set_cell_size(cell.plain, width - 1).rstrip() + ELLIPSIS, style=cell.style)
