"""What real clients sent, through the handlers alone: on an empty network, and on one that holds what they refer to."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from conformance.world import STAMPED, World
from shared_dir import shared_file

from backbeat.chain.recording import iter_transactions
from backbeat.index.entities import find_route
from backbeat.index.payload.metadata import parse
from backbeat.index.reject import Code
from backbeat.index.row import Row
from backbeat.index.rows.playlists import PlaylistRouteRow, PlaylistRow
from backbeat.index.rows.social import SubscriptionRow
from backbeat.index.rows.tracks import TrackDownloadRow, TrackRouteRow, TrackRow
from backbeat.index.rows.users import UserEventRow, UserRow

SOMEBODY = 1  # owns what others save and repost
TOWARDS_USERS = {"User/Follow", "User/Subscribe", "User/Unsubscribe"}
LONG_AGO = STAMPED["created_at"]


class Sent(NamedTuple):
    user_id: int
    pair: str
    entity_id: int
    metadata: str
    signer: str

    def to(self, world: World) -> Code | None:
        return world.send(self.user_id, self.pair, self.entity_id, self.metadata, by=self.signer)


@pytest.fixture(name="recorded", scope="module")
def read_recording() -> list[Sent]:
    return list(entity_transactions())


def entity_transactions() -> Iterator[Sent]:
    for signed in iter_transactions(shared_file("recordings/mainnet-a.pb")):
        entity = signed.manage_entity
        if signed.WhichOneof("transaction") == "manage_entity" and find_route(entity.entity_type, entity.action):
            pair = f"{entity.entity_type}/{entity.action}"
            yield Sent(entity.user_id, pair, entity.entity_id, entity.metadata, entity.signer)


def test_on_an_empty_network(recorded: list[Sent]) -> None:
    world = World(commits_each=False)
    outcomes = Counter((sent.pair, code) for sent in recorded for code in (sent.to(world),))
    assert {pair: n for (pair, code), n in outcomes.items() if code is None} == {
        "User/Create": 133,
        "User/Update": 22,
        "Playlist/Create": 1,
        "Playlist/Update": 5,
        "Notification/View": 1,
    }
    assert {code for _, code in outcomes} == {
        None,
        Code.SIGNER_UNKNOWN_USER,
        Code.NOT_FOUND,
        Code.NO_ACTIVE_RECORD,
    }
    [playlist] = world.all(PlaylistRow)
    assert playlist.playlist_name == "New Playlist"
    assert len(playlist.playlist_contents["track_ids"]) == 9
    assert {(route.slug, route.is_current) for route in world.all(PlaylistRouteRow)} == {
        ("new-playlist", True),
        ("new-playlist-310411936", False),
    }
    assert len(world.all(UserRow)) == 133
    assert len(world.all(UserEventRow, is_mobile_user=True, is_current=True)) == 26


def test_on_the_network_that_the_recording_takes_for_granted(recorded: list[Sent]) -> None:
    world = World(commits_each=True)
    for row in prior_rows(recorded):
        world.put(row)
    refused = Counter((sent.pair, code) for sent in recorded if (code := sent.to(world)))
    # clients repeat themselves, take back what was done before the recording began, and like what was said then
    assert refused == {
        ("Comment/React", Code.NOT_FOUND): 1,
        ("User/Follow", Code.DUPLICATE): 43,
        ("Track/Repost", Code.DUPLICATE): 1,
        ("Track/Unsave", Code.NO_ACTIVE_RECORD): 1,
        ("Tip/Update", Code.TIP_NOT_FOUND): 1,  # which stands on another chain
    }
    assert world.all(SubscriptionRow, created_at=LONG_AGO) == []  # all were taken back
    assert len(world.all(TrackDownloadRow)) == 19
    created = {sent.entity_id for sent in recorded if sent.pair == "Track/Create"}
    current = Counter(route.track_id for route in world.all(TrackRouteRow, is_current=True))
    assert created <= current.keys()
    assert set(current.values()) == {1}
    assert all(route.slug == route.slug.lower().strip("-") for route in world.all(TrackRouteRow))


def prior_rows(recorded: list[Sent]) -> Iterator[Row]:
    """Return what has to be there for every transaction to make sense."""
    made = {(sent.pair, sent.entity_id) for sent in recorded}
    wallets = {sent.user_id: sent.signer.lower() for sent in recorded}
    users = wallets.keys() | {sent.entity_id for sent in recorded if sent.pair in TOWARDS_USERS}
    for user_id in users:
        if ("User/Create", user_id) not in made:
            yield UserRow(user_id=user_id, wallet=wallets.get(user_id), **STAMPED)
    for sent in recorded:
        kind, action = sent.pair.split("/")
        if action == "Unsubscribe":
            yield SubscriptionRow(
                subscriber_id=sent.user_id, user_id=sent.entity_id, entity_id=sent.entity_id, created_at=LONG_AGO
            )
        payload = parse(sent.metadata) or {}
        picked = payload.get("artist_pick_track_id")
        if picked and ("Track/Create", picked) not in made:
            yield TrackRow(track_id=picked, owner_id=sent.user_id, title="Picked", **STAMPED)
        if sent.pair == "Comment/Create" and ("Track/Create", payload["entity_id"]) not in made:
            yield TrackRow(track_id=payload["entity_id"], owner_id=SOMEBODY, title="Talked about", **STAMPED)
        owner = sent.user_id if action in {"Update", "Delete"} else SOMEBODY
        if kind == "Track" and ("Track/Create", sent.entity_id) not in made:
            yield TrackRow(track_id=sent.entity_id, owner_id=owner, title="Old", **STAMPED)
        if (kind == "Playlist" or action == "ViewPlaylist") and ("Playlist/Create", sent.entity_id) not in made:
            yield PlaylistRow(playlist_id=sent.entity_id, playlist_owner_id=owner, playlist_contents={}, **STAMPED)
