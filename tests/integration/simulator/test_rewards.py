"""On a made-up chain everything is earned that a chain alone can tell."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
from psycopg import AsyncConnection

from backbeat.app import Options, up
from backbeat.clock import SystemClock
from backbeat.derived.challenges.catalog import open_to_a_new_chain
from backbeat.index.progress import Progress
from backbeat.settings import DatabaseSettings, Settings, SimulatorSettings, WebSettings

TXS_PER_SECOND = 500.0
BACKLOG_BLOCKS = 60  # 30,000 transactions, seven chapters; contests are decided in the fifth
TOLD_BY_A_CHAIN = {"u", "fp", "p", "v", "cs", "c", "cp", "w", "m", "r", "rv", "rd", "p1", "p2"}


class Nobody:
    """Watches nothing."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear nothing."""

    def progress(self, progress: Progress) -> None:
        """Hear nothing."""


async def catalogue(connection: AsyncConnection[Any]) -> list[tuple[Any, ...]]:
    return await (
        await connection.execute("SELECT id, active, amount, starting_block FROM challenges ORDER BY id")
    ).fetchall()


async def test_everything_that_a_chain_tells_is_earned(
    database_url: str, connection: AsyncConnection[Any], tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=str(tmp_path),
        database=DatabaseSettings(url=database_url),
        simulator=SimulatorSettings(txs_per_second=TXS_PER_SECOND, backlog_blocks=BACKLOG_BLOCKS),
        web=WebSettings(enabled=False),
    )
    settings = msgspec.structs.replace(settings, chain=msgspec.structs.replace(settings.chain, source="simulator"))
    await up(database_url, settings, Options(exit_at_tip=True), Nobody(), asyncio.Event(), SystemClock())
    earned = await connection.execute("SELECT DISTINCT challenge_id FROM user_challenges WHERE is_complete")
    assert {row[0] async for row in earned} >= TOLD_BY_A_CHAIN
    streaks = await connection.execute("SELECT FROM user_challenges WHERE challenge_id = 'e'")
    assert streaks.rowcount > 0


async def test_the_catalogue_of_a_chain_that_has_begun_is_the_operators(connection: AsyncConnection[Any]) -> None:
    await connection.execute("UPDATE challenges SET active = false WHERE id = 'u'")
    await open_to_a_new_chain(connection)
    opened = await catalogue(connection)
    assert {block for *_, block in opened} == {0}
    active = {name: on for name, on, *_ in opened}
    assert (active["cs"], active["e"], active["ft"], active["u"]) == (True, True, False, False)
    await connection.execute("INSERT INTO blocks (blockhash, number) VALUES ('one', 1)")
    await connection.execute(
        "INSERT INTO backbeat.cursor (chain_id, height, block_hash, block_time, block_number, play_id)"
        " VALUES ('x', 1, 'one', now(), 1, 0)"
    )
    await connection.execute("UPDATE challenges SET starting_block = 7, active = false WHERE id IN ('cs', 'fp')")
    edited = await catalogue(connection)
    await open_to_a_new_chain(connection)
    assert await catalogue(connection) == edited
