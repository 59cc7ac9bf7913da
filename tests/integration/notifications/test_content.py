"""Who hears of tracks, playlists and contests (domain: chain and entities, 5.6, 7.3, 9.5, 9.6 and 9.9)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.chain.proto import core_pb2
from builders.chain import GENESIS
from builders.told import Told, ToldChain
from harness.content_histories import SOLD, after, said

U1, U2, U3, U4 = PEOPLE = range(3000001, 3000005)
T1, T2, T3 = 2000001, 2000002, 2000003
P1, L1, E1 = 400001, 400002, 900
FIRST = GENESIS.replace(tzinfo=None) + timedelta(seconds=1)
CONTEST: dict[str, Any] = {"event_type": "remix_contest", "entity_type": "track", "end_date": after(1_000)}
HIDDEN = {"is_unlisted": True}


@pytest.fixture
async def world(chain: ToldChain) -> ToldChain:
    """Four users."""
    await chain.people(*PEOPLE)
    return chain


class Says:
    """What users say, as transactions of a chain."""

    def __init__(self, chain: ToldChain) -> None:
        self._chain = chain

    def tx(self, user: int, pair: str, about: int, **payload: Any) -> core_pb2.SignedTransaction:
        """Return a transaction; without a payload it has no metadata."""
        return self._chain.said(*said(user, pair, about, payload or None))

    def track(self, owner: int, track_id: int, parent: int = 0, **more: Any) -> core_pb2.SignedTransaction:
        """Return a new track."""
        if parent:
            more["remix_of"] = {"tracks": [{"parent_track_id": parent}]}
        return self.tx(owner, "Track/Create", track_id, title="Song", owner_id=owner, **more)

    def contest(self, host: int, track_id: int, event_id: int = E1, **more: Any) -> core_pb2.SignedTransaction:
        """Return a new contest."""
        return self.tx(host, "Event/Create", event_id, **{**CONTEST, "entity_id": track_id, **more})

    def contents(self, *tracks: int) -> list[Mapping[str, Any]]:
        """Return what clients send as the contents of a playlist."""
        return [{"track_id": track, "timestamp": 0, "metadata_timestamp": 1767000000} for track in tracks]


@pytest.fixture
def says(world: ToldChain) -> Says:
    return Says(world)


def briefly(told: list[Told]) -> list[tuple[str, str, list[int]]]:
    return [(each.group_id, each.specifier, each.user_ids) for each in told]


async def test_subscribers_hear_of_a_track_in_one_notification(world: ToldChain, says: Says) -> None:
    await world.block(says.tx(U3, "User/Subscribe", U1), says.tx(U2, "User/Follow", U1), says.track(U1, T1))
    group, data = f"create:track:user_id:{U1}", {"track_id": T1}
    assert await world.told("create") == [Told("create", group, str(T1), [U2, U3], data, 1, None, FIRST)]


async def test_nobody_hears_of_a_track_without_subscribers(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.tx(U2, "User/Subscribe", U1))
    assert await world.told("create") == []


@pytest.mark.parametrize(
    "more",
    [HIDDEN, {"is_playlist_upload": True}, {"stem_of": {"parent_track_id": T2}}, {"access_authorities": ["0xab"]}],
)
async def test_what_not_everybody_may_hear_is_not_told_of(world: ToldChain, says: Says, more: dict[str, Any]) -> None:
    await world.block(says.tx(U2, "User/Subscribe", U1), says.track(U1, T1, **more))
    assert await world.told("create") == []


async def test_who_subscribes_to_an_event_of_that_number_hears_nothing(world: ToldChain, says: Says) -> None:
    await world.block(
        says.track(U2, T2), says.contest(U2, T2, event_id=U1), says.tx(U3, "Event/Subscribe", U1), says.track(U1, T1)
    )
    assert await world.told("create") == []


async def test_subscribers_are_those_of_that_moment_however_late_they_are_told(world: ToldChain, says: Says) -> None:
    await world.blocks(
        [
            [says.tx(U2, "User/Subscribe", U1), says.tx(U3, "User/Subscribe", U1), says.track(U1, T1)],
            [says.tx(U2, "User/Unsubscribe", U1), says.tx(U4, "User/Subscribe", U1)],
            [says.track(U1, T2)],
            [says.tx(user, "User/Unsubscribe", U1) for user in (U3, U4)],
        ],
        together=100,
    )
    assert [(each.specifier, each.user_ids) for each in await world.told("create")] == [
        (str(T1), [U2, U3]),
        (str(T2), [U3, U4]),
    ]


async def test_scenario_81_a_track_is_told_of_as_it_comes_out(world: ToldChain, says: Says) -> None:
    later = (GENESIS + timedelta(days=1)).isoformat()
    await world.block(says.tx(U2, "User/Subscribe", U1))
    await world.block(says.track(U1, T1, is_scheduled_release=True, release_date=later, is_unlisted=False))
    assert await world.told("create") == []
    await world.block(says.tx(U1, "Track/Update", T1, is_unlisted=False))
    assert [each.block_number for each in await world.told("create")] == [3]


async def test_a_track_that_hides_and_comes_back_is_told_of_once(world: ToldChain, says: Says) -> None:
    await world.block(says.tx(U2, "User/Subscribe", U1), says.track(U1, T1))
    await world.blocks([[says.tx(U1, "Track/Update", T1, is_unlisted=hidden)] for hidden in (True, False)], together=2)
    assert [each.block_number for each in await world.told("create")] == [1]


async def test_a_track_that_hid_again_within_a_batch_was_told_of(world: ToldChain, says: Says) -> None:
    await world.block(
        says.tx(U2, "User/Subscribe", U1), says.track(U1, T1), says.tx(U1, "Track/Update", T1, is_unlisted=True)
    )
    assert [each.user_ids for each in await world.told("create")] == [[U2]]


async def test_scenario_77_the_owner_of_the_first_parent_hears_of_a_remix(world: ToldChain, says: Says) -> None:
    remix_of = {"tracks": [{"parent_track_id": T1}, {"parent_track_id": T2}]}
    await world.block(says.track(U1, T1), says.track(U1, T2), says.track(U2, T3, remix_of=remix_of))
    data = {"track_id": T3, "parent_track_id": T1}
    expected = Told("remix", f"remix:track:{T3}:parent_track:{T1}", str(U2), [U1], data, 1, None, FIRST)
    assert await world.told("remix") == [expected]


async def test_an_artist_hears_of_a_remix_of_the_own_track(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.track(U1, T2, T1))
    assert briefly(await world.told("remix")) == [(f"remix:track:{T2}:parent_track:{T1}", str(U1), [U1])]


async def test_a_parent_that_came_behind_its_remix_was_not_there(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U2, T2, T1), says.track(U1, T1))
    assert await world.told("remix") == []
    await world.blocks([[says.tx(U2, "Track/Update", T2, is_unlisted=hidden)] for hidden in (True, False)], together=2)
    assert [each.block_number for each in await world.told("remix")] == [3]


async def test_the_parent_is_the_one_of_that_moment(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.track(U2, T2, T1), says.tx(U2, "Track/Update", T2, remix_of=None))
    assert [each.data["parent_track_id"] for each in await world.told("remix")] == [T1]


async def test_scenario_131_fans_hear_that_a_contest_began(world: ToldChain, says: Says) -> None:
    await world.block(
        says.track(U1, T1), says.tx(U2, "User/Follow", U1), says.tx(U3, "Track/Save", T1), says.contest(U1, T1)
    )
    kind = "fan_remix_contest_started"
    group, data = f"{kind}:{T1}:user:{U1}", {"entity_user_id": U1, "entity_id": T1}
    assert await world.told(kind) == [Told(kind, group, str(fan), [fan], data, 1, None, FIRST) for fan in (U2, U3)]


async def test_a_contest_on_a_hidden_track_begins_for_fans_when_that_is_listed(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1, **HIDDEN), says.contest(U1, T1), says.tx(U2, "User/Follow", U1))
    assert await world.told("fan_remix_contest_started") == []
    await world.block(
        says.tx(U3, "Event/Subscribe", E1),
        says.tx(U4, "Event/Subscribe", E1),
        says.tx(U4, "Event/Unsubscribe", E1),
        says.tx(U1, "Track/Update", T1, is_unlisted=False),
        says.tx(U2, "User/Unfollow", U1),
    )
    assert [each.user_ids for each in await world.told("fan_remix_contest_started")] == [[U2], [U3]]


@pytest.mark.parametrize("end", ["Event/Delete", "time"])
async def test_a_contest_that_is_over_does_not_begin(world: ToldChain, says: Says, end: str) -> None:
    ends = after(2) if end == "time" else after(9)
    await world.block(says.track(U1, T1, **HIDDEN), says.contest(U1, T1, end_date=ends), says.tx(U2, "User/Follow", U1))
    await world.block(says.tx(U1, end, E1) if end != "time" else says.tx(U2, "User/Follow", U3))
    await world.block(says.tx(U1, "Track/Update", T1, is_unlisted=False), says.track(U2, T2, T1))
    assert await world.told("fan_remix_contest_started") == []
    assert await world.told("artist_remix_contest_submissions") == []
    assert await world.told("fan_remix_contest_submission") == []


async def test_scenario_136_the_first_submission(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.contest(U1, T1))
    await world.block(says.tx(U4, "Event/Subscribe", E1), says.tx(U2, "Event/Subscribe", E1), says.track(U2, T2, T1))
    at = FIRST + timedelta(seconds=1)
    kind = "artist_remix_contest_submissions"
    data: dict[str, Any] = {"event_id": E1, "milestone": 1, "entity_id": T1}
    assert await world.told(kind) == [Told(kind, f"{kind}:{E1}:1", f"1:{E1}", [U1], data, 2, None, at)]
    kind = "fan_remix_contest_submission"
    data = {"event_id": E1, "entity_id": T1, "entity_user_id": U1, "submission_track_id": T2, "submitter_user_id": U2}
    group = f"{kind}:{E1}:submission:{T2}"
    assert await world.told(kind) == [Told(kind, group, str(fan), [fan], data, 2, None, at) for fan in (U1, U4)]


async def test_the_tenth_submission_of_a_batch_is_told_of_though_others_are_gone_by_then(
    world: ToldChain, says: Says
) -> None:
    await world.block(says.track(U1, T1), says.track(U2, T2, T1))
    await world.block(says.contest(U1, T1))  # the remix before it is none of its submissions
    ids = range(2000100, 2000112)
    await world.blocks(
        [
            [says.track(U2, ids[0], T1, **HIDDEN)],  # counts, and is told of by nobody
            [says.track(U2, each, T1) for each in ids[1:10]],
            [says.tx(U2, "Track/Delete", each) for each in ids[:5]],
            [says.tx(U2, "Track/Update", ids[5], remix_of=None)],
            [says.track(U2, each, T1) for each in ids[10:]],
        ],
        together=100,
    )
    told = await world.told("artist_remix_contest_submissions")
    assert [(each.specifier, each.block_number) for each in told] == [(f"10:{E1}", 4)]


async def test_a_second_contest_counts_its_own_submissions(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.contest(U1, T1), says.track(U2, T2, T1), says.tx(U1, "Event/Delete", E1))
    await world.block(says.contest(U1, T1, E1 + 1))
    await world.block(says.track(U3, T3, T1))
    told = await world.told("artist_remix_contest_submissions")
    assert [each.specifier for each in told] == [f"1:{E1}", f"1:{E1 + 1}"]


async def test_remixers_hear_once_that_winners_were_named(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.contest(U1, T1))
    both = {"tracks": [{"parent_track_id": T2}, {"parent_track_id": T1}]}
    await world.block(
        says.track(U1, 2000010, T1),
        says.track(U2, 2000011, T1),
        says.track(U3, 2000012, remix_of=both),
        says.track(U4, 2000013, T1),
        says.tx(U4, "Track/Delete", 2000013),
        says.tx(U1, "Event/Update", E1, event_data={"winners": [2000011]}),
        says.tx(U2, "Track/Delete", 2000011),
    )
    kind, data, at = "fan_remix_contest_winners_selected", {"entity_id": T1, "entity_user_id": U1}, FIRST
    expected = [
        Told(kind, f"{kind}:{E1}:user:{fan}", str(U1), [fan], data, None, None, at + timedelta(seconds=1))
        for fan in (U2, U3)
    ]
    assert await world.told(kind) == expected
    await world.block(says.track(U4, 2000014, T1))
    await world.block(says.tx(U1, "Event/Update", E1, event_data={"winners": [2000011, 2000014]}))
    assert await world.told(kind) == expected


async def test_scenario_105_a_private_playlist_is_told_of_as_it_comes_out(world: ToldChain, says: Says) -> None:
    await world.block(says.tx(U2, "User/Subscribe", U1))
    await world.block(says.tx(U1, "Playlist/Create", P1, playlist_name="Mix", is_private=True))
    assert await world.told("create") == []
    await world.block(says.tx(U1, "Playlist/Update", P1, is_private=False))
    data, at = {"playlist_id": P1, "is_album": False}, FIRST + timedelta(seconds=2)
    assert await world.told("create") == [Told("create", f"create:playlist_id:{P1}", str(U1), [U2], data, 3, None, at)]
    await world.blocks([[says.tx(U1, "Playlist/Update", P1, is_private=hidden)] for hidden in (True, False)])
    assert len(await world.told("create")) == 1


async def test_artists_hear_that_their_tracks_were_added_to_a_playlist(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.track(U2, T2))
    contents = says.contents(T1, T2, T1, 2999999)
    await world.block(says.tx(U2, "Playlist/Create", P1, playlist_name="Mix", playlist_contents=contents))
    kind = "track_added_to_playlist"
    data = {"track_id": T1, "playlist_id": P1, "playlist_owner_id": U2}
    group, at = f"{kind}:playlist_id:{P1}:track_id:{T1}", FIRST + timedelta(seconds=1)
    assert await world.told(kind) == [Told(kind, group, str(U1), [U1], data, 2, None, at)]


async def test_what_a_private_playlist_held_is_not_told_of_when_it_comes_out(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.track(U3, T3))
    private = {"playlist_name": "Mix", "is_private": True, "playlist_contents": says.contents(T1)}
    await world.block(says.tx(U2, "Playlist/Create", P1, **private))
    await world.block(says.tx(U2, "Playlist/Update", P1, is_private=False, playlist_contents=says.contents(T1, T3)))
    assert [each.user_ids for each in await world.told("track_added_to_playlist")] == [[U3]]


async def test_a_playlist_that_comes_out_in_the_block_it_is_made_in_tells_of_its_tracks(
    world: ToldChain, says: Says
) -> None:
    await world.block(says.track(U1, T1))
    private = {"playlist_name": "Mix", "is_private": True, "playlist_contents": says.contents(T1)}
    await world.block(
        says.tx(U2, "Playlist/Create", P1, **private), says.tx(U2, "Playlist/Update", P1, is_private=False)
    )
    assert [each.user_ids for each in await world.told("track_added_to_playlist")] == [[U1]]


async def buy(connection: AsyncConnection[Any], buyer: int, album: int, seconds: int) -> None:
    """Let a user buy an album, so many seconds after the first block."""
    statement = """
        INSERT INTO usdc_purchases
            (slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at)
        VALUES (1, %s, %s, %s, 1000000, 'album', %s, %s)
    """
    values = [f"{buyer}:{album}:{seconds}", buyer, U1, album, FIRST + timedelta(seconds=seconds)]
    await connection.execute(statement.encode(), values)


async def test_buyers_hear_what_was_added_to_their_album(world: ToldChain, says: Says) -> None:
    album = {"playlist_name": "LP", "is_album": True, **SOLD}
    await world.block(says.track(U1, T1), says.track(U1, T2))
    await world.block(says.tx(U1, "Playlist/Create", L1, **album, playlist_contents=says.contents(T1)))
    for buyer, seconds in ((U2, 1), (U2, 2), (U3, 2), (U4, 5)):
        await buy(world.connection, buyer, L1, seconds)
    await world.block(says.tx(U1, "Playlist/Update", L1, playlist_contents=says.contents(T1, T2)))
    await world.blocks(
        [[says.tx(U1, "Playlist/Update", L1, playlist_contents=says.contents(*held))] for held in ((), (T1, T2))],
        together=2,
        pause=timedelta(seconds=10),
    )
    kind = "track_added_to_purchased_album"
    first = {"track_id": T1, "playlist_id": L1, "playlist_owner_id": U1}
    second, at = {**first, "track_id": T2}, FIRST + timedelta(seconds=2)
    assert await world.told(kind) == [
        Told(kind, f"{kind}:playlist_id:{L1}:track_id:{T1}", str(U2), [U2], first, 2, None, at - timedelta(seconds=1)),
        *(
            Told(kind, f"{kind}:playlist_id:{L1}:track_id:{T2}", str(buyer), [buyer], second, 3, None, at)
            for buyer in (U2, U3)
        ),
    ]


async def test_an_album_that_is_not_sold_tells_nobody(world: ToldChain, says: Says) -> None:
    await world.block(says.track(U1, T1), says.tx(U1, "Playlist/Create", L1, playlist_name="LP", is_album=True))
    await buy(world.connection, U2, L1, 0)
    await world.block(says.tx(U1, "Playlist/Update", L1, playlist_contents=says.contents(T1)))
    assert await world.told("track_added_to_purchased_album") == []


RELEASE = """
    WITH released AS (
        UPDATE tracks SET is_unlisted = false, updated_at = %(at)s WHERE is_unlisted RETURNING track_id
    ), published AS (
        UPDATE playlists SET is_private = false, updated_at = %(at)s WHERE is_private RETURNING playlist_id
    )
    SELECT ARRAY(SELECT track_id FROM released), ARRAY(SELECT playlist_id FROM published)
