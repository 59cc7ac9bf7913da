"""At the edges of the rules users hear what they hear of row triggers (domain: chain and entities, 7.3; for plays 3.2).

The thresholds are the network's own. What happens is written out, so that it does happen.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from integration.adopt.both_told import BY_ROWS, compared, listening
from integration.notifications.test_accounts import TIPS

from builders.chain import GENESIS, play, plays
from builders.indexing import rows
from builders.told import ToldChain, wrapped
from harness.accounts_reference import Tip
from harness.content_histories import SOLD
from harness.said import Said

pytestmark = [pytest.mark.newest, pytest.mark.slow]

STAR, OTHER, BANNED, UNJUDGED, GONE = range(3000001, 3000006)
FANS = range(3000011, 3000037)  # one more than the second threshold
SONG, REMIX, OWN_REMIX, HIDDEN, STEM, LATER = range(2000001, 2000007)
ENTERING = FANS[5]
ENTRIES = range(2000021, 2000032)
MIX, ALBUM, PRIVATE = range(400001, 400004)
CONTEST, OF_HIDDEN = 1, 2
FAVORED = (("Track", SONG), ("Playlist", MIX), ("Playlist", ALBUM))
BOUGHT = """
    INSERT INTO usdc_purchases
        (slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at)
    VALUES (1, 'song', %(of_song)s, 1, 100, 'track', %(song)s, '2025-01-01'),
        (2, 'album', %(of_album)s, 1, 100, 'album', %(album)s, '2025-01-01'),
        (3, 'again', %(of_album)s, 1, 100, 'album', %(album)s, '2025-01-02')
