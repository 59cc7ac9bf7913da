"""There and back again: the other indexer goes on behind our last block, and we behind its.

Numbers are those of the trials of an adoption (domain: adoption, 7).
"""

from typing import Any

import pytest
from foreign_database.indexer import index_block
from integration.adopt.audience import CHOICES, PATIENCE, Heard, adopted
from integration.adopt.conftest import BLOCKS, HANDED_OVER, index_up_to
from psycopg import AsyncConnection

from backbeat.adopt.adoption import planned
from backbeat.adopt.release import purge, release
from backbeat.db import address, kind
from backbeat.errors import AdoptionError
from backbeat.jobs.catalog import catalog
from backbeat.jobs.job import Job
from backbeat.settings import Settings
from bench.synthetic.settle import until_quiet
from builders.indexing import rows
from builders.told import TOLD

pytestmark = pytest.mark.newest

OWNER, OTHER, TRACK = 3_000_001, 3_000_002, 2_000_001
LATER = HANDED_OVER + 10
THEIRS = """
    SELECT relname, tgname, tgenabled::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace ORDER BY 1, 2
"""
PAID = "SELECT challenge_id, specifier, is_complete FROM user_challenges ORDER BY 1, 2"
TELL_OF_NOW = {"trending.notifications", "engagement_notifications"}
"""Whatever was before, these tell of what is."""
HEIGHTS = "SELECT count(*), count(DISTINCT height), min(height), max(height) FROM core_indexed_blocks"
COUNTS = """
    SELECT
        (SELECT count(*) FROM plays) - (SELECT coalesce(sum(count), 0) FROM aggregate_plays),
        (
            SELECT count(*) FROM aggregate_user AS kept
            WHERE follower_count <> (
                SELECT count(*) FROM follows
                WHERE is_current AND NOT is_delete AND followee_user_id = kept.user_id
            )
        ),
        (
            SELECT count(*) FROM aggregate_user AS kept
            WHERE following_count <> (
                SELECT count(*) FROM follows
                WHERE is_current AND NOT is_delete AND follower_user_id = kept.user_id
            )
        ),
        (
            SELECT count(*) FROM aggregate_track AS kept
            WHERE save_count <> (
                SELECT count(*) FROM saves
                WHERE is_current AND NOT is_delete AND save_type = 'track' AND save_item_id = kept.track_id
            )
        ),
        (
            SELECT count(*) FROM aggregate_track AS kept
            WHERE repost_count <> (
                SELECT count(*) FROM reposts
                WHERE is_current AND NOT is_delete AND repost_type = 'track' AND repost_item_id = kept.track_id
            )
        ),
        (SELECT count(*) FROM plays) - (SELECT coalesce(sum(count), 0) FROM aggregate_monthly_plays)
"""
RIGHT = [(0, 0, 0, 0, 0, 0)]
BEHIND = """
    SELECT class.relname, attribute.attname, pg_get_serial_sequence(class.oid::regclass::text, attribute.attname)
    FROM pg_attribute AS attribute
    JOIN pg_class AS class ON class.oid = attribute.attrelid AND class.relkind = 'r'
    WHERE class.relnamespace = 'public'::regnamespace AND attribute.attnum > 0 AND NOT attribute.attisdropped
        AND pg_get_serial_sequence(class.oid::regclass::text, attribute.attname) IS NOT NULL
"""


async def given_back(connection: AsyncConnection[Any]) -> int:
    return await release(connection, patience=PATIENCE, waits=lambda *_: None)


