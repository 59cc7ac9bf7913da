"""`backbeat digest`: the state as a few sums, and where it differs from another instance's."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from psycopg import AsyncConnection
from rich.console import RenderableType
from rich.text import Text

from backbeat.cli import names
from backbeat.cli.connection import database_url, told_of_locks
from backbeat.cli.groups import Group
from backbeat.cli.listing import Listing
from backbeat.cli.progress import progress
from backbeat.cli.show import show
from backbeat.cli.usage import behind, finite
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.db import address, kind
from backbeat.db.failures import translated
from backbeat.digest.answers import Asked, Digest
from backbeat.digest.columns import require_tables
from backbeat.digest.compare import Comparison, TableDifference, compare
from backbeat.digest.reached import wait_until
from backbeat.digest.remote import BYTES_MAX, Remote
from backbeat.digest.rows import RowDifference
from backbeat.digest.side import Database, Side, seen_together
from backbeat.digest.state import seen
from backbeat.errors import ArgumentError, DigestError, Exit
from backbeat.observe import figures
from backbeat.observe.logs import visible
from backbeat.outgoing.client import Client, Limits
from backbeat.settings_layers import Loaded

SECONDS_MAX = 86_400.0
TOKEN_BYTES_MAX = 4_096
ROWS_TOLD = 20  # of a table, to a person; --json has all that were listed


class DigestGroup(Group):
    """The group of digests, of which `show` need not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments as the group does, those of a bare `backbeat digest` as those of `show`."""
        moved = behind(args)
        is_named = args[:1] in (["-h"], ["--help"]) or bool({*moved[:1]} & {*self.commands})
        return super().parse_args(ctx, moved if is_named else ["show", *args])


app = typer.Typer(cls=DigestGroup, help="The state as a few sums, and where it differs from another instance's.")

At = Annotated[
    int | None,
    typer.Option(min=0, max=2**63 - 1, help="The state as of this height of the chain; without it, as it is."),
]
Tables = Annotated[
    list[str] | None,
    typer.Option(
        "--table",
        help="Only this table; may be given several times.",
        show_default=False,
        autocompletion=names.completed(names.tables),
    ),
]
Wait = Annotated[
    float,
    typer.Option(callback=finite, min=0, max=SECONDS_MAX, help="How many seconds to wait for the height of --at."),
]
Exact = Annotated[
    bool, typer.Option("--exact", help="Have columns count that tell when rows were written, as in a copy.")
]
Key = Annotated[str, typer.Option(help="Hexadecimal digits that every hash begins with.", show_default=False)]
Seconds = Annotated[float, typer.Option(callback=finite, min=1, max=SECONDS_MAX, help="How long all of it may take.")]
Other = Annotated[
    str, typer.Argument(metavar="URL", help="Its API, http://host:port, or its database.", show_default=False)
]
TokenFile = Annotated[
    Path | None, typer.Option(help="The file with the other instance's web.token.", dir_okay=False, exists=True)
]


@verb
async def show_digest(
    loaded: Loaded,
    at: At = None,
    tables: Tables = None,
    exact: Exact = False,
    key: Key = "",
    wait: Wait = 0.0,
    seconds: Seconds = 3_600.0,
    as_json: Json = False,
) -> None:
    """Show the state as one sum for each table, whatever the order of rows."""
    asked = Asked(key=_key(key), exact=exact, at=at)
    require_tables(tables or ())
    async with database_url(loaded, start=True) as url, _within(seconds), _session(url) as connection:
        await wait_until(connection, at, SystemClock(), seconds=wait)
        async with seen(connection, asked, seconds=seconds) as state:
            pages = sum(shape.pages for shape in await state.shapes(tables or ()))
            with progress("pages", max(1, pages), does="Summing up", as_json=as_json) as told:
                found = await state.digest(tables or (), told)
    if as_json:
        print_json(found)
    else:
        show(*_digest_lines(found))


@verb
async def compare_digests(
    loaded: Loaded,
    other: Other,
    at: At = None,
    tables: Tables = None,
    exact: Exact = False,
    wait: Wait = 0.0,
    token_file: TokenFile = None,
    seconds: Seconds = 3_600.0,
    as_json: Json = False,
) -> int:
    """Compare with another instance, down to rows. Exit status 1 when they differ."""
    # a key that nobody knew when the rows were made: no rows can be chosen to have the sums of others
    asked = Asked(key=secrets.token_hex(16), exact=exact, at=at)
    token = _token(token_file)
    require_tables(tables or ())
    async with database_url(loaded, start=True) as url, _within(seconds), _session(url) as connection:
        await wait_until(connection, at, SystemClock(), seconds=wait)
        async with _other(other, token, asked, connection, seconds) as (here, there):
            found = await compare(here, there, tables or (), _tell)
    if as_json:
        print_json({"equal": found.is_equal, "comparison": found})
    else:
        show(*_comparison_lines(found))
    return Exit.OK if found.is_equal else Exit.FAILURE


app.command("show")(show_digest)
app.command("compare")(compare_digests)


@asynccontextmanager
async def _session(url: str) -> AsyncIterator[AsyncConnection[Any]]:
    where = address.parse(url)
    with translated():
        async with await address.connect(where, "backbeat/digest") as connection, told_of_locks(connection, where):
            await kind.require_own(connection)
            yield connection


@asynccontextmanager
async def _other(
    other: str, token: str, asked: Asked, connection: AsyncConnection[Any], seconds: float
) -> AsyncIterator[tuple[Side, Side]]:
    """Lend both sides: two snapshots that are held, or beside an API, which holds none, a new one for each question."""
    if other.startswith(("http://", "https://")):
        async with Client(SystemClock(), Limits(seconds, BYTES_MAX, 1)) as client:
            yield Database(connection, asked, seconds=seconds), Remote(client, other, token, asked)
        return
    async with _session(other) as another, seen_together(connection, another, asked, seconds=seconds) as states:
        yield states


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise DigestError(
            "digest_not_in_time",
            f"It was not done within {seconds:g} s.",
            cure="Go on table by table with --table, or allow more with --seconds.",
        ) from None


def _key(key: str) -> str:
    if not {*key} <= {*"0123456789abcdef"}:
        raise ArgumentError(
            "argument_invalid", "The key is not of hexadecimal digits.", cure="Use 0 to 9 and a to f, in lower case."
        )
    return key


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.read(TOKEN_BYTES_MAX).strip()


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"comparing {what}", file=sys.stderr, flush=True)


def _digest_lines(found: Digest) -> list[RenderableType]:
    rows = [(each.table, each.kind, figures.count(each.rows), each.digest) for each in found.tables]
    past = (
        [Text(f"Left out, for their rows of that height have been written over: {', '.join(found.past)}.")]
        if found.past
        else []
    )
    return [
        Listing(("Table", "Of", "Rows", "Digest"), rows, right=("Rows",), drop=("Of",), cut=("Digest",)),
        Text(f"Height {found.height} of {found.chain_id or 'no chain'}, {figures.plural(len(rows), 'table')}:"),
        Text(found.digest),
        *past,
    ]


def _comparison_lines(found: Comparison) -> list[RenderableType]:
    where = f"at height {found.height} of {found.chain_id or 'no chain'}"
    lines = [Text(visible(line)) for each in found.differing for line in _difference_lines(each)]
    if found.past:
        lines.append(Text(f"Not compared, for their rows of that height are gone: {', '.join(found.past)}."))
    compared = f"{figures.plural(found.tables, 'table')}, {figures.plural(found.rows, 'row')} {where}"
    if found.is_equal:
        return [*lines, Text(f"Equal: {compared}.")]
    return [*lines, Text(f"Different: {len(found.differing)} of {compared}.")]


def _difference_lines(found: TableDifference) -> list[str]:
    sizes = f"{figures.count(found.rows_here)} rows here, {figures.count(found.rows_there)} there"
    columns = [f"  columns on one side alone: {', '.join(found.columns)}"] if found.columns else []
    rows = [f"  {_row_line(row)}" for row in found.differences[:ROWS_TOLD]]
    left = len(found.differences) - len(rows)
    more = [f"  and {left} more, see --json"] if left > 0 else []
    cut = [] if found.is_whole else ["  there are more"]
    return [f"{found.table} ({found.kind}): {sizes}", *columns, *rows, *more, *cut]


def _row_line(row: RowDifference) -> str:
    known_by = ", ".join(f"{name} {_value(text)}" for name, text in row.row.items())
    if row.how != "changed":
        return f"{row.how}: {known_by}"
    changed = ", ".join(f"{name} {_value(here)} / {_value(there)}" for name, (here, there) in row.columns.items())
    return f"{known_by}: {changed}"


def _value(text: str | None) -> str:
    return "NULL" if text is None else repr(text)
