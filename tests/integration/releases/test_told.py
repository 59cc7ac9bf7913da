"""What users hear of a scheduled release, and what its owner says meanwhile (domain: derived state, 4.5, R2 and R3)."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from backbeat.derived.releases.scheduled import SCHEDULED_RELEASES
from backbeat.incremental.transaction import Session
from builders.chain import GENESIS
from builders.told import Told, ToldChain
from harness.check import settle
from harness.content_histories import after, said

U1, U2 = 3000001, 3000002
T1, T2 = 2000001, 2000002
L1, P1 = 400001, 400002
SEEN = """
    SELECT is_unlisted, is_scheduled_release, release_date, title FROM tracks
    UNION ALL
    SELECT is_private, is_scheduled_release, release_date, playlist_name FROM playlists
"""


@pytest.fixture(autouse=True)
async def people(chain: ToldChain) -> None:
    await chain.people(U1, U2)


def tx(chain: ToldChain, user: int, pair: str, about: int, **payload: Any) -> core_pb2.SignedTransaction:
    return chain.said(*said(user, pair, about, payload or None))


def scheduled(chain: ToldChain, track_id: int, blocks: int, **more: Any) -> core_pb2.SignedTransaction:
    """Return a new track that is to come out so many blocks after the first one."""
    when = {"is_scheduled_release": True, "release_date": after(blocks)}
    return tx(chain, U1, "Track/Create", track_id, title="Song", owner_id=U1, **when, **more)


def album(chain: ToldChain, blocks: int, *, is_album: bool = True) -> core_pb2.SignedTransaction:
    """Return a new album of the first track."""
    when = {"is_scheduled_release": True, "release_date": after(blocks)}
    contents = [{"track_id": T1, "timestamp": 0, "metadata_timestamp": 1767000000}]
    named = {"playlist_name": "Song", "is_album": is_album, "playlist_contents": contents}
    return tx(chain, U1, "Playlist/Create", L1, **named, **when)


async def release(chain: ToldChain) -> None:
    await settle(SCHEDULED_RELEASES, chain.connection)


async def seen(chain: ToldChain) -> list[tuple[Any, ...]]:
    return await (await chain.connection.execute(SEEN)).fetchall()


async def test_45_subscribers_hear_once_of_a_track_and_an_album(chain: ToldChain) -> None:
    await chain.block(tx(chain, U2, "User/Subscribe", U1), scheduled(chain, T1, 2), album(chain, 2))
    await release(chain)
    assert await chain.told() == []
    await chain.blocks([[], [], []])
    for _ in range(2):
        await release(chain)
    at = (GENESIS + timedelta(seconds=4)).replace(tzinfo=None)
    of_album = {"playlist_id": L1, "is_album": True}
    expected = [
        Told("create", f"create:playlist_id:{L1}", str(U1), [U2], of_album, 1, None, at),
        Told("create", f"create:track:user_id:{U1}", str(T1), [U2], {"track_id": T1}, 1, None, at),
    ]
    assert await chain.told() == expected
    await chain.block(tx(chain, U1, "Track/Update", T1, title="Renamed"))
    await release(chain)
    assert await chain.told() == expected


@pytest.mark.parametrize("release_between", [True, False])
@pytest.mark.parametrize("said_of_schedule", [{}, {"is_scheduled_release": True}, {"is_scheduled_release": False}])
async def test_what_its_owner_hides_after_its_release_stays_hidden(
    chain: ToldChain, release_between: bool, said_of_schedule: dict[str, bool]
) -> None:
    """However late the job is: as if it had been there at once."""
    await chain.blocks([[scheduled(chain, T1, 2)], [], []])
    if release_between:
        await release(chain)
    await chain.block(tx(chain, U1, "Track/Update", T1, is_unlisted=True, **said_of_schedule))
    for _ in range(2):
        await chain.block()
        await release(chain)
    date = (GENESIS + timedelta(seconds=2)).replace(tzinfo=None)
    assert await seen(chain) == [(True, False, date, "Song")]


async def test_an_album_that_its_owner_hides_after_its_release_stays_hidden(chain: ToldChain) -> None:
    await chain.blocks([[album(chain, 2)], [], [tx(chain, U1, "Playlist/Update", L1, is_private=True)]])
    await release(chain)
    assert [row[:2] for row in await seen(chain)] == [(True, False)]


async def test_a_playlist_that_never_comes_out_by_itself_is_published_by_its_owner(chain: ToldChain) -> None:
    await chain.blocks([[album(chain, 2, is_album=False)], [], []])
    await release(chain)
    await chain.block(tx(chain, U1, "Playlist/Update", L1, is_private=False))
    date = (GENESIS + timedelta(seconds=4)).replace(tzinfo=None)
    assert await seen(chain) == [(False, False, date, "Song")]


async def test_what_was_hidden_can_be_scheduled_again(chain: ToldChain) -> None:
    await chain.blocks([[scheduled(chain, T1, 2)], [], [tx(chain, U1, "Track/Update", T1, is_unlisted=True)]])
    later = {"is_unlisted": True, "is_scheduled_release": True, "release_date": after(6)}
    await chain.block(tx(chain, U1, "Track/Update", T1, **later))
    await release(chain)
    assert [row[0] for row in await seen(chain)] == [True]
    await chain.blocks([[], [], []])
    await release(chain)
    assert [row[:2] for row in await seen(chain)] == [(False, True)]


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"release_date": after(9)}, True),  # put off
        ({"is_scheduled_release": False}, True),  # called off
        ({"is_scheduled_release": True, "is_unlisted": True, "release_date": after(1)}, False),  # brought forward
        ({"title": "Renamed"}, True),
    ],
)
async def test_until_its_date_the_owner_decides(chain: ToldChain, says: dict[str, Any], expected: bool) -> None:
    await chain.blocks([[scheduled(chain, T1, 4)], [tx(chain, U1, "Track/Update", T1, **says)], []])
    await release(chain)
    assert [row[0] for row in await seen(chain)] == [expected]
    await chain.blocks([[], []])
    await release(chain)
    assert [row[0] for row in await seen(chain)] == ["title" not in says and expected]


@pytest.mark.parametrize(
    "says",
    [
        {"title": "Renamed"},
        {"is_unlisted": False, "title": "Renamed"},
        {"is_unlisted": False, "title": "Renamed", "release_date": after(90)},
        {"is_unlisted": True, "title": "Renamed"},
        {"is_unlisted": True, "title": "Renamed", "is_scheduled_release": True, "release_date": after(90)},
    ],
)
async def test_an_edit_after_the_date_comes_to_the_same_whenever_the_job_runs(
    chain: ToldChain, connection: AsyncConnection[Any], says: dict[str, Any]
) -> None:
    found = []
    for track_id, together in ((T1, 1), (T2, 100)):
        base = len(chain._blocks)
        blocks = [[scheduled(chain, track_id, base + 2)], [], [], [tx(chain, U1, "Track/Update", track_id, **says)]]
        for each in [[block] for block in blocks] if together == 1 else [blocks]:
            await chain.blocks(each, together=together)
            await release(chain)
        row = await connection.execute(
            "SELECT is_unlisted, is_scheduled_release, release_date - created_at, title FROM tracks"
            " WHERE track_id = %s",
            [track_id],
        )
        found.append(await row.fetchone())
    assert found[0] == found[1]


async def test_a_release_is_followed_by_a_session_of_its_own(chain: ToldChain) -> None:
    """The job's own report says what came out."""
    await chain.blocks([[scheduled(chain, T1, 2), scheduled(chain, T2, 2)], [], []])
    report = await SCHEDULED_RELEASES.incremental(Session(chain.connection))
    assert (report.keys, report.updated, report.more) == (2, 2, False)
