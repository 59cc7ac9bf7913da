"""`backbeat trending indexes`: the network's own indexes on scores, for readers that need them."""

from collections.abc import AsyncIterator, Sequence

import typer
from rich.text import Text

from backbeat.cli.connection import connect
from backbeat.cli.groups import Group
from backbeat.cli.listing import Listing
from backbeat.cli.show import show, toned
from backbeat.cli.verb import DryRun, Json, print_json, verb
from backbeat.derived.trending import network_indexes
from backbeat.derived.trending.network_indexes import ReadIndex
from backbeat.observe import figures
from backbeat.settings_layers import Loaded

app = typer.Typer(cls=Group, help="The network's own indexes on scores.", no_args_is_help=True)

TONES = {"there": "good", "building": "busy", "broken": "bad"}
HEADINGS = ("Index", "State", "Size", "Table", "Definition")


@verb
async def list_indexes(loaded: Loaded, as_json: Json = False) -> None:
    """List the network's indexes on scores, and whether they are there."""
    async with connect(loaded, start=True) as connection:
        found = await network_indexes.find(connection)
    if as_json:
        print_json(found)
    else:
        show(Listing(HEADINGS, [_row(one) for one in found], right=("Size",)))


@verb
async def create(loaded: Loaded, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Make those that are missing or broken, while scores go on being written."""
    async with connect(loaded, start=True) as connection:
        if dry_run:
            wanted = [one for one in await network_indexes.find(connection) if one.state != "building"]
            _tell_plan([step for one in wanted for step in one.steps], as_json=as_json)
        else:
            await _tell(network_indexes.create(connection), "made", as_json=as_json)


@verb
async def drop(loaded: Loaded, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Remove those that are there, under whatever name."""
    async with connect(loaded, start=True) as connection:
        if dry_run:
            there = [one for one in await network_indexes.find(connection) if one.state in {"there", "broken"}]
            _tell_plan([one.removal for one in there], as_json=as_json)
        else:
            await _tell(network_indexes.drop(connection), "removed", as_json=as_json)


app.command("list")(list_indexes)
app.command("create")(create)
app.command("drop")(drop)


def _row(one: ReadIndex) -> tuple[str | Text, ...]:
    size = figures.size(one.size_bytes) if one.size_bytes else figures.NOTHING
    return (one.name, toned(one.state, TONES.get(one.state, "")), size, one.table_name, one.definition)


def _tell_plan(statements: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"dry_run": True, "statements": statements})
    else:
        show(*(["Would run:", *(f"  {statement}" for statement in statements)] if statements else ["Nothing to do."]))


async def _tell(done: AsyncIterator[ReadIndex], what: str, *, as_json: bool) -> None:
    """Say of each when it is done, for that takes minutes where there are many scores."""
    names = []
    async for one in done:
        names.append(one.name)
        if not as_json:
            show(f"{what} {one.name} on {one.table_name}")
    if as_json:
        print_json({"dry_run": False, what: names})
    elif not names:
        show("Nothing to do.")
