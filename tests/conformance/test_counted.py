"""What the scenarios say of counts: 42, 60, 79, 89, 106, 109, 118, 125 and 130, from blocks to the tables of counts."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from typing import Any

import pytest
from conformance.world import C1, L1, P1, T1, T2, T3, U1, U2, U3
from psycopg import AsyncConnection
from worst.indexer import indexer

from backbeat.chain.proto import core_pb2
from backbeat.db.pool import Lanes
from builders.chain import entity
from builders.indexing import rows

KEYS = {U1: 1, U2: 2, U3: 3}
NEW = 2_000_010
FIXTURE = [
    (U1, "User/Create", U1, {"handle": "alice"}),
    (U2, "User/Create", U2, {"handle": "bob"}),
    (U3, "User/Create", U3, {"handle": "Carol"}),
    (U1, "Track/Create", T1, {"title": "Song A", "owner_id": U1}),
    (U1, "Track/Create", T2, {"title": "Song B", "owner_id": U1}),
    (U2, "Track/Create", T3, {"title": "Beat", "owner_id": U2}),
    (U1, "Playlist/Create", P1, {"playlist_name": "Mix"}),
    (U1, "Playlist/Create", L1, {"playlist_name": "LP", "is_album": True}),
    (U2, "Comment/Create", C1, {"entity_id": T1, "body": "old"}),
]

Count = Callable[..., Awaitable[list[int]]]
_nonces = count(1)


def said(user: int, pair: str, about: int, payload: Any = None) -> core_pb2.SignedTransaction:
    text = "" if payload is None else json.dumps({"cid": "", "data": payload})
    return entity(KEYS[user], user, pair, about, text, next(_nonces))


@pytest.fixture
async def counted(lanes: Lanes, connection: AsyncConnection[Any]) -> AsyncIterator[Count]:
    """Give what says things, each in a block of its own, and returns a count after each."""
    async with indexer(lanes, connection) as taking:
        await taking.take(*(said(*each) for each in FIXTURE))

        async def after(query: str, *acts: tuple[Any, ...]) -> list[int]:
            found = []
            for each in acts:
                await taking.take(said(*each))
                [(number,)] = await rows(connection, query)
                found.append(number)
            return found

        yield after


def of_user(column: str, user: int) -> str:
    return f"SELECT {column} FROM aggregate_user WHERE user_id = {user}"  # noqa: S608 - names of this file


def of_track(column: str, track: int) -> str:
    return f"SELECT {column} FROM aggregate_track WHERE track_id = {track}"  # noqa: S608 - names of this file


async def test_scenario_042_a_user_is_counted_for_from_the_start(
    counted: Count, connection: AsyncConnection[Any]
) -> None:
    assert callable(counted)
    zeros = "SELECT user_id, follower_count, following_count, track_save_count FROM aggregate_user WHERE user_id = %s"
    assert await rows(connection, zeros, U3) == [(U3, 0, 0, 0)]
    assert await rows(connection, "SELECT length(pubkey_base64) FROM user_pubkeys WHERE user_id = %s", U3) == [(88,)]


async def test_scenario_060_079_089_tracks_of_an_owner(counted: Count) -> None:
    stem = {"title": "Vocals", "owner_id": U1, "stem_of": {"parent_track_id": T1, "category": "VOCALS"}}
    acts = [
        (U1, "Track/Create", NEW, {"title": "Café (Live) #1!", "owner_id": U1}),
        (U1, "Track/Create", NEW + 2, stem),
        (U1, "Track/Delete", NEW + 2),
        (U1, "Track/Delete", NEW),
        (U1, "Track/Delete", T1),
        (U1, "Track/Delete", T1),
    ]
    assert await counted(of_user("track_count", U1), *acts) == [3, 3, 3, 2, 1, 1]


async def test_scenario_106_followers(counted: Count) -> None:
    acts = [(U2, f"User/{action}", U1) for action in ("Follow", "Follow", "Unfollow", "Unfollow", "Follow")]
    assert await counted(of_user("follower_count", U1), *acts) == [1, 1, 0, 0, 1]


async def test_scenario_109_saves(counted: Count) -> None:
    acts = [(U2, f"Track/{action}", T1) for action in ("Save", "Save", "Unsave", "Save")]
    assert await counted(of_track("save_count", T1), *acts) == [1, 1, 0, 1]


async def test_scenario_118_125_130_comments(counted: Count) -> None:
    to_club = {"entity_type": "FanClub", "entity_id": U1, "body": "x", "is_members_only": True}
    acts = [
        (U2, "Comment/Create", C1 + 9, {"entity_id": T1, "entity_type": "Track", "body": "hi", "mentions": []}),
        (U2, "Comment/Create", C1 + 10, to_club),
        (U3, "Comment/Delete", C1),
        (U1, "Comment/Delete", C1),
        (U2, "Comment/Delete", C1 + 9),
    ]
    assert await counted(of_track("comment_count", T1), *acts) == [2, 2, 2, 1, 0]
