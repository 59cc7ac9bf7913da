"""Whom an edit past the blocks makes a tastemaker: each way in which ``tastemaker_edits.sql`` finds tracks to judge."""

from typing import Any

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.derived.challenges.tastemaker import TASTEMAKER
from harness.challenge_world import ChallengeWorld, Row, repost, save, score, track, user

ARTIST, FAN, OTHER = 1, 2, 3
FORMER, CURRENT = 7, 8
ACTS: dict[str, tuple[str, str, Any]] = {
    "reposts": ("repost_item_id", "repost_type", repost),
    "saves": ("save_item_id", "save_type", save),
}
each = pytest.mark.parametrize("table", ACTS)


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> ChallengeWorld:
    """A world of an artist with two tracks, of a fan and of somebody else."""
    made = ChallengeWorld(connection)
    await made.set("t", active=True, starting_block=0)
    await made.block(*(user(one) for one in (ARTIST, FAN, OTHER)), track(FORMER, ARTIST), track(CURRENT, ARTIST))
    return made


async def charts(world: ChallengeWorld, of: int, *rows: Row) -> None:
    """Have one track alone lead the charts from a block on that brings these rows."""
    await world.connection.execute("DELETE FROM track_trending_scores")
    await world.block(score(of, 9), *rows)
    await world.run(TASTEMAKER)


async def act(world: ChallengeWorld, table: str, item: int, block: int) -> None:
    """Write an act past the blocks, stamped with one of them."""
    column, kind, _ = ACTS[table]
    statement = SQL(
        """
        INSERT INTO {} (user_id, {}, {}, is_current, is_delete, created_at, txhash, blocknumber)
        VALUES (%s, %s, 'track', true, false, now(), 'by hand', %s)
        """
    ).format(Identifier(table), Identifier(column), Identifier(kind))
    await world.connection.execute(statement, [FAN, item, block])


async def be_away(world: ChallengeWorld, *, is_so: bool) -> None:
    await world.connection.execute("UPDATE users SET is_deactivated = %s WHERE user_id = %s", [is_so, FAN])


async def earned(world: ChallengeWorld) -> list[tuple[Any, ...]]:
    await world.run(TASTEMAKER)
    return await world.all(
        "SELECT user_id, specifier, completed_blocknumber FROM user_challenges WHERE challenge_id = 't'"
    )


@each
async def test_an_act_that_comes_late_earns_by_the_list_of_its_block(world: ChallengeWorld, table: str) -> None:
    await charts(world, FORMER)
    then = world.block_number
    await charts(world, CURRENT)
    await act(world, table, FORMER, then)
    assert await earned(world) == [(FAN, f"{FAN:x}:t:{FORMER:x}", then)]


@each
async def test_who_was_away_between_two_edits_earns_by_the_newest_list(world: ChallengeWorld, table: str) -> None:
    """No block ever held that the user was away."""
    _, _, acts = ACTS[table]
    await charts(world, FORMER)
    await charts(world, CURRENT, acts(FAN, CURRENT, undo=True))
    await be_away(world, is_so=True)
    await world.connection.execute(SQL("UPDATE {} SET is_delete = false").format(Identifier(table)))
    assert await earned(world) == []
    await be_away(world, is_so=False)
    assert [row[:2] for row in await earned(world)] == [(FAN, f"{FAN:x}:t:{CURRENT:x}")]


@each
async def test_who_turns_out_to_have_been_back_earns_by_the_list_of_then(world: ChallengeWorld, table: str) -> None:
    _, _, acts = ACTS[table]
    await world.block(user(FAN, deactivated=True))
    await charts(world, FORMER, acts(FAN, FORMER))
    then = world.block_number
    await charts(world, CURRENT)
    assert await earned(world) == []
    await world.connection.execute(
        "UPDATE users SET is_deactivated = false, blocknumber = %s WHERE user_id = %s", [then, FAN]
    )
    assert await earned(world) == [(FAN, f"{FAN:x}:t:{FORMER:x}", then)]


async def test_an_edit_of_who_was_never_away_has_no_former_list_judged(world: ChallengeWorld) -> None:
    await charts(world, FORMER, repost(OTHER, FORMER), save(OTHER, FORMER))
    await charts(world, CURRENT, repost(FAN, CURRENT))
    await earned(world)
    await world.connection.execute("UPDATE users SET is_verified = true WHERE user_id = %s", [OTHER])
    await world.connection.execute("UPDATE tracks SET is_unlisted = true WHERE track_id = %s", [FORMER])
    assert not sum(report.keys for report in await world.run(TASTEMAKER))


async def test_when_everything_may_be_another_everybody_is_judged(world: ChallengeWorld) -> None:
    await charts(world, FORMER, repost(FAN, FORMER))
    then = world.block_number
    await charts(world, CURRENT)
    await world.connection.execute("DELETE FROM user_challenges")
    assert await earned(world) == []
    await world.connection.execute("SELECT backbeat.log_everything('edits')")
    assert await earned(world) == [(FAN, f"{FAN:x}:t:{FORMER:x}", then)]
