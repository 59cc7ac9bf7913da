"""What the other database refuses is left out and said, and all else is compared."""

import pytest
from integration.watch.conftest import LeapingClock, Pair, causes, watched, watching

from backbeat.observe.watched import UNKNOWN, Verdict
from builders.indexing import rows

pytestmark = pytest.mark.newest


async def test_where_something_was_left_out_nothing_is_called_equal(pair: Pair) -> None:
    pair.spoil("DROP TABLE milestones")
    found = await watched(pair)
    assert (found.verdict, found.unexplained) == (Verdict.WAITING, 0)


FAILING = {
    "an error of theirs": "PERFORM 1; RAISE EXCEPTION 'not today'",
    "a write": "UPDATE public.milestones SET threshold = 0",
    "a defect": "PERFORM pg_catalog.pg_relation_size(NULL::regclass); RAISE internal_error",
    "two rows": "RAISE cardinality_violation",
}


@pytest.mark.parametrize("body", FAILING.values(), ids=FAILING.keys())
async def test_a_view_of_theirs_that_fails_is_left_out_and_the_others_are_compared(pair: Pair, body: str) -> None:
    pair.spoil(
        "ALTER TABLE hourly_play_counts RENAME TO elsewhere",
        f"CREATE FUNCTION fails() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN true; END $$",
        "CREATE VIEW hourly_play_counts AS SELECT * FROM elsewhere WHERE fails()",
        "UPDATE users SET bio = 'other' WHERE user_id = 9006 AND is_current",
    )
    found = await watched(pair)
    assert {each.subject for each in found.problems} == {"hourly_play_counts"}
    assert causes(found) == {("users", "differs", UNKNOWN)}


async def test_something_else_than_a_number_there_is_a_difference(pair: Pair) -> None:
    pair.spoil(
        "ALTER TABLE aggregate_user ALTER COLUMN follower_count DROP DEFAULT",
        "ALTER TABLE aggregate_user ALTER COLUMN follower_count TYPE text",
        "UPDATE aggregate_user SET follower_count = E'1.5\\033[2J<b>' WHERE user_id = 9012",
    )
    assert ("aggregate_user", "differs", UNKNOWN) in causes(await watched(pair))


async def test_blocks_forget_what_they_left_out_once_it_can_be_looked_at(pair: Pair) -> None:
    again = "UPDATE backbeat.watch_rounds SET after_key = ARRAY['0'] WHERE way = 'blocks'"
    left = "SELECT subject FROM backbeat.watch_rounds WHERE way = 'blocks' AND problem <> ''"
    pair.spoil("ALTER TABLE aggregate_user RENAME TO elsewhere")
    async with watching(pair, LeapingClock()) as (watch, session):
        await session.execute(again.encode())
        await watch.begin()
        await watch.changed("follows")
        assert await rows(session, left) == [("follows",)]
        pair.spoil("ALTER TABLE elsewhere RENAME TO aggregate_user")
        await session.execute(again.encode())
        await watch.begin()
        await watch.changed("follows")
        assert await rows(session, left) == []
