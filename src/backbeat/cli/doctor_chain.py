"""What the doctor says of where the database stands on the chains that the settings list."""

from collections.abc import Iterable
from typing import Any

from psycopg import AsyncConnection

from backbeat.chain.sequence import check_start
from backbeat.errors import BackbeatError
from backbeat.index import cursor as cursors
from backbeat.index.sources import chains_of
from backbeat.observe import figures
from backbeat.observe.tree import Advice, Check
from backbeat.settings import Settings


async def of_chain(connection: AsyncConnection[Any], settings: Settings) -> Iterable[Check]:
    """Hold the settings to the blocks that the database holds."""
    start_height = settings.chain.start_height
    try:
        chains = chains_of(settings)
        check_start(chains, start_height)
        begun = await cursors.begun_chains(connection)
        detail = "No block is indexed yet."
        if chains.spans:
            cursor = await cursors.read(connection, chains, start_height)
            detail = f"Block {figures.count(cursor.height + 1)} of {cursor.chain_id} comes next."
    except BackbeatError as error:
        return [Check("chain", ok=False, detail=error.message, cure=error.cure)]
    if begun:
        told = ", ".join(f"{each.chain_id} from block {figures.count(each.first_height)}" for each in begun)
        detail = f"Indexed: {told}." + (f" {detail}" if chains.spans else "")
    found = [Check("chain", ok=True, detail=detail)]
    if begun and start_height not in (0, begun[0].first_height):
        first = figures.count(begun[0].first_height)
        found.append(
            Advice(
                "start height",
                ok=True,
                detail=f"chain.start_height is {figures.count(start_height)}, the database began at block {first}: the "
                "setting changes nothing any more.",
                cure="Leave it out, or begin in another database (--data-dir or --database).",
            )
        )
    return found
