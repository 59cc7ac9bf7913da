"""Every derivation follows every writer: an edit of any column that it reads, without a block number of its own.

The columns are those that PostgreSQL says the derivation's query reads. The edits are what moderators, repairs,
scheduled releases and foreign programs do: the row keeps the block that it had.
"""

import random
from collections.abc import AsyncIterator
from typing import Any, LiteralString, NamedTuple

import psycopg
import pytest
from depth import at_depth
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.aggregates.entity_counts import ENTITY_COUNTS
from backbeat.derived.aggregates.social_sets import SOCIAL_SETS
from backbeat.derived.challenges.cosign import COSIGN
from backbeat.derived.challenges.first_weekly_comment import FIRST_WEEKLY_COMMENT
from backbeat.derived.challenges.play_count_milestones import PLAY_COUNT_MILESTONES
from backbeat.derived.challenges.referral import REFERRAL
from backbeat.derived.challenges.track_upload import TRACK_UPLOAD
from backbeat.derived.trending.playlists import TRENDING_PLAYLISTS
from backbeat.incremental.backlog import ANYTHING
from backbeat.incremental.derivation import Derivation
from backbeat.incremental.transaction import Session
from harness.challenge_jobs import FOLLOWED, in_batches_of
from harness.challenge_life import STEPPED, Life, apply
from harness.challenge_world import (
    ChallengeWorld,
    arrival,
    comment,
    contest,
    play,
    playlist,
    remix,
    repost,
    save,
    track,
    user,
    wipe_challenges,
)
from harness.columns_read import Column, columns_read

LIVES = at_depth(1, 1, 4)
STEPS = 8
ROWS_MAX = at_depth(30, 30, 200)  # edited of each column
OURS = {"cursor", "challenges", "user_challenges"}  # what only the block loop, operators and the jobs themselves write
DERIVATIONS = tuple(
    one
    for one in (*FOLLOWED, DOMINANT_GENRE, ENTITY_COUNTS, SOCIAL_SETS, TRENDING_PLAYLISTS)
    if isinstance(one, Derivation)
)  # whose queries can be read
ANOTHER = (
    "(SELECT other.{0} FROM {1} AS other WHERE other.{0} IS DISTINCT FROM at.{0} ORDER BY md5(other.{0}::text) LIMIT 1)"
)
PAST = ("users", "tracks", "playlists", "comments", "events", "follows", "reposts", "saves")
TYPES = {
    "boolean": ("NOT coalesce(at.{0}, false)",),
    "timestamp without time zone": ("at.{0} + interval '40 days'", "at.{0} - interval '40 days'"),
}
COLUMNS = {"blocknumber": ("at.{0} - 99999000",), "pinned_comment_id": ("NULL",)}  # below every first block
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


async def live(world: ChallengeWorld, dice: random.Random) -> None:
    """Lead a life in which everything is earned by some, lists of three tracks trend, and sitemaps list some owners."""
    for step in Life(dice).steps(STEPS):
        await apply(world, step)
    pinned = [comment(71, 72, 71), track(71, 71, pinned_comment_id=71)]
    await world.block(user(71, verified=True), user(72), *pinned, track(72, 72), contest(71, 71, [72]))
    lists = [playlist(number, 1 + number % 5, 1, 2, 3) for number in range(41, 47)]
    await world.block(*lists, *[save(1 + number % 7, number, "playlist") for number in range(41, 47)])
    for kind, owner in (("track", "owner_id"), ("playlist", "playlist_owner_id")):
        await world.connection.execute(
            SQL("INSERT INTO {0} SELECT {1}::text, '', 0, {2}, {1}, true, '', 1, '' FROM {3} WHERE is_current").format(
                *map(Identifier, (f"{kind}_routes", f"{kind}_id", owner, f"{kind}s"))
            )
        )
    await world.connection.execute("UPDATE aggregate_user SET follower_count = 10 WHERE user_id % 2 = 1")


