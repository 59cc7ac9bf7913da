"""Tips, ranks of supporters and purchases, however many a statement writes: what users are told."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import notification_reference
import psycopg
import pytest
from depth import at_depth
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.rows import dict_row

START = datetime.fromisoformat("2026-01-31 18:00")
INSERT = sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, %s)")
KNOWN_SLOTS = range(0, 12, 2)
FIRST, SECOND, THIRD, ARTIST = 1, 2, 3, 9


class Row(NamedTuple):
    table: str
    values: dict[str, Any]


Told = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True, options="-c timezone=UTC") as connection:
        yield connection


@pytest.fixture
def undone(session: psycopg.Connection) -> Iterator[psycopg.Connection]:
    with session.transaction(force_rollback=True):
        yield session


def at(slot: int) -> datetime:
    return START + timedelta(seconds=slot)


def write(connection: psycopg.Connection, rows: list[Row]) -> None:
    """Write rows of one table in one statement."""
    names = {"table": sql.Identifier(rows[0].table), "columns": sql.SQL(", ").join(map(sql.Identifier, rows[0].values))}
    connection.execute(INSERT.format(**names), [json.dumps([row.values for row in rows], default=str)])


def told(connection: psycopg.Connection) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM notification ORDER BY group_id, specifier").fetchall()


def tip(slot: int, signature: str, sender: int, receiver: int, amount: int = 5) -> Row:
    return Row(
        "user_tips",
        {
            "slot": slot,
            "signature": signature,
            "sender_user_id": sender,
            "receiver_user_id": receiver,
            "amount": amount,
            "created_at": at(slot),
            "updated_at": at(slot + 1),
        },
    )


def rank_up(slot: int, sender: int, receiver: int, rank: int) -> Row:
    return Row(
        "supporter_rank_ups", {"slot": slot, "sender_user_id": sender, "receiver_user_id": receiver, "rank": rank}
    )


def purchase(slot: int, buyer: int, seller: int, content: int, kind: str = "track") -> Row:
    return Row(
        "usdc_purchases",
        {
            "slot": slot,
            "signature": f"p{slot}",
            "buyer_user_id": buyer,
            "seller_user_id": seller,
            "amount": 1_000_000 + slot,
            "content_type": kind,
            "content_id": content,
            "created_at": at(slot),
            "updated_at": at(slot),
            "extra_amount": slot,
        },
    )


@dataclass
class Network:
    """The rules, one row at a time."""

    told: Told
    ranks: list[dict[str, Any]]

    def tell(self, kind: str, user: int, group: str, specifier: int, slot: int, time: datetime, **data: Any) -> None:
        self.told.setdefault(
            (f"{kind}:{group}", str(specifier)),
            {"type": kind, "user_ids": [user], "slot": slot, "timestamp": time, "data": data},
        )

    def take(self, row: Row) -> None:
        getattr(self, f"take_{row.table}")(**row.values)

    def take_user_tips(self, slot: int, signature: str, created_at: datetime, **row: Any) -> None:
        data = {key: row[key] for key in ("sender_user_id", "receiver_user_id", "amount")} | {"tx_signature": signature}
        for kind, user in (("tip_receive", row["receiver_user_id"]), ("tip_send", row["sender_user_id"])):
            self.tell(kind, user, f"user_id:{user}:signature:{signature}", user, slot, created_at, **data)

    def take_supporter_rank_ups(self, slot: int, sender_user_id: int, receiver_user_id: int, rank: int) -> None:
        sides = {"sender_user_id": sender_user_id, "receiver_user_id": receiver_user_id}
        earlier = [one for one in self.ranks if one["receiver"] == receiver_user_id and one["slot"] < slot]
        if rank == 1:
            self.ranks.append({"receiver": receiver_user_id, "slot": slot, "sender": sender_user_id})
        if slot not in KNOWN_SLOTS:
            return
        for kind, user in (("supporting_rank_up", sender_user_id), ("supporter_rank_up", receiver_user_id)):
            self.tell(kind, user, f"{rank}:slot:{slot}", user, slot, at(slot), **sides, rank=rank)
        before = max(earlier, key=lambda one: (one["slot"], -one["sender"])) if earlier else None
        if rank == 1 and before and before["sender"] != sender_user_id:
            group, data = f"receiver_user_id:{receiver_user_id}:slot:{slot}", {"dethroned_user_id": before["sender"]}
            self.tell("supporter_dethroned", before["sender"], group, sender_user_id, slot, at(slot), **sides, **data)

    def take_usdc_purchases(self, slot: int, buyer_user_id: int, seller_user_id: int, **row: Any) -> None:
        content = {key: row[key] for key in ("content_type", "content_id", "amount", "extra_amount")}
        sides = {"buyer_user_id": buyer_user_id, "seller_user_id": seller_user_id}
        group = ":".join(
            f"{name}:{value}"
            for name, value in (
                ("seller_user_id", seller_user_id),
                ("buyer_user_id", buyer_user_id),
                ("content_id", row["content_id"]),
                ("content_type", row["content_type"]),
            )
        )
        for kind, user in (("usdc_purchase_buyer", buyer_user_id), ("usdc_purchase_seller", seller_user_id)):
            self.tell(kind, user, group, buyer_user_id, slot, row["created_at"], **sides, **content)


USERS = st.integers(1, 4)
SLOTS = st.integers(0, 11)
ROWS = st.lists(
    st.one_of(
        st.builds(tip, SLOTS, st.sampled_from("abcdef"), USERS, USERS, st.sampled_from([1, 2**53 + 1])),
        st.builds(rank_up, SLOTS, USERS, USERS, st.sampled_from([1, 1, 2, 5])),
        st.builds(purchase, SLOTS, USERS, USERS, st.integers(7, 8), st.sampled_from(["track", "album"])),
    ),
    max_size=40,
)
KEYS = {
    "user_tips": ("slot", "signature"),
    "supporter_rank_ups": ("slot", "sender_user_id", "receiver_user_id"),
    "usdc_purchases": ("slot", "signature"),
}


def in_order(rows: list[Row]) -> list[Row]:
    """Return a history without a key twice, in the order of its slots."""
    keyed = {(row.table, *(row.values[key] for key in KEYS[row.table])): row for row in rows}
    return [keyed[key] for key in sorted(keyed, key=lambda key: (key[1], *map(str, key)))]


def batches(rows: list[Row], cuts: list[int]) -> Iterator[list[Row]]:
    """Divide a history; a batch is a statement for each table, in the history's order."""
    edges = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    for first, last in pairwise(edges):
        for table in KEYS:
            if found := [row for row in rows[first:last] if row.table == table]:
                yield found


