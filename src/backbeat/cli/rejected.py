"""`backbeat rejected`: the transactions that were refused, and why."""

from typing import Annotated

import typer

from backbeat.cli.connection import connect
from backbeat.cli.show import show, table
from backbeat.cli.verb import Json, print_json, verb
from backbeat.observe import figures
from backbeat.observe.rejected import LIMIT_MAX, Rejected, read_rejected
from backbeat.settings import Loaded

Reason = Annotated[str | None, typer.Option(help="Only those refused for this reason.")]
Limit = Annotated[int, typer.Option(min=1, max=LIMIT_MAX, help="How many at most.")]


@verb
async def rejected(loaded: Loaded, reason: Reason = None, limit: Limit = 20, as_json: Json = False) -> None:
    """Show refused transactions, newest first."""
    async with connect(loaded, start=False) as conn:
        found = await read_rejected(conn, reason=reason, limit=limit)
    if as_json:
        print_json(found)
    elif found:
        headings = ("Block", "Tx", "Time", "What", "User", "Entity", "Reason", "Field", "Detail")
        show(table(headings, [_row(row) for row in found], right=("Block", "Tx", "User", "Entity")))
    else:
        show("Nothing was rejected." if reason is None else f"Nothing was rejected for {reason}.")


def _row(row: Rejected) -> tuple[str, ...]:
    place = str(row.tx_index) if row.play_index < 0 else f"{row.tx_index}.{row.play_index}"
    what = f"{row.entity_type}/{row.action}" if row.entity_type else row.kind
    user, entity = (figures.NOTHING if value is None else str(value) for value in (row.user_id, row.entity_id))
    return (
        str(row.height),
        place,
        figures.moment(row.block_time),
        what,
        user,
        entity,
        row.reason,
        row.field,
        row.detail,
    )
