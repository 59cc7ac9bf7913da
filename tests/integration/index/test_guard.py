"""What another program may do to a database that is followed, and how the block loop ends before it spoils anything."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.chain.model import Block
from backbeat.db.pool import Lanes
from backbeat.db.query import one
from backbeat.errors import BackbeatError, Exit
from backbeat.index.applied import Committed
from backbeat.index.cursor import ADVANCE, Cursor
from backbeat.index.guard import ENABLED, Known
from backbeat.index.writer import Writer
from builders.chain import ListSource, entity, make_block, play, plays
from builders.indexing import index, rows

pytestmark = pytest.mark.newest

USERS = [
    [entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, json.dumps({"cid": None, "data": None}), nonce=key)]
    for key in range(1, 5)
]
PLAYS = [[plays(play("", "2000001"))] for _ in range(4)]

COUNTS = """
    CREATE FUNCTION public.handle_play() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO public.aggregate_plays VALUES (new.play_item_id, 1)
            ON CONFLICT (play_item_id) DO UPDATE SET count = aggregate_plays.count + 1;
            RETURN NULL;
        END $$;
    CREATE TRIGGER on_play AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION public.handle_play();
"""
NOTIFIES = """
    CREATE FUNCTION public.on_new_row() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_notify(tg_table_name, new.id::text); RETURN NULL; END $$;
    CREATE TRIGGER trg_plays AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION public.on_new_row();
"""
OF_STATEMENTS = COUNTS.replace("new.play_item_id, 1", "2000001, 1").replace("FOR EACH ROW", "FOR EACH STATEMENT")
HARMLESS = """
    CREATE FUNCTION public.looks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
    CREATE TRIGGER on_play AFTER INSERT ON plays FOR EACH ROW EXECUTE FUNCTION public.looks();
"""
ANOTHER_FUNCTION = COUNTS.replace("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER")
REPLACED = COUNTS[: COUNTS.index("CREATE TRIGGER")].replace(
    "CREATE FUNCTION public.handle_play", "CREATE OR REPLACE FUNCTION public.looks"
)
REPLACED_IN_VAIN = """
    CREATE OR REPLACE FUNCTION public.looks() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
