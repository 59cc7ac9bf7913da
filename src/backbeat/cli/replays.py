"""`backbeat replays`: signed messages that the chain has seen before."""

from typing import Annotated

import typer

from backbeat.cli.connection import connect
from backbeat.cli.listing import Cell, Listing
from backbeat.cli.show import show
from backbeat.cli.verb import Json, print_json, verb
from backbeat.observe import figures
from backbeat.observe.replays import read_replay_counts
from backbeat.reads.page import ROWS_MAX
from backbeat.reads.rejected import on_chain
from backbeat.reads.replays import ReplayedTransaction, read_replays
from backbeat.settings_layers import Loaded

Limit = Annotated[int, typer.Option(min=1, max=ROWS_MAX, help="How many at most.")]


@verb
async def replays(loaded: Loaded, limit: Limit = 20, as_json: Json = False) -> None:
    """Show transactions whose signed message stood on the chain before, newest first."""
    async with connect(loaded, start=False) as connection:
        counts, found = await read_replay_counts(connection), await read_replays(connection, limit=limit)
    if as_json:
        print_json({"counts": counts, "transactions": found})
        return
    if found:
        headings = ("Block", "Tx", "Time", "What", "User", "Entity", "First at", "Refused", "Signer")
        right = ("Block", "Tx", "User", "Entity", "First at")
        show(Listing(headings, [_row(row) for row in found], right=right, drop=("Signer", "Time", "Entity", "Refused")))
    show(
        f"{figures.count(counts.replays)} of {figures.plural(counts.messages, 'signed message')} "
        f"had been seen before; {figures.count(counts.refused)} were refused."
    )


def _row(row: ReplayedTransaction) -> tuple[Cell, ...]:
    left = None if row.followed else row.chain_id
    first_left = left if row.first_chain_id == row.chain_id else row.first_chain_id
    return (
        on_chain(left, row.height),
        str(row.tx_index),
        row.block_time,
        f"{row.entity_type}/{row.action}",
        str(row.user_id),
        str(row.entity_id),
        on_chain(first_left, f"{row.first_height}.{row.first_tx_index}"),
        "yes" if row.refused else "no",
        row.signer,
    )
