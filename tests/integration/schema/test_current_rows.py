"""One current row per entity or edge, any number of superseded ones; the current row is what an upsert meets."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier, Literal

AT = "2026-01-01"
NOW = {"created_at": AT, "updated_at": AT}

# Table: the columns its upserts conflict on, and what else a row needs.
TARGETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "users": ({"user_id": 1}, {}),
    "follows": ({"follower_user_id": 1, "followee_user_id": 2}, {"is_delete": False, "created_at": AT}),
    "saves": (
        {"user_id": 1, "save_item_id": 2, "save_type": "album"},
        {"is_delete": False, "created_at": AT},
    ),
    "reposts": (
        {"user_id": 1, "repost_item_id": 2, "repost_type": "track"},
        {"is_delete": False, "created_at": AT},
    ),
    "subscriptions": ({"subscriber_id": 1, "user_id": 2, "entity_type": "Event"}, {"is_delete": False}),
    "tracks": ({"track_id": 1}, {"owner_id": 1, "is_delete": False, **NOW}),
    "playlists": (
        {"playlist_id": 1},
        {
            "playlist_owner_id": 1,
            "is_album": False,
            "is_private": False,
            "is_delete": False,
            "playlist_contents": "{}",
            **NOW,
        },
    ),
    "developer_apps": ({"address": "0xa"}, {"name": "app", **NOW}),
    "grants": ({"grantee_address": "0xa", "user_id": 1}, NOW),
}


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", TARGETS)
def test_an_upsert_replaces_the_current_row_beside_superseded_ones(session: psycopg.Connection, table: str) -> None:
    keys, rest = TARGETS[table]
    columns = [*keys, *rest, "is_current", "txhash"]
    insert = SQL("INSERT INTO {} ({}) VALUES ({}, %s, %s)").format(
        Identifier(table),
        SQL(", ").join(map(Identifier, columns)),
        SQL(", ").join(Literal(value) for value in [*keys.values(), *rest.values()]),
    )
    upsert = SQL("{} ON CONFLICT ({}) WHERE is_current DO UPDATE SET txhash = excluded.txhash").format(
        insert, SQL(", ").join(map(Identifier, keys))
    )
    with session.transaction(force_rollback=True):
        session.execute(insert, [False, "first"])
        session.execute(insert, [False, "second"])
        session.execute(upsert, [True, "third"])
        session.execute(upsert, [True, "fourth"])
        kept = session.execute(
            SQL("SELECT txhash FROM {} ORDER BY is_current, txhash").format(Identifier(table))
        ).fetchall()
        assert [txhash for (txhash,) in kept] == ["first", "second", "fourth"]


def test_a_dashboard_wallet_belongs_to_one_user(session: psycopg.Connection) -> None:
    link = """
        INSERT INTO dashboard_wallet_users (wallet, user_id, created_at, updated_at, txhash)
        VALUES ('0xa', %s, now(), now(), '')
    """
    with session.transaction(force_rollback=True):
        session.execute(link, [1])
        with pytest.raises(psycopg.errors.UniqueViolation):
            session.execute(link, [2])


def test_a_subscription_to_a_user_and_to_an_event_of_the_same_number_stand_side_by_side(
    session: psycopg.Connection,
) -> None:
    subscribe = """
        INSERT INTO subscriptions (subscriber_id, user_id, entity_type, is_current, is_delete, txhash)
        VALUES (1, 2, %s, true, false, %s)
    """
    with session.transaction(force_rollback=True):
        for entity_type in ("User", "Event"):
            session.execute(subscribe, [entity_type, entity_type])
        assert session.execute("SELECT count(*) FROM subscriptions WHERE is_current").fetchone() == (2,)