"""


async def release(chain: ToldChain) -> None:
    """Make everything public past the chain, as a scheduled release does."""
    at = FIRST + timedelta(seconds=1)
    async with chain.connection.transaction():
        released = await (await chain.connection.execute(RELEASE.encode(), {"at": at})).fetchone()
        assert released is not None
        await chain.connection.execute("SELECT backbeat.note_releases(%s, %s, %s)", [*released, at])


async def test_what_comes_out_past_the_chain_is_told_of_as_if_a_block_had_done_it(world: ToldChain, says: Says) -> None:
    await world.block(
        says.track(U1, T1, **HIDDEN),
        says.contest(U1, T1),
        says.track(U2, T2, T1, **HIDDEN),
        says.track(U2, T3, stem_of={"parent_track_id": T1}, **HIDDEN),
        says.tx(U2, "Playlist/Create", P1, playlist_name="Mix", is_private=True),
        *[says.tx(U3, pair, of) for pair, of in (("User/Follow", U1), ("User/Subscribe", U2), ("Event/Subscribe", E1))],
    )
    await release(world)
    heard = [each for each in await world.told() if each.kind != "follow"]  # before any other block
    await release(world)
    await world.block(says.tx(U4, "User/Subscribe", U1), says.tx(U4, "User/Subscribe", U2))
    at = FIRST + timedelta(seconds=1)
    told = [each for each in await world.told() if each.kind != "follow"]
    assert told == heard
    assert {(each.block_number, each.time) for each in told} == {(1, at)}
    expected = [
        (f"artist_remix_contest_submissions:{E1}:1", f"1:{E1}", [U1]),
        (f"create:playlist_id:{P1}", str(U2), [U3]),
        (f"create:track:user_id:{U1}", str(T1), [U3]),
        (f"create:track:user_id:{U2}", str(T2), [U3]),
        *((f"fan_remix_contest_started:{T1}:user:{U1}", str(fan), [fan]) for fan in (U2, U3)),  # a remix subscribes U2
        (f"fan_remix_contest_submission:{E1}:submission:{T2}", str(U1), [U1]),
        (f"fan_remix_contest_submission:{E1}:submission:{T2}", str(U3), [U3]),
        (f"remix:track:{T2}:parent_track:{T1}", str(U2), [U1]),
    ]
    assert briefly(told) == expected
