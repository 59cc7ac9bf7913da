"""Every derivation follows every writer: an edit of any column that it reads, without a block number of its own.

The columns are those that PostgreSQL says the derivation's query reads. The edits are what moderators, repairs,
scheduled releases and foreign programs do: the row keeps the block that it had.
"""

import random
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from depth import at_depth
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.referral import REFERRAL
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.incremental.derivation import Derivation
from harness.challenge_jobs import FOLLOWED
from harness.challenge_life import STEPPED, Life, apply
from harness.challenge_world import (
    ChallengeWorld,
    arrival,
    comment,
    play,
    remix,
    repost,
    track,
    user,
    wipe_challenges,
)
from harness.columns_read import Column, columns_read

LIVES = at_depth(1, 2, 6)
STEPS = 4
ROWS_MAX = at_depth(2, 4, 8)  # edited of each column
OURS = {"cursor", "challenges", "user_challenges"}  # what only the block loop, operators and the jobs themselves write
DERIVATIONS: tuple[Derivation, ...] = (*FOLLOWED, DOMINANT_GENRE, TRENDING_PLAYLISTS)
ANOTHER = "(SELECT other.{0} FROM {1} AS other WHERE other.{0} IS DISTINCT FROM at.{0} ORDER BY md5(other.{0}::text) LIMIT 1)"
VALUES = {
    "boolean": ("NOT coalesce(at.{0}, false)",),
    "jsonb": ("NULL", ANOTHER),
    "timestamp without time zone": ("at.{0} + interval '40 days'", "at.{0} - interval '40 days'"),
}
OTHERS = (ANOTHER, "NULL")


@pytest.fixture
async def world(module_database_url: str) -> AsyncIterator[ChallengeWorld]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        await wipe_challenges(connection)
        await connection.execute("UPDATE challenges SET active = true")
        made = ChallengeWorld(connection)
        for challenge_id, step_count in STEPPED.items():
            await made.set(challenge_id, step_count=step_count)
        yield made


async def read_by(world: ChallengeWorld, derived: Derivation) -> list[Column]:
    """Return what a recompute of everything reads, but for the target itself."""
    values = await derived._parameters(world.connection)
    assert values is not None
    now = world.now.replace(tzinfo=None)
    bound = {**values, "keys": None, "pending": [], "now": now, "clock": now}
    found = await columns_read(world.connection, derived._merge._audit, bound)
    return [column for column in found if column.table not in {*OURS, derived.target.name[-1]}]


async def edit(world: ChallengeWorld, column: Column, dice: random.Random) -> int:
    """Write other values into some rows, each by itself; what a constraint refuses is left. Return how many."""
    table, name = Identifier(column.table), Identifier(column.name)
    rows = [at for (at,) in await world.all(f"SELECT ctid::text FROM {column.table} ORDER BY ctid")]  # noqa: S608
    written = 0
    for at in dice.sample(rows, min(ROWS_MAX, len(rows))):
        for value in VALUES.get(column.type, OTHERS):
            statement = SQL("UPDATE {} AS at SET {} = ").format(table, name) + SQL(value).format(name, table)  # type: ignore[arg-type]  # of ours
            try:
                done = await world.connection.execute(statement + SQL(" WHERE at.ctid = %s::tid"), [at])
            except psycopg.IntegrityError:
                continue
            written += done.rowcount
            break
    return written


@pytest.mark.slow
@pytest.mark.parametrize("derived", DERIVATIONS, ids=lambda derived: derived.name)
@pytest.mark.parametrize("seed", range(LIVES))
async def test_an_edit_of_any_column_is_followed(world: ChallengeWorld, derived: Derivation, seed: int) -> None:
    dice = random.Random(seed)
    for step in Life(dice).steps(STEPS):
        await apply(world, step)
    await world.run(derived)
    columns, edited = await read_by(world, derived), 0
    for column in columns:
        for _ in range(2):  # there, and mostly back
            edited += await edit(world, column, dice)
            await world.run(derived)
            found = await derived.audit(world.connection)
            assert (found.is_clean, found.pending) == (True, 0), (column, found)
    assert len(columns) >= 3
    assert edited > len(columns)


@pytest.mark.slow
@pytest.mark.parametrize("derived", DERIVATIONS, ids=lambda derived: derived.name)
async def test_rows_that_go_and_come_back_are_followed(world: ChallengeWorld, derived: Derivation) -> None:
    dice = random.Random(1)
    for step in Life(dice).steps(STEPS):
        await apply(world, step)
    await world.run(derived)
    connection = world.connection
    for table in sorted({column.table for column in await read_by(world, derived)}):
        name = Identifier(table)
        await connection.execute(SQL("CREATE TEMP TABLE gone AS SELECT * FROM {} WHERE random() < 0.5").format(name))
        kept = await world.all(
            f"SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = '{table}'::regclass "  # noqa: S608
            "AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
        )
        columns = SQL(kept[0][0])
        for statement in (
            SQL("DELETE FROM {} AS at USING gone WHERE to_jsonb(at) = to_jsonb(gone)").format(name),
            SQL("INSERT INTO {} ({}) SELECT {} FROM gone").format(name, columns, columns),
        ):
            await connection.execute(statement)
            await world.run(derived)
            found = await derived.audit(connection)
            assert (found.is_clean, found.pending) == (True, 0), (table, found)
        await connection.execute("DROP TABLE gone")
