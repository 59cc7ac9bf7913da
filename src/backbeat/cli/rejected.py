"""`backbeat rejected`: the transactions that were refused, and why."""

import base64
from typing import Annotated

import typer

from backbeat.cli.connection import connect
from backbeat.cli.show import show, table
from backbeat.cli.verb import Json, print_json, verb
from backbeat.errors import Exit
from backbeat.observe import figures
from backbeat.reads.page import ROWS_MAX
from backbeat.reads.rejected import Position, Rejected, read_bytes, read_rejected
from backbeat.settings import Loaded

Reason = Annotated[str | None, typer.Option(help="Only those refused for this reason.")]
Bytes = Annotated[
    str | None, typer.Option(metavar="BLOCK.TX", help="Print the bytes of this one transaction instead, as base64.")
]
Limit = Annotated[int, typer.Option(min=1, max=ROWS_MAX, help="How many at most.")]


@verb
async def rejected(
    loaded: Loaded, reason: Reason = None, limit: Limit = 20, bytes_of: Bytes = None, as_json: Json = False
) -> int | None:
    """Show refused transactions, newest first."""
    async with connect(loaded, start=False) as connection:
        if bytes_of is not None:
            return _show_bytes(await read_bytes(connection, *_place(bytes_of)), as_json=as_json)
        found = await read_rejected(connection, reason=reason, limit=limit)
    if as_json:
        print_json(found)
    elif found:
        headings = ("Block", "Tx", "Time", "What", "User", "Entity", "Reason", "Field", "Detail")
        show(table(headings, [_row(row) for row in found], right=("Block", "Tx", "User", "Entity")))
    else:
        show("Nothing was rejected." if reason is None else f"Nothing was rejected for {reason}.")
    return None


def _place(text: str) -> tuple[int, int]:
    try:
        at = Position.parse(f"{text}.-1")
    except ValueError:
        raise typer.BadParameter("Name the transaction by its block and its index there, as in 621.0.") from None
    return at.height, at.tx_index


def _show_bytes(raw: bytes | None, *, as_json: bool) -> int:
    if raw is None:
        show("Nothing is kept of that transaction.")
        return Exit.FAILURE
    text = base64.b64encode(raw).decode()
    if as_json:
        print_json({"raw": text})
    else:
        show(text)
    return Exit.OK


def _row(row: Rejected) -> tuple[str, ...]:
    place = str(row.tx_index) if row.play_index < 0 else f"{row.tx_index}.{row.play_index}"
    detail = f"1 of {row.refused_plays} refused plays" if row.refused_plays > 1 else row.detail
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
        detail,
    )
