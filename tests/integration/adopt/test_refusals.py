"""What forbids an adoption is said at once, all of it, and nothing is changed; what can be repaired is, when asked."""

from typing import Any
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest
from integration.adopt.audience import CHOICES, Heard, adopted
from psycopg import AsyncConnection

from backbeat.adopt.adoption import adopt, planned
from backbeat.adopt.refusals import NAMED_MAX, refusals
from backbeat.adopt.survey import Repeat
from backbeat.adopt.turn import TAKE_TURN
from backbeat.adopt.wanted import wanted
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.derived.aggregates import reconcile
from backbeat.errors import AdoptionError
from builders.indexing import rows

pytestmark = pytest.mark.newest

TWO_CURRENT = """
    INSERT INTO users (user_id, is_current, txhash, blocknumber, handle, wallet)
    SELECT user_id, true, 'OLDER', blocknumber - 1, 'older', wallet FROM users WHERE is_current AND user_id = 3000001
"""
TWO_WALLETS = """
    INSERT INTO dashboard_wallet_users (wallet, user_id, updated_at, created_at, txhash)
    SELECT 'twice', user_id, now(), now(), '' FROM generate_series(1, 2) AS user_id
"""
WITHOUT_A_PLAN = {"nothing_to_adopt"}
LEFT_OUT = {"bookkeeping_empty", "chain_not_chosen", "key_columns_missing", "nothing_to_adopt"}
FOLLOW = """
    INSERT INTO follows (follower_user_id, followee_user_id, is_current, is_delete, txhash, blocknumber, created_at)
    SELECT 3000002, 3000001, true, false, %s, max(number), now() FROM blocks
"""
COUNTED = "SELECT follower_count::bigint FROM aggregate_user WHERE user_id = %s"
REFUSED = {
    "current_rows_repeated": TWO_CURRENT,
    "rows_repeated": TWO_WALLETS,
    "chain_not_chosen": "INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('x', 'another', 1)",
    "bookkeeping_has_gaps": "DELETE FROM core_indexed_blocks WHERE height = 5",
    "last_block_incomplete": "UPDATE core_indexed_blocks SET em_block = 9999 WHERE height = 70",
    "bookkeeping_empty": "TRUNCATE core_indexed_blocks",
    "nothing_to_adopt": "DROP TABLE core_indexed_blocks",
    "column_type_differs": "ALTER TABLE tracks ALTER release_date TYPE text",
    "column_needs_value": "ALTER TABLE users ADD mood text NOT NULL DEFAULT ''; "
    "ALTER TABLE users ALTER mood DROP DEFAULT",
    "primary_key_differs": "ALTER TABLE users DROP CONSTRAINT users_pkey, "
    "ADD PRIMARY KEY (is_current, user_id, txhash)",
    "key_columns_missing": "ALTER TABLE reposts DROP COLUMN txhash CASCADE",
    "unique_key_unknown": "CREATE UNIQUE INDEX odd ON shares (slot)",
    "index_name_taken": "CREATE INDEX users_current ON users (name)",
    "scores_depended_on": "CREATE VIEW best AS SELECT track_id FROM track_trending_scores",
}


@pytest.mark.parametrize("code", REFUSED)
async def test_it_is_refused_with_a_sentence_and_a_cure(code: str, foreign: AsyncConnection[Any]) -> None:
    before = [each.name for each in (await planned(foreign, CHOICES)).steps]
    await foreign.execute(REFUSED[code].encode())
    plan = await planned(foreign, CHOICES)
    assert [each.code for each in plan.refused] == [code]
    assert plan.refused[0].cure
    names = [each.name for each in plan.steps]
    about = {name for name in before if code == "key_columns_missing" and "reposts" in name}
    assert names == ([] if code in WITHOUT_A_PLAN else [name for name in before if name not in about])
    assert bool(plan.left_out) == (code in LEFT_OUT)
    with pytest.raises(AdoptionError) as refused:
        await adopted(foreign)
    assert refused.value.code == code
    assert await rows(foreign, "SELECT to_regnamespace('backbeat')") == [(None,)]


