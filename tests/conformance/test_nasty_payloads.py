"""Every key with every nasty value, through the loop and into the database, which must find nothing to refuse."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from conformance.world import P1, T1, T3, U1, U2
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from backbeat.index.entities.playlists import columns as playlist_columns
from backbeat.index.entities.tracks import columns as track_columns
from backbeat.index.entities.users import columns as user_columns
from builders.chain import ListSource, entity
from builders.indexing import index, rows

pytestmark = pytest.mark.slow

PER_BLOCK = 400
VALUES: list[Any] = [
    *(None, True, False, [], {}, "", "A", "\x00B", "\ud800", "x" * 3000, "2030-01-01", "P8mWR", "rap", "explicit"),
    *(0, -1, 199, U2, T1, T3, P1, 2**31 - 1, 2**31, 2**63, 10**40, 1.5, 5e-324, 1e308, ["US"], [{"user_id": U2}]),
    {"tracks": [{"parent_track_id": T3}]},
    {"parent_track_id": T3, "k\x00": "v\x00"},
    [{"track": T1, "time": 5}, {"track_id": "P8mWR"}, {"track_id": 2**31}, 7],
]
KEYS = {
    "User/Update": (U1, U1, [*user_columns.COLUMNS, "handle", "events"]),
    "Track/Create": (U1, 2_001_000, [*track_columns.COLUMNS_ON_CREATE, "release_date", "collaborators", "cover_art"]),
    "Track/Update": (U1, T1, [*track_columns.COLUMNS, "release_date", "collaborators", "cover_art"]),
    "Playlist/Create": (U1, 401_000, [*playlist_columns.COLUMNS_ON_CREATE, "release_date", "playlist_contents"]),
    "Playlist/Update": (U1, P1, [*playlist_columns.COLUMNS, "release_date", "playlist_contents"]),
}
FIRST = [
    ("User/Create", U1, U1, {"handle": "alice"}),
    ("User/Create", U2, U2, {"handle": "bob"}),
    ("Track/Create", U1, T1, {"title": "Song A", "owner_id": U1}),
    ("Track/Create", U2, T3, {"title": "Beat", "owner_id": U2}),
    ("Playlist/Create", U1, P1, {"playlist_name": "Mix"}),
]


def sent() -> Iterator[tuple[str, int, int, dict[str, Any]]]:
    for pair, (user_id, entity_id, keys) in KEYS.items():
        for number, (key, value) in enumerate(product(keys, VALUES)):
            if pair.endswith("/Create"):
                yield pair, user_id, entity_id + number, {"title": "Song", "owner_id": U1, key: value}
            else:
                yield pair, user_id, entity_id, {key: value}


def blocks() -> list[list[core_pb2.SignedTransaction]]:
    signed = [
        entity(user_id - 3_000_000, user_id, pair, entity_id, json.dumps({"cid": "", "data": payload}), nonce)
        for nonce, (pair, user_id, entity_id, payload) in enumerate([*FIRST, *sent()])
    ]
    return [signed[: len(FIRST)], *(signed[at : at + PER_BLOCK] for at in range(len(FIRST), len(signed), PER_BLOCK))]


async def test_the_database_refuses_nothing(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    chain = blocks()
    await index(lanes, ListSource(chain))
    outcomes = dict(await rows(connection, "SELECT reason, count(*) FROM rejected_transactions GROUP BY reason"))
    assert "database_error" not in outcomes, await rows(
        connection, "SELECT detail FROM rejected_transactions WHERE reason = 'database_error' LIMIT 3"
    )
    assert set(outcomes) <= {
        "ai_attribution_denied", "artist_pick_invalid", "gating_invalid", "handle_illegal", "handle_taken",
        "id_out_of_range", "metadata_invalid", "name_too_long", "bio_too_long", "description_too_long",
        "genre_too_long", "payout_wallet_invalid", "title_missing", "value_out_of_range", "deleted", "handle_too_long",
    }  # fmt: skip
    assert sum(outcomes.values()) < sum(map(len, chain)) / 5