"""


def track(number: int, **payload: Any) -> Said:
    return Said(payload.get("owner_id", STAR), "Track/Create", number, {"title": "T", "owner_id": STAR, **payload})


def remix_of(parent: int) -> dict[str, Any]:
    return {"remix_of": {"tracks": [{"parent_track_id": parent}]}}


def playlist(number: int, action: str = "Update", **payload: Any) -> Said:
    return Said(STAR, f"Playlist/{action}", number, payload)


def holding(*tracks: int) -> dict[str, Any]:
    return {"playlist_contents": [{"track_id": each, "metadata_timestamp": 1767000000} for each in tracks]}


def ends(days: int) -> str:
    return (GENESIS + timedelta(days=days)).isoformat()


def content() -> Iterator[Said]:
    """Create, remix, submissions: what comes out, comes out again, and does not."""
    yield Said(FANS[0], "User/Subscribe", STAR)
    yield Said(FANS[1], "User/Subscribe", STAR)
    yield Said(FANS[1], "User/Unsubscribe", STAR)
    yield track(SONG)
    yield track(REMIX, owner_id=OTHER, **remix_of(SONG))
    yield track(OWN_REMIX, **remix_of(SONG))  # one hears of one's own
    yield track(HIDDEN, is_unlisted=True, **remix_of(SONG))
    yield track(STEM, stem_of={"parent_track_id": SONG, "category": "OTHER"})
    yield track(LATER, is_playlist_upload=True)
    yield Said(STAR, "Event/Create", OF_HIDDEN, contest_of(HIDDEN))
    for is_unlisted in (False, True, False):
        yield Said(STAR, "Track/Update", HIDDEN, {"is_unlisted": is_unlisted})
    yield playlist(MIX, "Create", playlist_name="Mix")
    yield playlist(ALBUM, "Create", playlist_name="Album", is_album=True, **holding(SONG))
    yield playlist(PRIVATE, "Create", playlist_name="Private", is_private=True, **holding(REMIX))
    for is_private in (False, True, False):
        yield playlist(PRIVATE, is_private=is_private)
    yield playlist(MIX, **holding(REMIX, SONG))
    yield playlist(MIX, **holding(SONG))
    yield playlist(MIX, **holding(SONG, REMIX))
    yield Said(OTHER, "Track/Delete", REMIX)
    yield playlist(PRIVATE, **holding(REMIX))
    yield Said(STAR, "Playlist/Update", ALBUM, SOLD)
    yield playlist(ALBUM, **holding(SONG, LATER, OWN_REMIX))


def contest_of(parent: int) -> dict[str, Any]:
    return {"event_type": "remix_contest", "entity_type": "track", "entity_id": parent, "end_date": ends(300)}


def contest() -> Iterator[Said]:
    """The first, the tenth and an eleventh submission, one that is hidden, and who is subscribed."""
    yield Said(FANS[2], "Track/Save", SONG)
    yield Said(FANS[3], "User/Follow", STAR)
    yield Said(STAR, "Event/Create", CONTEST, contest_of(SONG))
    yield Said(FANS[4], "Event/Subscribe", CONTEST)
    yield Said(ENTERING, "Event/Subscribe", CONTEST)
    for number in ENTRIES:
        yield track(number, owner_id=ENTERING, is_unlisted=number == ENTRIES[5], **remix_of(SONG))
    yield Said(ENTERING, "Track/Update", ENTRIES[5], {"is_unlisted": False})


def follows() -> Iterator[Said]:
    """Two thresholds; the first is crossed three times; some are not heard, or said twice."""
    for fan in (BANNED, UNJUDGED, *FANS):
        yield Said(fan, "User/Follow", STAR)
        yield Said(fan, "User/Follow", STAR)
        if fan == FANS[7]:
            for _ in range(2):
                yield Said(fan, "User/Unfollow", STAR)
                yield Said(fan, "User/Follow", STAR)
    yield Said(GONE, "User/Update", GONE, {"is_deactivated": True})
    yield Said(FANS[0], "User/Follow", GONE)
    yield Said(GONE, "User/Follow", OTHER)


def favors(act: str) -> Iterator[Said]:
    """Saves or reposts of a track, a playlist and an album by many, by some again, and by buyers."""
    for kind, item in FAVORED:
        for fan in (BANNED, UNJUDGED, *FANS[:11]):
            yield Said(fan, f"{kind}/{act}", item)
            if fan == FANS[8]:
                yield Said(fan, f"{kind}/Un{act.lower()}", item)
                yield Said(fan, f"{kind}/{act}", item)
        yield Said(STAR, f"{kind}/{act}", item)  # of one's own: refused
        yield Said(FANS[11], f"{kind}/{act}", item, {f"is_{act.lower()}_of_repost": True})  # follows nobody else
    yield Said(STAR, f"Track/{act}", ENTRIES[0])  # the remix's parent is the actor's
    yield Said(OTHER, f"Track/{act}", ENTRIES[0])


def because_of_reposts(act: str, fan: int) -> Iterator[Said]:
    """Somebody who follows three, of whom one took it back."""
    for other in FANS[:3]:
        yield Said(fan, "User/Follow", other)
    yield Said(FANS[2], "Track/Unrepost", SONG)
    for kind, item in FAVORED:
        yield Said(fan, f"{kind}/{act}", item, {f"is_{act.lower()}_of_repost": True})


async def test_users_hear_the_same_at_every_edge(database_url: str) -> None:
    async with listening(database_url) as chain:
        await set_scene(chain)
        said = [*content(), *contest(), *follows(), *favors("Repost"), *favors("Save")]
        said += [*because_of_reposts("Repost", FANS[20]), *because_of_reposts("Save", FANS[21])]
        said += [reaction(tip, value) for tip in TIPS for value in (1, 1, 4)]
        await chain.blocks([[transaction(chain, each)] for each in said[:1]])
        await chain.block(*listened(), pause=timedelta(seconds=1))
        found = await compared(chain, [transaction(chain, each) for each in said[1:]])
        await chain.block(transaction(chain, Said(FANS[22], "User/Follow", FANS[0])), pause=timedelta(days=40))
        late = [*because_of_reposts("Repost", FANS[22]), *because_of_reposts("Save", FANS[23])]
        later = await compared(chain, [transaction(chain, each) for each in late])
        counts = dict(await rows(chain.connection, "SELECT group_id, count(*) FROM notification GROUP BY 1"))
    assert found.keys() == BY_ROWS - {"request_manager", "approve_manager_request"}
    assert found["milestone_follower_count"] == 2
    assert counts[f"follow:{STAR}"] == len(FANS)
    assert {later[kind] - found[kind] for kind in ("save_of_repost", "repost_of_repost")} == {0}


async def test_the_thresholds_are_those_of_the_rules(database_url: str) -> None:
    async with listening(database_url) as chain:
        [told] = await rows(
            chain.connection,
            "SELECT theirs.user_thresholds() = backbeat.follower_thresholds(),"
            " theirs.item_thresholds() = backbeat.item_thresholds()",
        )
    assert told == (True, True)


async def set_scene(chain: ToldChain) -> None:
    await chain.people(STAR, OTHER, BANNED, UNJUDGED, GONE, *FANS)
    await chain.ban(BANNED)
    await chain.connection.execute("UPDATE aggregate_user SET score = NULL WHERE user_id = %s", [UNJUDGED])
    bought = {"of_song": FANS[9], "song": SONG, "of_album": FANS[10], "album": ALBUM}
    await chain.connection.execute(BOUGHT.encode(), bought)
    for tip in TIPS:
        await chain.connection.execute(
            "INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount)"
            " VALUES (%s, %s, %s, %s, %s)",
            tip,
        )


def reaction(tip: Tip, value: int) -> Said:
    return Said(tip.receiver, "Tip/Update", tip.receiver, {"reacted_to": tip.signature, "reaction_value": value})


def transaction(chain: ToldChain, said: Said) -> Any:
    """Return what goes over the wire, wrapped where clients do."""
    is_wrapped = said.payload and said.pair.endswith(("Create", "Update"))
    payload = wrapped(said.payload) if is_wrapped else json.dumps(dict(said.payload)) if said.payload else ""
    return chain.said(said.actor, said.pair, said.item, payload)


def listened() -> Iterator[Any]:
    """The tenth play alone, then those up to past the 25th at once."""
    yield from (plays(play(str(FANS[0]), str(SONG))) for _ in range(10))
    yield plays(*(play("", str(SONG)) for _ in range(17)))
