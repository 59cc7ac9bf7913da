"""A database of another indexer is taken over, and goes on as if Backbeat had always been there.

Numbers are those of the trials of an adoption (domain: adoption, 7).
"""

from typing import Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest
from catalog_dump import differences, dump
from conftest import new_database
from integration.adopt.audience import CHOICES, Heard, adopted
from integration.adopt.conftest import BLOCKS, HANDED_OVER, index_up_to
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from backbeat.adopt.adoption import planned
from backbeat.adopt.release import release
from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.migrate import verify
from backbeat.db.query import value
from backbeat.derived.notifications.notifications import EventNotifications
from backbeat.incremental.transaction import Session
from backbeat.jobs.catalog import catalog
from backbeat.settings import Settings
from builders.indexing import rows
from builders.told import TOLD
from harness.check import settle

pytestmark = pytest.mark.newest

STAMPED = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname)
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    GROUP BY c.relname
    HAVING 'blocknumber' = ANY (array_agg(a.attname::text)) OR c.relname LIKE 'aggregate%%' OR c.relname = 'milestones'
"""
ASIDE = {"id", "updated_at", "total_playlist_count", "total_album_count"}
"""Numbered by a server, of an instant, or new columns of old rows, which aggregates.reconcile counts within a day."""
OF_BLOCKS = (
    "SELECT height, blockhash, parenthash, em_block FROM core_indexed_blocks WHERE height > %s ORDER BY height",
    "SELECT number, blockhash, parenthash FROM blocks WHERE number > %s ORDER BY number",
    "SELECT slot, play_item_id, user_id, source, created_at, country FROM plays WHERE slot > %s ORDER BY 1, 2, 3",
)
"""What bears no number of a block."""
BEFORE = "SELECT number FROM blocks WHERE blockhash = (SELECT blockhash FROM core_indexed_blocks WHERE height = %s)"


async def written(connection: AsyncConnection[Any], above: int) -> dict[str, list[str]]:
    """Return what blocks wrote above a block, and all counts, of every table as sorted lines."""
    found = {}
    for table, columns in await rows(connection, STAMPED):
        aside = ASIDE | ({"created_at"} if table == "associated_wallets" else set())  # a row of before is dated now
        kept = SQL(", ").join(Identifier(name) for name in columns if name not in aside)
        condition = SQL("blocknumber > {}").format(above) if "blocknumber" in columns else SQL("true")
        query = SQL("SELECT ROW({})::text FROM {} WHERE {}").format(kept, Identifier(table), condition)
        lines = [line for (line,) in await (await connection.execute(query)).fetchall()]
        if lines:
            found[table] = sorted(lines)
    return found


async def old_rows(connection: AsyncConnection[Any]) -> dict[str, tuple[int, str]]:
    """Return how many rows each table of before has, and a sum over the columns that it had."""
    found = {}
    for table, columns in await rows(connection, STAMPED.partition("HAVING")[0]):
        kept = SQL(", ").join(map(Identifier, columns))
        query = SQL("SELECT count(*), md5(string_agg(ROW({})::text, ';' ORDER BY ROW({})::text)) FROM {}")
        asked = query.format(kept, kept, Identifier(table))
        found[table] = (await (await connection.execute(asked)).fetchall())[0]
    return found


async def only_columns(connection: AsyncConnection[Any]) -> dict[str, list[str]]:
    return dict(await rows(connection, STAMPED.partition("HAVING")[0]))


async def test_t2_a_look_changes_nothing_and_says_what_would_be_done(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    before = dump_foreign(foreign_url)
    plan = await planned(foreign, CHOICES)
    assert dump_foreign(foreign_url) == before
    assert plan.refused == ()
    names = [step.name for step in plan.steps]
    assert len([name for name in names if name.startswith("table ")]) == 5
    assert len([name for name in names if name.startswith("columns of ")]) == 8
    assert len([n for n in names if n.startswith("index ") and n.endswith("_current")]) == 10
    assert [name for name in names if name.startswith("key ")] == ["key developer_apps_address_key"]
    assert len([name for name in names if name.startswith("index ")]) < 50
    assert names[-1] == "switch"
    assert "disable 20 triggers" in plan.steps[-1].does


def dump_foreign(url: str) -> list[tuple[Any, ...]]:
    """Return the definitions of all that a database of the network holds."""
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(
            """
            SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
            FROM pg_class AS c
            JOIN pg_attribute AS a ON a.attrelid = c.oid WHERE c.relnamespace <> 'pg_catalog'::regnamespace
            UNION ALL SELECT tgrelid::regclass::text, tgname, tgenabled::text, true FROM pg_trigger
            UNION ALL SELECT oid::regprocedure::text, md5(prosrc), '', true FROM pg_proc WHERE pronamespace <> 11
            UNION ALL SELECT nspname, '', '', true FROM pg_namespace
            ORDER BY 1, 2, 3
            """
        ).fetchall()


async def test_t4_blocks_behind_the_switch_make_what_they_make_where_all_were_ours(
    foreign_url: str,
    foreign: AsyncConnection[Any],
    postgres: EmbeddedPostgres,
    admin: psycopg.Connection,
    template: str,
) -> None:
    [(above,)] = await rows(foreign, BEFORE, HANDED_OVER)
    await adopted(foreign)
    await verify(foreign)
    await index_up_to(foreign_url, len(BLOCKS))
    with new_database(postgres, admin, template) as native_url:
        await index_up_to(native_url, len(BLOCKS))
        async with await AsyncConnection.connect(native_url, autocommit=True) as native:
            expected, found = await written(native, above), await written(foreign, above)
            for query in OF_BLOCKS:
                now = await rows(foreign, query, HANDED_OVER)
                assert now == await rows(native, query, HANDED_OVER)
    assert found.keys() == expected.keys()
    assert len(found) > 15
    for table, lines in expected.items():
        assert found[table] == lines, table


async def test_what_is_there_stays_and_a_second_adoption_is_refused(foreign: AsyncConnection[Any]) -> None:
    columns = await only_columns(foreign)
    before = await old_rows(foreign)
    plan = await adopted(foreign)
    assert plan.chain_id == "dev"
    for table, kept in columns.items():
        if table == "indexing_checkpoints":  # where challenges begin
            continue
        names = SQL(", ").join(map(Identifier, kept))
        query = SQL("SELECT count(*), md5(string_agg(ROW({})::text, ';' ORDER BY ROW({})::text)) FROM {}")
        now = (await (await foreign.execute(query.format(names, names, Identifier(table)))).fetchall())[0]
        assert now == before[table], table
    assert [each.code for each in (await planned(foreign, CHOICES)).refused] == ["adopted_already"]


async def test_the_schema_is_that_of_a_database_of_ours_but_for_what_was_theirs(
    foreign_url: str, foreign: AsyncConnection[Any], database_url: str
) -> None:
    await adopted(foreign)
    ours, found = dump(database_url), dump(foreign_url)
    lacking = {(each.kind, each.name) for each in differences(ours, found) if each.other is None}
    assert {name for kind, name in lacking if kind in {"relation", "column", "trigger", "function", "view"}} <= {
        name for kind, name in lacking if name.endswith(("_pkey", "_key")) or kind == "relation"
    }
    assert {(kind, name) for kind, name in lacking if name.startswith("backbeat.") and kind != "remark"} == set()


async def test_t9_no_challenge_pays_and_nobody_hears_of_what_was_before(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted(foreign)
    completed = await rows(foreign, "SELECT count(*) FROM user_challenges")
    told = await rows(foreign, TOLD)
    for job in catalog(Settings()):
        if job.name.startswith("challenges."):
            await job.run(Session(foreign))
    await settle(EventNotifications(), foreign)
    assert await rows(foreign, "SELECT count(*) FROM user_challenges") == completed
    assert await rows(foreign, TOLD) == told
    starts = await rows(foreign, "SELECT DISTINCT first_run, notifies, block_number FROM backbeat.challenge_starts")
    assert starts == await rows(foreign, "SELECT 'from_now', false, block_number::bigint FROM backbeat.cursor")
    await index_up_to(foreign_url, len(BLOCKS))
    for job in catalog(Settings()):
        if job.name.startswith("challenges."):
            await job.run(Session(foreign))


async def test_steps_that_are_done_are_not_planned_again(foreign: AsyncConnection[Any]) -> None:
    heard = Heard()
    await adopted(foreign, audience=heard)
    assert heard.steps == list(dict.fromkeys(heard.steps))
    assert heard.steps[-1] == "switch"
    assert await rows(foreign, "SELECT count(*) FROM backbeat.adoption_steps") == [(len(heard.steps),)]


async def test_triggers_that_tell_listeners_stay_when_asked(foreign: AsyncConnection[Any]) -> None:
    await adopted(foreign, msgspec.structs.replace(CHOICES, keep_notify=True))
    disabled = await rows(foreign, "SELECT table_name || '.' || name FROM backbeat.adopted_triggers ORDER BY 1")
    assert [name for (name,) in disabled] == [
        "challenge_disbursements.on_challenge_disbursement", "comments.on_comment", "follows.on_follow",
        "playlists.on_playlist", "plays.on_play", "reposts.on_repost", "saves.on_save", "shares.on_share",
        "tracks.on_track", "user_challenges.on_user_challenge", "users.on_user",
    ]  # fmt: skip


async def test_scores_keep_their_rows_indexes_and_readers(foreign: AsyncConnection[Any]) -> None:
    await foreign.execute(
        "INSERT INTO track_trending_scores (track_id, type, version, time_range, score, created_at)"
        " SELECT n, 'TRACKS', 'pnagD', 'week', n * 10, now() FROM generate_series(1, 50) AS n"
    )
    await foreign.execute("GRANT SELECT ON track_trending_scores TO PUBLIC")
    await adopted(foreign)
    assert await rows(foreign, "SELECT count(*), count(magnitude), sum(score) FROM track_trending_scores") == [
        (50, 50, 12_750.0)
    ]
    indexes = await rows(foreign, "SELECT indexname FROM pg_indexes WHERE tablename = 'track_trending_scores'")
    assert {name for (name,) in indexes} >= {
        "ix_track_scores_listed", "ix_track_scores_genre", "track_trending_scores_pkey", "track_trending_scores_order",
    }  # fmt: skip
    grants = "SELECT 'track_trending_scores'::regclass::text, relacl::text FROM pg_class WHERE relname = %s"
    assert "=r/backbeat" in (await rows(foreign, grants, "track_trending_scores"))[0][1]


async def test_keys_of_2026_are_taken_as_they_are_and_an_old_one_gives_way(foreign: AsyncConnection[Any]) -> None:
    await foreign.execute("CREATE UNIQUE INDEX users_current_uniq_idx ON users (user_id) WHERE (is_current = true)")
    for made in (
        "saves_current_uniq_idx ON saves (user_id, save_item_id, save_type) WHERE is_current",
        "subscribed ON subscriptions (subscriber_id, user_id) WHERE is_current",
    ):
        await foreign.execute(f"CREATE UNIQUE INDEX {made}".encode())
    plan = await planned(foreign, CHOICES)
    names = {step.name for step in plan.steps}
    assert plan.refused == ()
    assert "index saves_current" not in names
    assert "key subscribed" in names
    await adopted(foreign)
    assert await rows(foreign, "SELECT to_regclass('subscribed')") == [(None,)]


async def test_a_member_of_the_role_that_owns_the_tables_may_adopt_and_give_back(
    foreign_url: str, foreign: AsyncConnection[Any], postgres: EmbeddedPostgres
) -> None:
    """What the cure of ``role_lacks_rights`` says is enough; a table of others that takes our numbers is theirs."""
    above = urlsplit(postgres.bootstrap_url)._replace(path=urlsplit(foreign_url).path).geturl()
    name = "member_that_adopts"
    async with await address.connect(address.parse(above), "backbeat/adopt", statement_timeout=0) as session:
        await session.execute(
            f"CREATE ROLE {name} IN ROLE backbeat; CREATE TABLE others (id integer DEFAULT nextval('plays_id_seq'))"
        )
        try:
            await session.execute(f"SET ROLE {name}")
            await adopted(session)
            owners = "SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname LIKE '%%trending_scores'"
            assert await rows(foreign, owners) == [("backbeat",)]
            assert not await value(foreign, "SELECT has_schema_privilege('backbeat', 'backbeat', 'CREATE')")
            await release(session, patience=CHOICES.patience, waits=lambda *_: None)
        finally:
            await session.execute(f"RESET ROLE; DROP OWNED BY {name} CASCADE; DROP ROLE {name}")
