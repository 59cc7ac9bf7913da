"""What a made-up chain sets off: rewards, notifications, milestones; all of them that a chain alone can."""

import asyncio
from typing import Any

import msgspec
import pytest
from notification_reference import unlike
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from backbeat.app import Options, up
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.derived.challenges.catalog import open_to_a_new_chain
from backbeat.index.progress import Progress
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.runner import Runner
from backbeat.notifications import NOTIFICATIONS
from backbeat.settings import DatabaseSettings, JobsSettings, Settings, SimulatorSettings, WebSettings
from bench.server import connect

TXS_PER_SECOND = 500.0
BACKLOG_BLOCKS = 80  # 40,000 transactions, ten chapters, as many as 2,000 blocks at the default rate have
FROM_ELSEWHERE = {
    *("tip_send", "tip_receive", "reaction", "supporter_rank_up", "supporting_rank_up", "supporter_dethroned"),
    *("usdc_purchase_buyer", "usdc_purchase_seller", "track_added_to_purchased_album"),
}
"""What users are told of tips and purchases, of which the chain knows nothing."""
TYPES = "SELECT DISTINCT type FROM notification WHERE blocknumber IS NULL OR blocknumber <= %s"
WITH_TIME = {
    *("listen_streak_reminder", "weekly_rotation", "trending", "trending_playlist", "trending_underground"),
    *("claimable_reward", "challenge_reward", "reward_in_cooldown", "tastemaker"),
    *("fan_remix_contest_ending_soon", "artist_remix_contest_ending_soon"),
    *("fan_remix_contest_ended", "artist_remix_contest_ended"),
}
"""What takes hours or a week, or follows from rewards."""
MILESTONES = {
    *("FOLLOWER_COUNT", "LISTEN_COUNT"),
    *("TRACK_SAVE_COUNT", "TRACK_REPOST_COUNT", "PLAYLIST_SAVE_COUNT", "PLAYLIST_REPOST_COUNT"),
}
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


@pytest.fixture(scope="module")
def indexed(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that followed the chain to its tip; then the jobs ran until they were at rest."""
    settings = Settings(
        data_dir=str(tmp_path_factory.mktemp("chain")),
        database=DatabaseSettings(url=module_database_url),
        simulator=SimulatorSettings(txs_per_second=TXS_PER_SECOND, backlog_blocks=BACKLOG_BLOCKS),
        web=WebSettings(enabled=False),
        jobs=JobsSettings(enabled=False),
    )
    settings = msgspec.structs.replace(settings, chain=msgspec.structs.replace(settings.chain, source="simulator"))
    asyncio.run(_follow(module_database_url, settings))
    return module_database_url


async def _follow(url: str, settings: Settings) -> None:
    await up(url, settings, Options(exit_at_tip=True), Nobody(), asyncio.Event(), SystemClock())
    # nobody has a score while users are told: on so young a network most accounts would count for nothing
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        for jobs in ([job for job in JOBS if job.name == "notifications"], JOBS):
            await Runner(lanes, jobs, JobsSettings(), SystemClock()).run_until_idle()


async def test_everything_that_a_chain_tells_is_earned(indexed: str) -> None:
    async with await connect(indexed) as connection:
        earned = await connection.execute("SELECT DISTINCT challenge_id FROM user_challenges WHERE is_complete")
        assert {row[0] async for row in earned} >= TOLD_BY_A_CHAIN
        streaks = await connection.execute("SELECT FROM user_challenges WHERE challenge_id = 'e'")
        assert streaks.rowcount > 0


async def test_users_are_told_of_everything_that_happens_on_a_chain(indexed: str) -> None:
    async with await connect(indexed) as connection:
        told = await connection.execute(TYPES, [BACKLOG_BLOCKS])
        types = {kind.type for kind in NOTIFICATIONS}
        assert types - {row[0] async for row in told} - WITH_TIME == FROM_ELSEWHERE


async def test_each_is_told_as_the_reference_says(indexed: str) -> None:
    async with await connect(indexed) as connection:
        rows = connection.cursor(row_factory=dict_row)
        await rows.execute("SELECT type, group_id, specifier, user_ids, data FROM notification")
        assert {wrong async for row in rows if (wrong := unlike(row))} == set()


async def test_milestones_are_reached(indexed: str) -> None:
    async with await connect(indexed) as connection:
        made = await connection.execute("SELECT DISTINCT name FROM milestones")
        assert {row[0] async for row in made} == MILESTONES


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