"""
DISABLE = "ALTER TABLE plays DISABLE TRIGGER on_play"
ENABLE = "ALTER TABLE plays ENABLE TRIGGER on_play"


@pytest.fixture
def behind_first(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Callable[[str], None]:
    """Have statements run by another program behind the first commit of the loop."""

    def arrange(statements: str) -> None:
        write, left = Writer.write, [statements]

        async def disturbed(self: Writer, before: Cursor, batch: list[Block], *, one_by_one: bool = False) -> Committed:
            written = await write(self, before, batch, one_by_one=one_by_one)
            if left:
                with psycopg.connect(database_url, autocommit=True) as other:
                    other.execute("SET search_path = public")
                    other.execute(left.pop().encode())
            return written

        monkeypatch.setattr(Writer, "write", disturbed)

    return arrange


async def ended(lanes: Lanes, chain: list[list[Any]]) -> BackbeatError:
    """Return why the loop ended."""
    with pytest.raises(BackbeatError) as found:
        await index(lanes, ListSource(chain), batch_blocks_max=1)
    return found.value


async def run(connection: AsyncConnection[Any], statements: str) -> None:
    await connection.execute("SET search_path = public")
    await connection.execute(statements.encode())


async def height(connection: AsyncConnection[Any]) -> int:
    [[found]] = await rows(connection, "SELECT coalesce(max(height), 0) FROM public.core_indexed_blocks")
    return int(found)


@pytest.mark.parametrize("statements", [COUNTS, OF_STATEMENTS], ids=["of rows", "of statements"])
async def test_no_block_is_written_beside_a_trigger_that_counts(
    lanes: Lanes, connection: AsyncConnection[Any], statements: str
) -> None:
    await run(connection, statements)
    refused = await ended(lanes, PLAYS)
    assert (refused.code, refused.exit_status) == ("foreign_trigger_enabled", Exit.CONFIG)
    assert "plays.on_play" in refused.message
    assert "ALTER TABLE plays DISABLE TRIGGER on_play" in refused.cure
    assert await height(connection) == 0


async def test_one_that_is_disabled_is_no_matter(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    await run(connection, COUNTS + DISABLE)
    await index(lanes, ListSource(PLAYS))
    assert await rows(connection, "SELECT count FROM aggregate_plays") == [(4,)]


@pytest.mark.parametrize(
    ("before", "statements"),
    [("", COUNTS), (COUNTS + DISABLE, ENABLE), ("", OF_STATEMENTS), (HARMLESS, ANOTHER_FUNCTION), (HARMLESS, REPLACED)],
    ids=["made", "enabled", "of statements", "of another function", "of a function that is replaced"],
)
async def test_one_that_comes_while_the_loop_runs_ends_it_before_the_next_commit(
    lanes: Lanes, connection: AsyncConnection[Any], behind_first: Callable[[str], None], before: str, statements: str
) -> None:
    await run(connection, before)
    behind_first(statements)
    assert (await ended(lanes, PLAYS)).code == "foreign_trigger_enabled"
    assert await height(connection) == 1
    assert await rows(connection, "SELECT count FROM aggregate_plays") == [(1,)]
    await run(connection, DISABLE)
    await index(lanes, ListSource(PLAYS))
    assert await rows(connection, "SELECT count FROM aggregate_plays") == [(4,)]


async def test_one_that_only_notifies_is_looked_at_and_passed(
    lanes: Lanes, connection: AsyncConnection[Any], behind_first: Callable[[str], None]
) -> None:
    behind_first(NOTIFIES)
    await index(lanes, ListSource(PLAYS), batch_blocks_max=1)
    assert await height(connection) == 4
    assert await rows(connection, "SELECT count FROM aggregate_plays") == [(4,)]


async def test_a_function_that_is_replaced_by_one_that_does_no_harm_is_looked_at_and_passed(
    lanes: Lanes, connection: AsyncConnection[Any], behind_first: Callable[[str], None]
) -> None:
    await run(connection, HARMLESS)
    behind_first(REPLACED_IN_VAIN)
    await index(lanes, ListSource(PLAYS), batch_blocks_max=1)
    assert await height(connection) == 4


CHANGES = {
    "ALTER TABLE users DROP COLUMN location": "columns_missing",
    "ALTER TABLE users ADD COLUMN flavour text; UPDATE users SET flavour = 'x';"
    " ALTER TABLE users ALTER COLUMN flavour SET NOT NULL": "column_not_written",
    "DROP INDEX users_current": "key_missing",
}


@pytest.mark.parametrize("statements", CHANGES)
async def test_a_table_that_is_changed_ends_the_loop_and_rejects_nothing(
    lanes: Lanes, connection: AsyncConnection[Any], behind_first: Callable[[str], None], statements: str
) -> None:
    behind_first(statements)
    refused = await ended(lanes, USERS)
    assert (refused.code, refused.exit_status) == (CHANGES[statements], Exit.CONFIG)
    assert "users" in refused.message
    assert await height(connection) == 1
    assert await rows(connection, "SELECT count(*) FROM backbeat.rejected_transactions") == [(0,)]


@pytest.mark.parametrize("statements", CHANGES)
async def test_it_does_not_begin_on_such_a_table(
    lanes: Lanes, connection: AsyncConnection[Any], statements: str
) -> None:
    await run(connection, statements)
    assert (await ended(lanes, USERS)).code == CHANGES[statements]
    assert await height(connection) == 0


ANOTHER = "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('%s', 'dev', %d)"


@pytest.mark.parametrize(
    "block_hash", [make_block("dev", 2, []).hash, "other"], ids=["the same block", "another block"]
)
async def test_another_program_that_goes_on_with_the_chain_ends_the_loop(
    lanes: Lanes, connection: AsyncConnection[Any], behind_first: Callable[[str], None], block_hash: str
) -> None:
    behind_first(ANOTHER % (block_hash, 2))
    refused = await ended(lanes, PLAYS)
    assert (refused.code, refused.exit_status) == ("another_writer", Exit.CONFIG)
    assert "block 2 of 'dev'; Backbeat stands at 1" in refused.message
    assert await rows(connection, "SELECT count(*) FROM plays") == [(1,)]


async def test_it_does_not_begin_before_blocks_of_another_program(
    lanes: Lanes, connection: AsyncConnection[Any]
) -> None:
    await index(lanes, ListSource(PLAYS[:2]))
    await run(connection, ANOTHER % ("other", 9))
    assert (await ended(lanes, PLAYS)).code == "another_writer"
    assert await rows(connection, "SELECT count(*) FROM plays") == [(2,)]


LOOK = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {ADVANCE}"


def blocks_of(plan: dict[str, Any], relation: str) -> int:
    """Return how many pages are read of a relation and its indexes, by any part of a plan."""
    own = int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]) if plan.get("Relation Name") == relation else 0
    return own + sum(blocks_of(part, relation) for part in plan.get("Plans", ()))


async def looked(connection: AsyncConnection[Any]) -> tuple[int, int]:
    """Return how many pages of triggers and of functions a commit reads for its look at them."""
    known = await one(connection, Known, ENABLED)
    values = {"chain_id": "dev", "height": 2, "block_hash": "", "block_time": "2026-01-02", "block_number": 1}
    values |= {"play_id": 0, "expected_height": 1, "expected_chain_id": "dev", "is_reached": False, "plays": False}
    values |= {"known_triggers": known.triggers, "known_functions": list(known.functions), "from_height": 1}
    async with connection.transaction(force_rollback=True):
        [([found],)] = await (await connection.execute(LOOK.encode(), values)).fetchall()
    plan = found["Plan"]
    return blocks_of(plan, "pg_trigger"), blocks_of(plan, "pg_proc")


async def test_functions_cost_a_commit_nothing_unless_others_are_called(connection: AsyncConnection[Any]) -> None:
    triggers, functions = await looked(connection)
    assert triggers > 0
    assert functions == 0
    await run(connection, HARMLESS)
    assert 0 < (await looked(connection))[1] <= 4
