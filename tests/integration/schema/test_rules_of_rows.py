from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

TRACK = """
    INSERT INTO tracks (track_id, owner_id, is_current, is_delete, created_at, updated_at, territory_codes)
    VALUES (1, 70, true, false, now(), now(), %s)
"""
PURCHASE = """
    INSERT INTO sol_purchases (
        signature, instruction_index, amount, slot, from_account, content_type, content_id, buyer_user_id, access_type,
        valid_after_blocknumber, is_valid, created_at
    )
    VALUES (%s, 0, %s, 9, 'from', %s, %s, 5, 'stream', 0, %s, '2026-02-01')
"""


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def undone(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with session.transaction(force_rollback=True):
        yield session


@pytest.mark.parametrize("codes", [None, ["US"], ["US", "DE"]])
def test_territories_are_codes_of_two_capitals(undone: psycopg.Connection, codes: list[str] | None) -> None:
    undone.execute(TRACK, [codes])
    assert undone.execute("SELECT territory_codes FROM tracks").fetchall() == [(codes,)]


@pytest.mark.parametrize("codes", [[], ["us"], ["USA"], ["U"], [""], ["US,DE"], ["US", None]])
def test_other_territories_are_refused(undone: psycopg.Connection, codes: list[str | None]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        undone.execute(TRACK, [codes])


def test_play_ids_come_from_the_networks_sequence(undone: psycopg.Connection) -> None:
    undone.execute("SELECT setval('plays_id_seq', 41)")
    undone.execute("INSERT INTO plays (play_item_id) VALUES (1)")
    assert undone.execute("SELECT id FROM plays").fetchall() == [(42,)]


def test_checkpoints_hold_more_than_32_bits(undone: psycopg.Connection) -> None:
    undone.execute("INSERT INTO indexing_checkpoints VALUES ('plays', 5000000000)")
    assert undone.execute("SELECT last_checkpoint FROM indexing_checkpoints").fetchall() == [(5_000_000_000,)]


def test_a_valid_purchase_names_the_owner_of_today_and_what_was_paid_on_top(undone: psycopg.Connection) -> None:
    undone.execute(TRACK, [None])
    undone.execute("INSERT INTO blocks (blockhash, number) VALUES ('a', 1)")
    undone.execute("""
        INSERT INTO track_price_history (track_id, splits, total_price_cents, blocknumber, block_timestamp)
        VALUES (1, '{}', 500, 1, '2026-01-01'), (1, '{}', 199, 1, '2026-01-20'), (1, '{}', 900, 1, '2026-03-01')
    """)
    undone.execute("INSERT INTO sol_payments VALUES ('a', 0, 1990000, 9, 1, 'wallet'), ('a', 0, 10000, 9, 2, 'fees')")
    undone.execute(PURCHASE, ["a", 2_000_000, "track", 1, True])
    undone.execute(PURCHASE, ["unjudged", 2_000_000, "track", 1, None])
    undone.execute(PURCHASE, ["refused", 2_000_000, "track", 1, False])
    found = undone.execute("""
        SELECT signature, buyer_user_id, seller_user_id, amount, extra_amount, content_type::text, access::text,
            created_at, jsonb_path_query_array(splits, '$.payout_wallet'), (splits -> 0 -> 'percentage')::numeric
        FROM v_usdc_purchases
    """).fetchall()
    at = datetime.fromisoformat("2026-02-01")
    assert found == [("a", 5, 70, 2_000_000, 10_000, "track", "stream", at, ["wallet", "fees"], 99.5)]


@pytest.mark.parametrize("amount", [1_990_000, 1_000_000])
def test_nothing_is_on_top_of_an_unpaid_or_unknown_price(undone: psycopg.Connection, amount: int) -> None:
    undone.execute("INSERT INTO blocks (blockhash, number) VALUES ('a', 1)")
    undone.execute("""
        INSERT INTO album_price_history (playlist_id, splits, total_price_cents, blocknumber, block_timestamp)
        VALUES (1, '{}', 199, 1, '2026-01-01')
    """)
    undone.execute(PURCHASE, ["priced", amount, "album", 1, True])
    undone.execute(PURCHASE, ["unpriced", amount, "album", 2, True])
    found = undone.execute("SELECT seller_user_id, extra_amount, splits FROM v_usdc_purchases").fetchall()
    assert found == [(None, 0, []), (None, 0, [])]