def seen(rows: list[dict[str, Any]]) -> Told:
    names = ("type", "user_ids", "slot", "timestamp", "data")
    return {(row["group_id"], row["specifier"]): {name: row[name] for name in names} for row in rows}


def start(connection: psycopg.Connection) -> Network:
    for slot in KNOWN_SLOTS:
        for late, name in enumerate("ab"):
            connection.execute(
                "INSERT INTO user_bank_txs (signature, slot, created_at) VALUES (%s, %s, %s)",
                [f"{name}{slot}", slot, at(slot + late * 100)],
            )
    return Network({}, [])


@given(rows=ROWS, cuts=st.lists(st.integers(1, 40), max_size=12))
@settings(max_examples=at_depth(brief=20, usual=150, long=1_500), deadline=None)
def test_batches_tell_what_single_rows_tell(session: psycopg.Connection, rows: list[Row], cuts: list[int]) -> None:
    history = in_order(rows)
    with session.transaction(force_rollback=True):
        network = start(session)
        for row in history:
            network.take(row)
        for batch in batches(history, cuts):
            write(session, batch)
        found = told(session)
        assert seen(found) == network.told
        assert [why for row in found if (why := notification_reference.unlike(row))] == []


def test_a_tip_is_told_to_both(undone: psycopg.Connection) -> None:
    write(undone, [tip(7, "S", FIRST, ARTIST, 100)])
    data = {"sender_user_id": FIRST, "receiver_user_id": ARTIST, "amount": 100, "tx_signature": "S"}
    assert [(row["type"], row["user_ids"], row["group_id"], row["data"]) for row in told(undone)] == [
        ("tip_receive", [ARTIST], f"tip_receive:user_id:{ARTIST}:signature:S", data),
        ("tip_send", [FIRST], f"tip_send:user_id:{FIRST}:signature:S", data),
    ]


def test_what_another_writer_told_stays(undone: psycopg.Connection) -> None:
    undone.execute(
        "INSERT INTO notification (user_ids, type, group_id, specifier, timestamp)"
        " VALUES ('{9}', 'tip_receive', 'tip_receive:user_id:9:signature:S', '9', '2026-01-01')"
    )
    write(undone, [tip(7, "S", FIRST, ARTIST)])
    assert [row["data"] is None for row in told(undone)] == [True, False]


def test_the_first_supporter_is_dethroned_by_another_alone(undone: psycopg.Connection) -> None:
    start(undone)
    for slot, sender in ((2, FIRST), (4, SECOND), (6, SECOND), (8, THIRD)):
        write(undone, [rank_up(slot, sender, ARTIST, 1)])
    dethroned = [row for row in told(undone) if row["type"] == "supporter_dethroned"]
    assert [(row["user_ids"], row["specifier"], row["slot"]) for row in dethroned] == [
        ([FIRST], str(SECOND), 4),
        ([SECOND], str(THIRD), 8),
    ]


def test_a_rank_of_a_slot_without_a_transaction_is_not_told(undone: psycopg.Connection) -> None:
    start(undone)
    write(undone, [rank_up(3, FIRST, ARTIST, 1), rank_up(4, SECOND, ARTIST, 1)])
    assert {row["slot"] for row in told(undone)} == {4}
    assert [row["user_ids"] for row in told(undone) if row["type"] == "supporter_dethroned"] == [[FIRST]]


def test_a_thing_bought_again_is_told_once(undone: psycopg.Connection) -> None:
    write(undone, [purchase(1, FIRST, ARTIST, 7), purchase(2, FIRST, ARTIST, 7)])
    write(undone, [purchase(3, FIRST, ARTIST, 7)])
    assert [(row["type"], row["user_ids"], row["slot"]) for row in told(undone)] == [
        ("usdc_purchase_buyer", [FIRST], 1),
        ("usdc_purchase_seller", [ARTIST], 1),
    ]
