"""Whatever is sent, a handler refuses it for a reason or makes rows that the database takes."""

from itertools import product
from typing import Any

import pytest
from conformance.world import C1, L1, P1, STAMPED, T1, T3, U1, U2, W1, W2, W4, W5, V, World, fixture_world
from depth import at_depth
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.index.entities.storable import refusals
from worst.act import TIP
from worst.acts import ACTS, keys_of

from backbeat.index.entities import ROUTES
from backbeat.index.reject import Code
from backbeat.index.row import Row
from backbeat.index.rows import ROW_TYPES
from backbeat.index.rows.events import EventRow
from backbeat.index.rows.tips import TipRow
from backbeat.index.rows.tracks import TrackCollaboratorRow

NASTY_TEXTS = ["", "A", "\x00", "\ud800", "😀" * 50, "x" * 3000, "2030-01-01", "P8mWR", "rap", "explicit", "US"]
NASTY_NUMBERS = [0, 1, -1, 199, U1, U2, T1, T3, P1, 2**31 - 1, 2**31, -(2**31), 2**63, 10**400, 1.5, -0.0, 1e308]
TEXTS, NUMBERS = st.sampled_from(NASTY_TEXTS), st.sampled_from(NASTY_NUMBERS)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
INNER_KEYS = [
    *("track_ids", "track", "track_id", "time", "timestamp", "metadata_time", "metadata_timestamp", "tracks"),
    *("parent_track_id", "usdc_purchase", "price", "splits", "follow_user_id", "user_id", "percentage"),
    *("is_mobile_user", "referrer"),
]
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(INNER_KEYS), inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=10,
)
SAID = {"entity_type": "Track", "entity_id": T1, "body": "hi"}
HELD = {"event_type": "remix_contest", "entity_type": "track", "entity_id": T1, "end_date": "2030-01-01"}
CONDITIONS = st.sampled_from([{"usdc_purchase": {"price": 5, "splits": [1]}}, {"follow_user_id": 1}]) | VALUES
ENTRIES = st.dictionaries(st.sampled_from(INNER_KEYS), SCALARS, max_size=4)
SOUND: dict[str, st.SearchStrategy[Any]] = {
    "title": st.sampled_from(["Song A", "Song", "?", "Take 5"]) | VALUES,
    "owner_id": st.just(U1) | SCALARS,
    "handle": st.sampled_from(["new", "alice", "A.B"]) | VALUES,
    "is_stream_gated": st.booleans(),
    "is_download_gated": st.booleans(),
    "stream_conditions": CONDITIONS,
    "download_conditions": CONDITIONS,
    "entity_type": st.sampled_from(["Track", "FanClub", "track", "user"]) | VALUES,
    "entity_id": st.sampled_from([T1, U1]) | VALUES,
    "event_type": st.sampled_from(["remix_contest", "live_event"]) | VALUES,
    "reacted_to": st.just(TIP) | VALUES,
    "reaction_value": st.integers(0, 5) | VALUES,
    "mentions": st.lists(NUMBERS) | VALUES,
    "playlist_contents": st.lists(st.dictionaries(st.sampled_from(INNER_KEYS), SCALARS, max_size=4), max_size=4)
    | VALUES,
    "remix_of": st.builds(lambda ids: {"tracks": [{"parent_track_id": id_} for id_ in ids]}, st.lists(NUMBERS))
    | VALUES,
}
SENSIBLE = {  # who does what to what, so that it is the payload that decides
    "User/Create": (3000009, 3000009, W4),
    "User/Update": (U1, U1, W1),
    "*/Follow": (U2, U1, W2),
    "*/Unfollow": (U2, U1, W2),
    "*/Subscribe": (U2, U1, W2),
    "*/Unsubscribe": (U2, U1, W2),
    "User/Mute": (U2, U1, W2),
    "Notification/Create": (U1, 0, V),
    "Tip/Update": (U1, U1, W1),
    "TrackCollaborator/Approve": (U2, T1, W2),
    "TrackCollaborator/Reject": (U2, T1, W2),
    "Track/Create": (U1, 2000010, W1),
    "Playlist/Create": (U1, 400010, W1),
    "Playlist/Update": (U1, L1, W1),
    "Playlist/Delete": (U1, P1, W1),
    "Track/Update": (U1, T1, W1),
    "Track/Delete": (U1, T1, W1),
    "User/Verify": (U1, U1, V),
    "Comment/Create": (U2, 4000010, W2),
    "Comment/Update": (U2, C1, W2),
    "Comment/Delete": (U2, C1, W2),
    "Comment/React": (U1, C1, W1),
    "Comment/Unreact": (U1, C1, W1),
    "Comment/Report": (U1, C1, W1),
    "Comment/Pin": (U1, C1, W1),
    "Comment/Unpin": (U1, C1, W1),
    "Event/Create": (U1, 900, W1),
    "Event/Update": (U1, 901, W1),
    "Event/Delete": (U1, 901, W1),
}
ASSUMED = {  # without these, no other key is ever looked at
    "Track/Create": {"title": "Song", "owner_id": U1},
    "Comment/Create": SAID,
    "Comment/Update": SAID,
    "Comment/Pin": SAID,
    "Event/Create": HELD,
    "Tip/Update": {"reacted_to": TIP, "reaction_value": 3},
}
PAIRS = sorted("/".join(pair) for pair in ROUTES)