async def read_by(world: ChallengeWorld, derived: Derivation) -> list[Column]:
    """Return what a recompute of everything reads, but for the target itself."""
    values = (await derived._look(world.connection)).values
    assert values is not None
    now = world.now.replace(tzinfo=None)
    bound = {**values, **ANYTHING._asdict(), "keys": None, "pending": [], "now": now, "clock": now}
    found = await columns_read(world.connection, derived._merge._audit, bound)
    ours = {*OURS, derived.target.name[-1]}
    return [column for column in found if column.table not in ours and not column.table.startswith("past_")]


class Edited(NamedTuple):
    """A row where it lies now, and what the column held before."""

    at: str
    before: str | None


async def spoil(world: ChallengeWorld, column: Column, value: LiteralString, dice: random.Random) -> list[Edited]:
    """Write ``value`` into some rows, each by itself; what a constraint refuses is left."""
    table, name = Identifier(column.table), Identifier(column.name)
    statement = SQL(
        """
        UPDATE {0} AS at SET {1} = {2}
        FROM (SELECT {1}::text AS before FROM {0} WHERE ctid = %s::tid) AS old
        WHERE at.ctid = %s::tid AND at.{1} IS DISTINCT FROM {2}
        RETURNING at.ctid::text, old.before
        """
    ).format(table, name, SQL(value).format(name, table))
    rows = [at for (at,) in await world.all(f"SELECT ctid::text FROM {column.table} ORDER BY ctid")]  # noqa: S608
    out = []
    for at in dice.sample(rows, min(ROWS_MAX, len(rows))):
        try:
            found = await (await world.connection.execute(statement, [at, at])).fetchall()
        except psycopg.IntegrityError:
            continue
        out += [Edited(*row) for row in found]
    return out


async def mend(world: ChallengeWorld, column: Column, edited: list[Edited]) -> None:
    """Write back what the rows held, the last one first: each was allowed after those before it."""
    statement = SQL("UPDATE {} SET {} = %s::text::{} WHERE ctid = %s::tid").format(
        Identifier(column.table),
        Identifier(column.name),
        SQL(column.type),
    )
    for row in reversed(edited):
        await world.connection.execute(statement, [row.before, row.at])


async def forget(world: ChallengeWorld, derived: Derivation) -> None:
    """Leave nothing that was earned before, so that what an edit gives is not there already."""
    for table in PAST:
        await world.connection.execute(SQL("DELETE FROM {}").format(Identifier("backbeat", f"past_{table}")))
    if derived.target.keeps_vanished:
        column, values = derived.target.within or ("user_id", ())
        where = SQL("{} = ANY (%s)").format(Identifier(column)) if values else SQL("cardinality(%s::text[]) = 0")
        statement = SQL("DELETE FROM {} WHERE ").format(Identifier(*derived.target.name)) + where
        await world.connection.execute(statement, [list(values)])
    await derived.rebuild(Session(world.connection))


async def check_followed(world: ChallengeWorld, derived: Derivation, what: object) -> int:
    reports = await world.run(derived)
    found = await derived.audit(world.connection)
    assert found.is_clean, (what, found)
    await world.block()  # an edit holds from there on, and is pending until then
    reports += await world.run(derived)
    found = await derived.audit(world.connection)
    assert (found.is_clean, found.pending) == (True, 0), (what, found)
    return sum(report.rows_written for report in reports)


@pytest.mark.slow
@pytest.mark.newest
@pytest.mark.parametrize("derived", DERIVATIONS, ids=lambda derived: derived.name)
@pytest.mark.parametrize("seed", range(LIVES))
async def test_an_edit_of_any_column_is_followed(world: ChallengeWorld, derived: Derivation, seed: int) -> None:
    dice = random.Random(seed)
    await live(world, dice)
    await world.run(derived)
    columns, written = await read_by(world, derived), 0
    for column in columns:
        for value in COLUMNS.get(column.name, TYPES.get(column.type, OTHERS)):
            if edited := await spoil(world, column, value, dice):
                written += await check_followed(world, derived, (column, value))
                await forget(world, derived)
                await mend(world, column, edited)
                written += await check_followed(world, derived, (column, value, "back"))
    assert len(columns) >= 3
    assert written > 0


