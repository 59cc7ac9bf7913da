"""`backbeat audit`: hold every row of derived tables to what it follows from."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
import typer
from psycopg import AsyncConnection
from rich.console import RenderableType
from rich.text import Text

from backbeat.cli.connection import connect
from backbeat.cli.findings import difference, reasons
from backbeat.cli.listing import Listing
from backbeat.cli.names import audits as known_audits
from backbeat.cli.names import completed
from backbeat.cli.progress import progress
from backbeat.cli.show import show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.errors import Exit
from backbeat.how_far import Tell
from backbeat.incremental.ranges import Outcome, Ranged
from backbeat.observe import figures, words
from backbeat.reads import audits
from backbeat.reads.audits import Finding
from backbeat.settings_layers import Loaded

HEADINGS = ("Audit", "Table", "Outcome", "Keys", "As they should be", "Differ", "Unverifiable")
SHOWN_MAX = 20  # differences of an audit that people are shown; --json has up to a hundred

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help="Audits, or tables; without any, all of them.",
        show_default=False,
        autocompletion=completed(known_audits),
    ),
]
Again = Annotated[bool, typer.Option("--again", help="Begin again, instead of going on with what was cut off.")]
Ranges = Annotated[
    int, typer.Option(min=1, max=2**31 - 1, help="End after so many ranges of each; the next call goes on from there.")
]


@verb
async def audit(
    loaded: Loaded, names: Names = None, again: Again = False, ranges: Ranges = 2**31 - 1, as_json: Json = False
) -> int:
    """Hold every row of derived tables to what it follows from, range by range; goes on where it was cut off.

    Exit status 1 where a row differs, 3 where nothing could be compared.
    """
    wanted = audits.chosen(names or ())
    async with connect(loaded, start=True) as connection:
        found = await _made(connection, wanted, again=again, ranges=ranges, as_json=as_json)
    if as_json:
        print_json([{**msgspec.to_builtins(one), "outcome": one.found.outcome} for one in found])
    else:
        _show(found)
    return _status([one.found.outcome for one in found])


async def _made(
    connection: AsyncConnection[Any], wanted: Sequence[Ranged], *, again: bool, ranges: int, as_json: bool
) -> list[Finding]:
    """Make audits one after another, and show how far all of them are, in rows."""
    sizes = await audits.rows_about(connection, wanted)
    found = []
    before = 0
    with progress("rows", sum(sizes), does="Auditing", is_about=True, as_json=as_json) as tell:
        for each, size in zip(wanted, sizes, strict=True):
            rows = partial(_told, tell, before, size)
            found.append(await audits.make(connection, each, SystemClock(), again=again, ranges_max=ranges, tell=rows))
            before += size
            tell(before)
    return found


def _told(tell: Tell, before: int, size: int, rows: int) -> None:
    """Tell how far all audits are; one that finds more rows than were expected is not ahead of the next."""
    tell(before + min(rows, size))


def _status(outcomes: Sequence[Outcome]) -> Exit:
    if Outcome.DIFFERS in outcomes:
        return Exit.FAILURE
    return Exit.OK if Outcome.CLEAN in outcomes else Exit.UNVERIFIED


def _show(found: Sequence[Finding]) -> None:
    dropped = ("As they should be", "Table", "Keys")
    show(Listing(HEADINGS, [_row(one) for one in found], right=HEADINGS[3:], drop=dropped))
    for one in found:
        show(*_reasons(one), *_differences(one))


def _row(one: Finding) -> tuple[str, ...]:
    found = one.found
    return (
        one.audit,
        one.table,
        words.audited(found.outcome) + ("" if one.is_through else ", so far"),
        figures.count(found.keys),
        figures.count(found.same),
        figures.count(found.differing),
        figures.count(sum(found.unverifiable.values())),
    )


def _reasons(one: Finding) -> list[RenderableType]:
    return [Text(f"{one.audit}: {line}") for line in reasons(one.found)]


def _differences(one: Finding) -> list[RenderableType]:
    if not one.found.differing:
        return []
    rows = one.found.differing
    head = Text(f"{one.audit}: {figures.plural(rows, 'row')} {'differs' if rows == 1 else 'differ'}")
    lines: list[RenderableType] = [Text(f"  {difference(each)}") for each in one.found.samples[:SHOWN_MAX]]
    return [head, *lines, Text(f"cure: {one.cure}")]
