"""What acts cost to tell of grows with their number, and an identity that is told already takes no id."""

import json
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.notifications.families import FAMILIES
from builders.told import ToldChain

STAR, FAN, INSPIRER = 3000001, 3000002, 3000003
CROWD = range(3000101, 3000401)
TRACK, PLAYLIST, CONTEST = 2000001, 400001, 5000001
TRACKS = range(2000001, 2000101)
FLIPS = (True, False) * 10
READ = "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"
IDS = "SELECT nextval('notification_id_seq')"
WINDOW = """
    SELECT (SELECT min(blocknumber) - 1 FROM backbeat.acts), blocknumber, place, ordinal
    FROM backbeat.acts
    ORDER BY blocknumber DESC, place DESC, ordinal DESC
    LIMIT 1
"""
STATEMENTS = {family.name: family.make for family in FAMILIES}
OF_REPOSTED = '{"is_repost_of_repost":true}'
SAVED_OF_REPOST = '{"is_save_of_repost":true}'


def said(chain: ToldChain, pair: str, item: int, data: dict[str, Any], user: int = STAR) -> Any:
    return chain.said(user, pair, item, json.dumps({"cid": "", "data": data}))


def made(chain: ToldChain, user: int, track: int, **more: Any) -> Any:
    return said(chain, "Track/Create", track, {"title": "A", "owner_id": user, **more}, user)


async def value(connection: AsyncConnection[Any], query: str) -> Any:
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


async def rows_read(chain: ToldChain, family: str = "of_repost") -> tuple[int, int]:
    """Tell what a family makes; return how many rows that read and how many notifications it made."""
    connection = chain.connection
    bounds = await (await connection.execute(WINDOW)).fetchone()
    assert bounds is not None
    async with connection.transaction(force_rollback=True):
        before = await value(connection, READ)
        values = dict(zip(("after", "number", "place", "ordinal"), bounds, strict=True))
        told = (await connection.execute(STATEMENTS[family], values, prepare=False)).rowcount
        return await value(connection, READ) - before, told


@pytest.fixture
async def reposted(chain: ToldChain) -> ToldChain:
    """Everybody follows INSPIRER, who has reposted the track of STAR, and all that is told."""
    await chain.people(STAR, FAN, INSPIRER, *CROWD)
    await chain.block(made(chain, STAR, TRACK), chain.said(INSPIRER, "Track/Repost", TRACK))
    await chain.block(*[chain.said(user, "User/Follow", INSPIRER) for user in (FAN, *CROWD)])
    await chain.tell()
    return chain


async def test_many_reposts_of_one_track_are_told_in_rows_that_grow_as_they_do(reposted: ToldChain) -> None:
    await reposted.block(*[reposted.said(user, "Track/Repost", TRACK, OF_REPOSTED) for user in CROWD])
    read, told = await rows_read(reposted)
    assert told == len(CROWD)
    assert read < 20 * len(CROWD)


async def test_who_follows_many_is_looked_up_among_the_few_who_reposted(reposted: ToldChain) -> None:
    await reposted.block(*[reposted.said(FAN, "User/Follow", user) for user in CROWD])
    await reposted.tell()
    await reposted.block(reposted.said(FAN, "Track/Save", TRACK, SAVED_OF_REPOST))
    read, told = await rows_read(reposted)
    assert told == 1
    assert read < len(CROWD) // 2


async def test_one_who_follows_saves_and_takes_it_back_again_and_again_in_a_block(reposted: ToldChain) -> None:
    times = 100
    one_after_another = [
        reposted.said(FAN, pair, item, more)
        for _ in range(times)
        for pair, item, more in (
            ("User/Follow", STAR, ""),
            ("Track/Save", TRACK, SAVED_OF_REPOST),
            ("User/Unfollow", STAR, ""),
            ("Track/Unsave", TRACK, ""),
        )
    ]
    await reposted.block(*one_after_another)
    read, told = await rows_read(reposted)
    assert told == 1
    assert read < 20 * 4 * times