async def test_t10_there_and_back_no_block_is_indexed_twice_and_counts_are_right(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    before = await rows(foreign, THEIRS)
    await adopted(foreign)
    await index_up_to(foreign_url, LATER)
    assert await given_back(foreign) == LATER
    assert await rows(foreign, THEIRS) == before
    height = await index_block(foreign, follower=OTHER, followee=77, track=TRACK)
    assert height == LATER + 1
    assert await index_block(foreign, follower=77, followee=OTHER, track=TRACK) == LATER + 2
    assert await rows(foreign, COUNTS) == RIGHT
    assert await rows(foreign, "SELECT count(*) FROM follows WHERE blockhash LIKE 'theirs%%'") == [(2,)]

    heard = Heard()
    plan = await adopted(foreign, audience=heard)
    assert heard.steps == ["switch"]
    assert plan.found.after.height == LATER + 2
    await index_up_to(foreign_url, len(BLOCKS))
    assert await rows(foreign, HEIGHTS) == [(len(BLOCKS), len(BLOCKS), 1, len(BLOCKS))]
    assert await rows(foreign, COUNTS) == RIGHT
    first_of_ours = "SELECT parenthash FROM core_indexed_blocks WHERE height = %s"
    assert await rows(foreign, first_of_ours, LATER + 3) == [(f"theirs{LATER + 2}",)]


async def test_t10_without_blocks_of_its_own_it_begins_behind_the_bookkeeping(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await foreign.execute("TRUNCATE etl_blocks")
    await adopted(foreign)
    await index_up_to(foreign_url, LATER)
    await given_back(foreign)
    assert await index_block(foreign, follower=OTHER, followee=77, track=TRACK) == LATER + 1
    assert await rows(foreign, HEIGHTS) == [(LATER + 1, LATER + 1, 1, LATER + 1)]


async def test_t10_every_sequence_gives_an_id_that_is_free(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    await adopted(foreign)
    await index_up_to(foreign_url, LATER)
    await given_back(foreign)
    filled = await rows(foreign, BEHIND)
    assert len(filled) > 15
    for table, column, sequence in filled:
        query = f"SELECT coalesce(max({column}), 0) < nextval('{sequence}') FROM {table}"  # noqa: S608 - the server's own names
        assert await rows(foreign, query) == [(True,)], table


async def test_t10_what_the_other_indexer_changed_is_what_rewards_are_judged_by(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    await index_up_to(foreign_url, LATER)
    await foreign.execute("UPDATE users SET location = 'x', blocknumber = blocknumber + 1 WHERE user_id = %s", [OWNER])
    open_now = "SELECT count(*) FROM backbeat.past_users WHERE user_id = %s AND until_block IS NULL"
    assert await rows(foreign, open_now, OWNER) == [(1,)]
    await given_back(foreign)
    await index_block(foreign, follower=OTHER, followee=77, track=TRACK)
    await foreign.execute(
        "UPDATE users SET is_deactivated = true, blocknumber = (SELECT max(number) FROM blocks)"
        " WHERE is_current AND user_id = %s",
        [OWNER],
    )
    await adopted(foreign)
    asked = "SELECT is_deactivated FROM backbeat.cursor, backbeat.user_as_of(%s, cursor.block_number)"
    assert await rows(foreign, asked, OWNER) == [(True,)]
    assert await rows(foreign, open_now, OWNER) == [(0,)]
    began = "SELECT DISTINCT kept.from_block = at.block_number FROM backbeat.histories AS kept, backbeat.cursor AS at"
    assert await rows(foreign, began) == [(True,)]


TERMS = """
    SELECT amount FROM backbeat.cursor AS at, backbeat.rule_as_of('p', at.block_number + 1)
"""


async def test_t10_terms_of_rewards_that_were_changed_meanwhile_hold(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    await index_up_to(foreign_url, LATER)
    await given_back(foreign)
    await foreign.execute("UPDATE challenges SET amount = '77' WHERE id = 'p'")
    await foreign.execute(
        "DELETE FROM challenges WHERE id = 'fp' AND id NOT IN (SELECT challenge_id FROM user_challenges)"
    )
    await index_block(foreign, follower=OTHER, followee=77, track=TRACK)
    await adopted(foreign)
    assert await rows(foreign, TERMS) == [("77",)]
    gone = TERMS.replace("'p'", "'fp'")
    there = await rows(foreign, "SELECT amount FROM challenges WHERE id = 'fp'")
    assert await rows(foreign, gone) == there


async def test_the_first_block_behind_the_switch_names_the_one_before(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    await index_up_to(foreign_url, HANDED_OVER + 1)
    query = "SELECT blockhash, parenthash FROM core_indexed_blocks WHERE height >= %s ORDER BY height"
    (last, _), (_, parent) = await rows(foreign, query, HANDED_OVER)
    assert parent == last


async def test_a_release_asks_that_we_are_gone_and_that_there_is_something_to_give_back(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    with pytest.raises(AdoptionError) as refused:
        await given_back(foreign)
    assert refused.value.code == "not_adopted"
    await adopted(foreign)
    async with await address.connect(address.parse(foreign_url), "backbeat/index"):
        with pytest.raises(AdoptionError, match="backbeat/index") as refused:
            await given_back(foreign)
    assert refused.value.code == "backbeat_at_work"
    with pytest.raises(AdoptionError) as refused:
        await purge(foreign, patience=PATIENCE, waits=lambda *_: None)
    assert refused.value.code == "not_released"


async def test_a_database_that_was_given_back_is_told_from_one_that_never_was(foreign: AsyncConnection[Any]) -> None:
    assert "`backbeat adopt --dry-run`" in await cure_of(foreign)
    await adopted(foreign)
    await given_back(foreign)
    assert "`backbeat adopt --purge`" in await cure_of(foreign)
    await purge(foreign, patience=PATIENCE, waits=lambda *_: None)
    assert "`backbeat adopt --dry-run`" in await cure_of(foreign)


async def cure_of(foreign: AsyncConnection[Any]) -> str:
    """Return what a verb that needs a database of ours says is to be done."""
    refused = kind.refusal(await kind.look(foreign))
    assert refused is not None
    assert refused.code == "database_foreign"
    return refused.cure


async def test_a_purge_leaves_nothing_of_ours(foreign: AsyncConnection[Any]) -> None:
    await adopted(foreign)
    await given_back(foreign)
    await purge(foreign, patience=PATIENCE, waits=lambda *_: None)
    assert await rows(foreign, "SELECT to_regnamespace('backbeat')") == [(None,)]
    assert await index_block(foreign, follower=OTHER, followee=77, track=TRACK) == HANDED_OVER + 1
    assert (await planned(foreign, CHOICES)).refused == ()
    await adopted(foreign)


async def test_an_adoption_after_a_release_is_silent_as_well(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    jobs = [job for job in catalog(Settings()) if job.name not in TELL_OF_NOW]
    await adopted(foreign)
    await index_up_to(foreign_url, LATER)
    await work_off(foreign_url, jobs)
    await given_back(foreign)
    await index_block(foreign, follower=OTHER, followee=77, track=TRACK)
    await adopted(foreign)
    paid, told = await rows(foreign, PAID), await rows(foreign, TOLD)
    await work_off(foreign_url, jobs)
    assert await rows(foreign, PAID) == paid
    assert await rows(foreign, TOLD) == told
    assert await rows(foreign, "SELECT hours_with_play FROM user_distinct_play_hours WHERE user_id = %s", OTHER) == [
        (1,)
    ]


async def work_off(url: str, jobs: list[Job]) -> None:
    """Run jobs until they are quiet, as the program does: on a session of its own."""
    async with await address.connect(address.parse(url), "backbeat/adopt", statement_timeout=0) as connection:
        for job in jobs:
            await until_quiet(job.run, connection)