@pytest.mark.slow
@pytest.mark.newest
@pytest.mark.parametrize("derived", DERIVATIONS, ids=lambda derived: derived.name)
async def test_rows_that_go_and_come_back_are_followed(world: ChallengeWorld, derived: Derivation) -> None:
    dice = random.Random(1)
    await live(world, dice)
    await world.run(derived)
    connection = world.connection
    # plays come in the order of their ids: what a foreign program puts back behind those that were taken is in no count
    for table in sorted({column.table for column in await read_by(world, derived)} - {"plays"}):
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
            await check_followed(world, derived, table)
        await connection.execute("DROP TABLE gone")


async def by_hand(world: ChallengeWorld, statement: str, *values: Any) -> None:
    """Write as another program does, without a new block number."""
    assert (await world.connection.execute(statement.encode(), values)).rowcount > 0


async def test_a_comment_that_a_moderator_shows_again_earns(world: ChallengeWorld) -> None:
    await world.block(user(1), comment(1, 1, is_visible=False))
    await world.run(FIRST_WEEKLY_COMMENT)
    assert await world.rows("c") == []
    await by_hand(world, "UPDATE comments SET is_visible = true")
    await world.run(FIRST_WEEKLY_COMMENT)
    assert await world.rows("c") == ["c|1:202522|1|yes|1|1"]


async def test_a_cosign_that_somebody_else_wrote_earns(world: ChallengeWorld) -> None:
    await world.block(user(1, verified=True), user(2), track(1, 1), track(2, 2), remix(1, 2))
    await world.run(COSIGN)
    await by_hand(
        world,
        """
        INSERT INTO reposts (
            user_id, repost_item_id, repost_type, is_current, is_delete, created_at, txhash, blocknumber
        )
        VALUES (1, 2, 'track', true, false, %s, '', %s)
        """,
        world.now,
        world.block_number,
    )
    await world.run(COSIGN)
    assert await world.rows("cs") == ["cs|1:2|2|yes|1|1000"]


async def test_an_arrival_that_somebody_else_corrects_is_judged(world: ChallengeWorld) -> None:
    await world.block(user(1), user(2), arrival(2))
    await world.run(REFERRAL)
    await by_hand(world, "UPDATE user_events SET referrer = 1")
    await world.run(REFERRAL)
    assert await world.rows("r") == ["r|1:2|1|yes|1|1"]


@pytest.mark.parametrize("stamped", [True, False])
async def test_a_track_that_changes_hands_moves_the_progress_of_both(world: ChallengeWorld, stamped: bool) -> None:
    await world.set("u", step_count=5)
    await world.block(user(1), user(2), *[track(number, 1) for number in (1, 2, 3)], track(4, 2))
    await world.run(TRACK_UPLOAD)
    assert await world.rows("u") == ["u|1|1|no|3|1", "u|2|2|no|1|1"]
    if stamped:
        await world.block(track(2, 2), track(3, 2))
    else:
        await by_hand(world, "UPDATE tracks SET owner_id = 2 WHERE track_id IN (2, 3)")
    await world.run(TRACK_UPLOAD)
    assert await world.rows("u") == ["u|1|1|no|1|1", "u|2|2|no|3|1"]
    assert (await TRACK_UPLOAD.audit(world.connection)).is_clean


