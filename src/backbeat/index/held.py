"""Whether the chain that is to be followed may be written among what a database holds of others."""

from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.chain.sequence import Chains
from backbeat.db.query import column, one
from backbeat.db.sql import load
from backbeat.errors import ChainDataError, ConfigError

CHAINS = load(__package__, "held_chains.sql")
ROWS = load(__package__, "held_rows.sql")


class _Rows(NamedTuple):
    is_ours: bool
    has_users: bool
    has_plays: bool


async def refuse_to_simulate(connection: AsyncConnection[Any], simulated: Chains) -> None:
    """Raise ConfigError where made-up rows would stand among those of another chain, before anything is written."""
    chain_ids = await column(connection, CHAINS)
    rows = await one(connection, _Rows, ROWS)
    others = [chain_id for chain_id in chain_ids if simulated.span(chain_id) is None]
    of_nobody = not chain_ids and not rows.is_ours and (rows.has_users or rows.has_plays)
    if others or of_nobody:
        held = _blocks_of(others) if others else "plays" if rows.has_plays else "users"
        raise ConfigError(
            "simulator_among_others",
            f"The database holds {held}, and the source is the simulator, as it is where none is named.",
            cure="Nothing was written. Name the source: --node or --recording, or chain.source. To simulate, name "
            "another database.",
        )


async def refuse_another_chain(
    connection: AsyncConnection[Any], served: Chains, *, has_plays: bool, start_height: int
) -> None:
    """Raise ChainDataError where a database without a block of a chain that is served holds what others wrote.

    Behind which block to go on, nobody knows there: from the chain's first on, everything would be written twice.
    """
    if chain_ids := await column(connection, CHAINS):
        raise ChainDataError(
            "other_chain_indexed",
            f"The database holds {_blocks_of(chain_ids)}, the source serves {' and '.join(map(repr, served.ids))}.",
            cure="Nothing was written. Use the source of that chain, or another database. If the network went over to "
            "a new chain, list both in chain.chain_ids, the earlier one with its last height.",
        )
    if has_plays and not start_height:
        raise ChainDataError(
            "plays_of_an_unknown_chain",
            "The database holds plays, and core_indexed_blocks does not say of which blocks.",
            cure="Nothing was written. Set chain.start_height to the first block that is not in the database, or use "
            "another database.",
        )


def _blocks_of(chain_ids: list[str]) -> str:
    return f"blocks of {' and '.join(map(repr, chain_ids))}"