async def test_t6_current_rows_that_stand_twice_are_named_and_the_newest_stays_when_asked(
    foreign: AsyncConnection[Any],
) -> None:
    counts = "SELECT * FROM aggregate_user ORDER BY user_id"
    await foreign.execute(TWO_CURRENT.encode())
    before = await rows(foreign, counts)
    plan = await planned(foreign, CHOICES)
    assert "OLDER" in plan.refused[0].message
    assert plan.refused[0].message.startswith("1 key of users has more than one current row")
    await adopted(foreign, msgspec.structs.replace(CHOICES, repair_duplicates=True))
    current = "SELECT txhash = 'OLDER' FROM users WHERE is_current AND user_id = 3000001"
    assert await rows(foreign, current) == [(False,)]
    columns = len(before[0])
    assert [row[:columns] for row in await rows(foreign, counts)] == before


async def test_all_that_refuses_is_said_at_once(foreign: AsyncConnection[Any]) -> None:
    every_user = TWO_CURRENT.replace("AND user_id = 3000001", "").replace("blocknumber - 1", "blocknumber")
    await foreign.execute(every_user.encode())
    await foreign.execute(TWO_WALLETS.encode())
    [(users,)] = await rows(foreign, "SELECT count(DISTINCT user_id) FROM users")
    with pytest.raises(AdoptionError) as refused:
        await adopted(foreign)
    said = str(refused.value)
    assert refused.value.code == "current_rows_repeated"
    assert 1 < said.count("of the transactions") == users <= NAMED_MAX
    assert f"{users} keys of users have more than one current row" in said
    assert "[rows_repeated] 1 value of (wallet) stands in more than one row of dashboard_wallet_users: (twice)" in said
    assert "--dry-run" in refused.value.cure


async def test_of_many_that_stand_twice_a_few_are_named(foreign: AsyncConnection[Any]) -> None:
    repeats = [Repeat("users", ("user_id",), str(key), NAMED_MAX + 2, ("NEW", "OLD")) for key in range(NAMED_MAX + 2)]
    found = msgspec.structs.replace((await planned(foreign, CHOICES)).found, repeats=repeats)
    [error] = refusals(found, wanted(), ())
    assert error.message.count("NEW, OLD") == NAMED_MAX
    assert error.message.endswith("; and 2 more.")


async def test_a_build_that_was_cut_off_is_begun_again(foreign: AsyncConnection[Any]) -> None:
    await foreign.execute(TWO_CURRENT.encode())
    with pytest.raises(psycopg.errors.UniqueViolation):
        await foreign.execute("CREATE UNIQUE INDEX CONCURRENTLY users_current ON users (user_id) WHERE is_current")
    await foreign.execute("DELETE FROM users WHERE txhash = 'OLDER'")
    plan = await adopted(foreign)
    assert plan.refused == ()
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_current'::regclass"
    assert await rows(foreign, valid) == [(True,)]


async def test_the_chain_that_goes_on_is_chosen_by_the_settings(foreign: AsyncConnection[Any]) -> None:
    await foreign.execute("INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('x', 'before', 1)")
    plan = await adopted(foreign, msgspec.structs.replace(CHOICES, chain_ids=("before", "dev")))
    assert plan.chain_id == "dev"


async def test_a_server_that_cannot_be_used(foreign: AsyncConnection[Any]) -> None:
    found = (await planned(foreign, CHOICES)).found
    servers = {
        "server_too_old_to_adopt": msgspec.structs.replace(found.server, version_number=140_000),
        "server_is_a_standby": msgspec.structs.replace(found.server, is_standby=True),
        "role_lacks_rights": msgspec.structs.replace(found.server, may_create=False),
    }
    for code, server in servers.items():
        changed = msgspec.structs.replace(found, server=server)
        assert [each.code for each in refusals(changed, wanted(), ())] == [code]


async def test_tables_of_another_role_are_named(
    foreign_url: str, foreign: AsyncConnection[Any], postgres: EmbeddedPostgres
) -> None:
    above = urlsplit(postgres.bootstrap_url)._replace(path=urlsplit(foreign_url).path).geturl()
    with psycopg.connect(above, autocommit=True) as owner:
        owner.execute("ALTER TABLE plays OWNER TO backbeat_bootstrap; GRANT SELECT ON plays TO backbeat")
    [refused] = (await planned(foreign, CHOICES)).refused
    assert (refused.code, "plays" in refused.message) == ("role_lacks_rights", True)