def all_keys(pair: str) -> list[str]:
    """Return the keys that the pair knows, and two that it may not."""
    return sorted({*keys_of(pair), "is_verified", "type"})


def payloads_of(pair: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return payloads of a few keys that the pair knows, with values likely and unlikely."""
    keys = st.sampled_from(all_keys(pair))
    entries = keys.flatmap(lambda key: st.tuples(st.just(key), SOUND.get(key, SCALARS | VALUES)))
    return st.lists(entries, max_size=3).map(dict)


def contexts_of(pair: str) -> st.SearchStrategy[tuple[int, int, str]]:
    """Return user, entity and signer: half of the time those that the pair was made for."""
    users = st.sampled_from([U1, U2, 3000009, 0, -1, 2**31])
    entities = st.sampled_from([U1, U2, T1, T3, P1, L1, 2000010, 400010, 0, -1, 2**31])
    return st.just(sensible(pair)) | st.tuples(users, entities, st.sampled_from([W1, W2, W4, W5, V]))


def sensible(pair: str) -> tuple[int, int, str]:
    """Return who does what to what."""
    if pair in SENSIBLE:
        return SENSIBLE[pair]
    return (U2, T1, W2) if pair.startswith("*/") else (U1, ACTS[pair].entity_id, W1)


@pytest.mark.parametrize("pair", PAIRS)
def test_any_payload(pair: str) -> None:
    @settings(max_examples=25 if pair.startswith("*/") else at_depth(25, 50, 1_000), deadline=None)
    @given(contexts_of(pair), payloads_of(pair))
    def check(context: tuple[int, int, str], payload: dict[str, Any]) -> None:
        check_outcome(pair, context, payload)

    check()


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.endswith(("/Create", "/Update"))])
def test_every_key_with_every_nasty_value(pair: str) -> None:
    values: list[Any] = [*NASTY_TEXTS, *NASTY_NUMBERS, None, True, [], {}]
    nested: list[Any] = [{"tracks": [{"parent_track_id": value}]} for value in values]
    nested += [{"parent_track_id": value} for value in values]
    listed = [[value] for value in values] + [[{"user_id": value, "track": value, "time": value}] for value in values]
    for key, value in product(all_keys(pair), [*values, *nested, *listed]):
        check_outcome(pair, sensible(pair), {key: value})


def check_outcome(pair: str, context: tuple[int, int, str], payload: dict[str, Any]) -> None:
    """Send it; it must be refused and change nothing, or make rows that the database takes."""
    world = fixture_world(commits_each=False)
    world.put(
        EventRow(event_id=901, event_type="live_event", user_id=U1, **STAMPED),
        TipRow(slot=1, signature=TIP, sender_user_id=U2, receiver_user_id=U1),
        TrackCollaboratorRow(
            track_id=T1,
            collaborator_user_id=U2,
            invited_by=U1,
            created_at=STAMPED["created_at"],
            updated_at=STAMPED["updated_at"],
            txhash="OLD",
            blocknumber=9,
        ),
    )
    before = rows(world)
    user, entity, signer = context
    sent = {**ASSUMED.get(pair, {}), **payload}
    code = world.send(user, pair.replace("*", "User"), entity, sent, by=signer, pubkey=b"\x04" * 65)
    assert code is None or isinstance(code, Code)
    made = [row for row in rows(world) if row not in before]
    assert code is None or made == []
    assert [refusal for row in made for refusal in refusals(row)] == []


def rows(world: World) -> list[Row]:
    """Return every row."""
    return [row for kind in ROW_TYPES for row in world.all(kind)]