async def test_a_playlist_that_changes_often_within_a_second_takes_no_more_ids(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.block(*[made(chain, FAN, track) for track in TRACKS])
    await chain.tell()
    before = await value(chain.connection, IDS)
    contents = {"track_ids": [{"track": track, "time": 1} for track in TRACKS]}
    changes = [said(chain, "Playlist/Update", PLAYLIST, {"playlist_contents": contents}) for _ in range(20)]
    create = said(chain, "Playlist/Create", PLAYLIST, {"playlist_name": "A", "playlist_contents": contents})
    await chain.block(create, *changes)
    assert len(await chain.told("track_added_to_playlist")) == len(TRACKS)
    assert await value(chain.connection, IDS) - before - 1 == len(TRACKS)


async def test_a_change_that_sends_no_contents_does_not_tell_all_of_them_again(chain: ToldChain) -> None:
    """A transaction of some hundred bytes would keep five thousand tracks as an act, thirty thousand times a block."""
    await chain.people(STAR)
    contents = {"track_ids": [{"track": track, "time": 1} for track in TRACKS]}
    create = {"playlist_name": "A", "playlist_contents": contents, "is_private": True}
    changes: list[dict[str, Any]] = [
        {"description": "a"},
        {"is_private": False},
        {"description": "b"},
        {"description": "c"},
    ]
    await chain.block(
        said(chain, "Playlist/Create", PLAYLIST, create),
        *[said(chain, "Playlist/Update", PLAYLIST, change) for change in changes],
    )
    kept = "SELECT count(*) FROM backbeat.acts WHERE kind = 'add_tracks'"
    assert await value(chain.connection, kept) == 1


async def test_winners_who_are_named_again_and_again_take_no_more_ids(chain: ToldChain) -> None:
    remixers = CROWD[:20]
    await chain.people(STAR, *remixers)
    event = {
        "event_type": "remix_contest",
        "entity_type": "track",
        "entity_id": TRACK,
        "end_date": "2030-01-01T00:00:00Z",
    }
    await chain.block(made(chain, STAR, TRACK))
    await chain.block(said(chain, "Event/Create", CONTEST, event))
    remix_of = {"tracks": [{"parent_track_id": TRACK}]}
    await chain.block(*[made(chain, user, TRACK + user - STAR, remix_of=remix_of) for user in remixers])
    await chain.tell()
    before = await value(chain.connection, IDS)
    named = [{"event_data": {"winners": winners}} for _ in range(10) for winners in ([TRACK + 100], [])]
    await chain.block(*[said(chain, "Event/Update", CONTEST, event | each) for each in named])
    assert len(await chain.told("fan_remix_contest_winners_selected")) == len(remixers)
    assert await value(chain.connection, IDS) - before - 1 == len(remixers)


async def test_a_submission_that_comes_out_again_and_again_takes_no_more_ids(chain: ToldChain) -> None:
    await chain.people(STAR, FAN, *CROWD[:20])
    contest = {
        "event_type": "remix_contest",
        "entity_type": "track",
        "entity_id": TRACK,
        "end_date": "2030-01-01T00:00:00Z",
    }
    await chain.block(made(chain, STAR, TRACK))
    await chain.block(*[chain.said(user, "User/Follow", STAR) for user in CROWD[:20]])
    await chain.tell()
    before = await value(chain.connection, IDS)
    await chain.block(
        said(chain, "Event/Create", CONTEST, contest),
        *[said(chain, "Track/Update", TRACK, {"is_unlisted": hidden}) for hidden in FLIPS],
    )
    assert len(await chain.told("fan_remix_contest_started")) == 20
    assert await value(chain.connection, IDS) - before - 1 <= 20 + len(FLIPS)
    remix = {"remix_of": {"tracks": [{"parent_track_id": TRACK}]}}
    for user in (FAN, *CROWD[:20]):
        await chain.block(chain.said(user, "Event/Subscribe", CONTEST))
    await chain.tell()
    before = await value(chain.connection, IDS)
    await chain.block(
        made(chain, FAN, TRACK + 1, **remix),
        *[said(chain, "Track/Update", TRACK + 1, {"is_unlisted": hidden}, FAN) for hidden in FLIPS],
    )
    heard = await chain.told("fan_remix_contest_submission")
    assert len(heard) == 21
    assert await value(chain.connection, IDS) - before - 1 <= len(heard) + 4 * len(FLIPS)


async def test_who_is_muted_and_no_longer_between_comments_is_looked_up_once_for_each(reposted: ToldChain) -> None:
    times = 100
    mention = {"body": "x", "entity_id": TRACK, "entity_type": "Track", "mentions": [FAN]}
    one_after_another = [
        transaction
        for i in range(times)
        for transaction in (
            said(reposted, "Comment/Create", 4000001 + i, mention, INSPIRER),
            reposted.said(FAN, "User/Mute", INSPIRER),
            reposted.said(FAN, "User/Unmute", INSPIRER),
        )
    ]
    await reposted.block(*one_after_another)
    read, told = await rows_read(reposted, "comments")
    assert told == 2 * times  # to the owner of the track too
    assert read < 30 * times