async def test_a_track_that_changes_hands_takes_its_plays_along(world: ChallengeWorld) -> None:
    for challenge_id, step_count in {"p1": 10, "p2": 20, "p3": 30}.items():
        await world.set(challenge_id, step_count=step_count)
    await world.block(user(1, verified=True), user(2, verified=True), track(1, 1), track(2, 1), *[play(1)] * 3, play(2))
    await world.run(PLAY_COUNT_MILESTONES)
    assert await world.rows("p1") == ["p1|1:250|1|no|4|25"]
    await world.block(track(1, 2))
    await world.run(PLAY_COUNT_MILESTONES)
    assert await world.rows("p1") == ["p1|1:250|1|no|1|25", "p1|2:250|2|no|3|25"]


async def test_the_block_loop_logs_no_edit(world: ChallengeWorld) -> None:
    async def edits() -> int:
        return int((await world.all("SELECT count(*) FROM backbeat.changes WHERE stream = 'edits'"))[0][0])

    before = await edits()
    await world.block(user(1), track(1, 1), repost(1, 1), comment(1, 1))
    await world.block(user(1, bio="new"), track(1, 1, is_unlisted=True))
    assert await edits() == before  # by its stamps
    async with world.connection.transaction():
        await world.connection.execute("SET LOCAL backbeat.writes_blocks = on")
        await by_hand(world, "UPDATE users SET bio = 'marked'")
    assert await edits() == before
    await by_hand(world, "UPDATE users SET bio = 'not marked'")
    await by_hand(world, "UPDATE users SET location = 'nobody reads it'")
    assert await edits() == before + 1


async def test_a_challenge_that_ran_without_edits_goes_on_from_where_it_stands(world: ChallengeWorld) -> None:
    """As after an upgrade: what was refused stays refused, and edits count from then on."""
    await world.block(user(1), comment(1, 1, is_visible=False), comment(2, 2, is_visible=False))
    await world.run(FIRST_WEEKLY_COMMENT)
    await world.connection.execute("DELETE FROM backbeat.consumers")
    await by_hand(world, "UPDATE comments SET is_visible = true WHERE comment_id = 1")
    await world.run(FIRST_WEEKLY_COMMENT)
    assert await world.rows("c") == []
    await by_hand(world, "UPDATE comments SET is_visible = true WHERE comment_id = 2")
    await world.run(FIRST_WEEKLY_COMMENT)
    assert await world.rows("c") == ["c|2:202522|2|yes|1|1"]


@pytest.mark.parametrize("derived", [TRACK_UPLOAD, FIRST_WEEKLY_COMMENT], ids=["followed", "judged"])
async def test_edits_that_were_lost_with_another_cluster(world: ChallengeWorld, derived: Derivation) -> None:
    await world.set("u", step_count=5)
    await world.block(user(1), track(1, 1), comment(1, 1, is_visible=False))
    await world.run(derived)
    await world.connection.execute("SET session_replication_role = replica")  # what was lost, no log tells
    await by_hand(world, "UPDATE comments SET is_visible = true")
    await by_hand(world, "UPDATE tracks SET is_unlisted = true")
    await world.connection.execute("SET session_replication_role = origin")
    await by_hand(world, "UPDATE backbeat.consumers SET epoch = 1")
    await world.run(derived)
    assert await world.rows("c") == []  # judged once: the past is not judged again
    assert await world.rows("u") == ([] if derived is FIRST_WEEKLY_COMMENT else ["u|1|1|no|1|1"])
    assert (await derived.audit(world.connection)).stale is False


@pytest.mark.parametrize("rows_max", [1, 2])
async def test_edits_wait_for_a_backlog_of_blocks(world: ChallengeWorld, rows_max: int) -> None:
    """A cap is filled by what happened first, not by what was heard of first."""
    small = in_batches_of(rows_max, REFERRAL)
    await world.set("r", step_count=2)
    await world.block(user(9))
    await world.run(small)
    for number in (1, 2, 3):
        await world.block(user(number), arrival(number, referrer=9))
    await by_hand(world, "UPDATE user_events SET is_mobile_user = true WHERE user_id = 3")
    await world.run(small)
    assert await world.rows("r") == ["r|9:1|9|yes|1|1", "r|9:2|9|yes|1|1"]