async def test_an_indexer_that_is_alive_stops_it_before_the_switch(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    async with await AsyncConnection.connect(foreign_url, autocommit=True) as theirs:

        async def go_on(seconds: float) -> None:
            del seconds
            await theirs.execute("INSERT INTO plays (play_item_id, created_at) VALUES (1, now())")

        alive = msgspec.structs.replace(CHOICES, patience=msgspec.structs.replace(CHOICES.patience, pause=go_on))
        assert (await planned(foreign, alive)).found.is_written
        with pytest.raises(AdoptionError) as refused:
            await adopted(foreign, alive)
    assert refused.value.code == "writer_alive"
    heard = Heard()
    await adopted(foreign, audience=heard)
    assert heard.steps == ["switch"]


async def test_scores_that_others_are_made_of_are_not_replaced(foreign: AsyncConnection[Any]) -> None:
    await foreign.execute("CREATE VIEW best AS SELECT track_id FROM track_trending_scores ORDER BY score DESC LIMIT 1")
    with pytest.raises(AdoptionError, match="best") as refused:
        await adopted(foreign)
    assert refused.value.code == "scores_depended_on"
    await foreign.execute("DROP VIEW best")
    await adopted(foreign)


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("ALTER TABLE track_trending_scores ADD note text", "column note"),
        ("ALTER TABLE track_trending_scores ENABLE ROW LEVEL SECURITY", "row security"),
        ("CREATE POLICY readers ON track_trending_scores USING (true)", "policy readers"),
        ("CREATE RULE aside AS ON DELETE TO track_trending_scores DO INSTEAD NOTHING", "rule aside"),
        ("CREATE PUBLICATION scores FOR TABLE track_trending_scores", "publication scores"),
        ("ALTER TABLE track_trending_scores ADD CONSTRAINT low CHECK (score < 1e300)", "constraint low"),
        ("CREATE TABLE more () INHERITS (track_trending_scores)", "table more"),
    ],
)
async def test_what_a_table_of_scores_would_take_with_it_is_named_before_anything_is_done(
    lost: str, named: str, foreign: AsyncConnection[Any]
) -> None:
    await foreign.execute(lost.encode())
    [refused] = (await planned(foreign, CHOICES)).refused
    assert (refused.code, named in refused.message) == ("scores_depended_on", True)


async def test_what_the_server_refuses_is_told_with_the_step(foreign: AsyncConnection[Any]) -> None:
    await foreign.execute("CREATE VIEW users_active_handle AS SELECT 1")
    with pytest.raises(AdoptionError, match="users_active_handle") as refused:
        await adopted(foreign)
    assert refused.value.code == "adoption_step_failed"
    await foreign.execute("DROP VIEW users_active_handle")
    await adopted(foreign)


async def test_two_at_once_do_not_get_into_each_others_way(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    async with await address.connect(address.parse(foreign_url), "another") as other:
        await other.execute(TAKE_TURN)
        with pytest.raises(AdoptionError) as refused:
            await adopt(foreign, CHOICES, clock=SystemClock(), audience=Heard())
    assert refused.value.code == "adoption_under_way"


async def test_counts_that_a_repair_leaves_too_high_are_brought_right_by_the_job_that_is_named(
    foreign: AsyncConnection[Any],
) -> None:
    user = 3_000_001
    await foreign.execute(FOLLOW.encode(), ("NEWER",))
    [(true,)] = await rows(foreign, COUNTED, user)
    await foreign.execute(FOLLOW.encode(), ("OLDER",))
    assert await rows(foreign, COUNTED, user) == [(true + 1,)]
    await adopted(foreign, msgspec.structs.replace(CHOICES, repair_duplicates=True))
    assert await rows(foreign, COUNTED, user) == [(true + 1,)]
    [users] = [each for each in reconcile.SUBJECTS if each.name == "aggregates.users"]
    await foreign.execute(users.correct.encode(), {"keys": [user]})
    assert await rows(foreign, COUNTED, user) == [(true,)]
