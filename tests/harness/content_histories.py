"""Histories of artists, lists and contests: few users and things, so that they meet, and many that come to nothing."""

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from builders.chain import GENESIS
from builders.told import wrapped

USERS = range(3000001, 3000005)
TRACKS = range(2000001, 2000017)
SONG = TRACKS[0]  # it is no remix, so it may have contests
PLAYLISTS = range(400001, 400004)
ALBUM = PLAYLISTS[-1]
EVENTS = range(1, 6)
BLOCKS = 30
PER_BLOCK_MAX = 9
SOLD = {
    "is_stream_gated": True,
    "stream_conditions": {"usdc_purchase": {"price": 100, "splits": [{"user_id": 1, "percentage": 100}]}},
}


class Said(NamedTuple):
    """What a user says, as it goes into a transaction."""

    user_id: int
    pair: str
    entity_id: int
    metadata: str


def history(draw: Random, blocks: int = BLOCKS, per_block_max: int = PER_BLOCK_MAX) -> list[list[Said]]:
    """Return blocks, the same for the same seed."""
    author = _Author(draw, per_block_max)
    return [author.block(height) for height in range(1, blocks + 1)]


def said(user_id: int, pair: str, entity_id: int, payload: Mapping[str, Any] | None = None) -> Said:
    """Return something that a user says, wrapped as clients wrap it."""
    return Said(user_id, pair, entity_id, "" if payload is None else wrapped(payload))


def after(blocks: int) -> str:
    """Return a time so many blocks after the first one, as clients write it."""
    return (GENESIS + timedelta(seconds=blocks)).isoformat()


class _Author:
    """Makes things up, what was made before more often than not."""

    def __init__(self, draw: Random, per_block_max: int) -> None:
        self._draw = draw
        self._per_block_max = per_block_max
        self._made: set[int] = {SONG}  # with the second block
        self._height = 0

    def block(self, height: int) -> list[Said]:
        """Return what is said in a block."""
        self._height = height
        first = [said(USERS[0], "Track/Create", SONG, {"title": "Song", "owner_id": USERS[0]})] if height == 2 else []
        return first + [self._said() for _ in range(self._draw.randint(1, self._per_block_max))]

    def _said(self) -> Said:
        kinds = (self._about_track, self._about_playlist, self._about_event, self._relation)
        return self._draw.choices(kinds, [6, 4, 2, 6])[0]()

    def _now_and_then(self, share: float) -> bool:
        return self._draw.random() < share

    def _owner(self, things: range, thing: int) -> int:
        """Return whose a thing is, as a rule: others are refused."""
        return USERS[things.index(thing) % len(USERS)] if self._now_and_then(0.95) else self._draw.choice(USERS)

    def _action(self, thing: int) -> str:
        """Return what to do with a thing: make it, or change it once it is made, seldom the other way round."""
        is_made = thing in self._made
        self._made.add(thing)
        return "Update" if is_made != self._now_and_then(0.05) else "Create"

    def _about_track(self) -> Said:
        track_id = self._draw.choice(TRACKS)
        owner = self._owner(TRACKS, track_id)
        if self._now_and_then(0.03) and track_id != SONG:
            return said(owner, "Track/Delete", track_id)
        payload: dict[str, Any] = {"title": "Song", "owner_id": owner}
        if self._now_and_then(0.5):
            payload["is_unlisted"] = self._now_and_then(0.4)
        if self._now_and_then(0.5) and track_id != SONG:
            parents = [SONG] * self._now_and_then(0.8) + self._draw.sample(TRACKS, 2)
            payload["remix_of"] = {"tracks": [{"parent_track_id": each} for each in parents]}
        if self._now_and_then(0.05) and track_id != SONG:
            payload |= self._draw.choice([{"stem_of": {"parent_track_id": SONG}}, {"is_playlist_upload": True}])
        if self._now_and_then(0.1):
            payload["access_authorities"] = self._draw.choice([None, None, ["0xab"]])
        return said(owner, f"Track/{self._action(track_id)}", track_id, payload)

    def _about_playlist(self) -> Said:
        playlist_id = self._draw.choice(PLAYLISTS)
        owner = self._owner(PLAYLISTS, playlist_id)
        if self._now_and_then(0.02):
            return said(owner, "Playlist/Delete", playlist_id)
        payload: dict[str, Any] = {"playlist_name": "List", "is_album": playlist_id == ALBUM}
        if self._now_and_then(0.5):
            payload["is_private"] = self._now_and_then(0.4)
        if self._now_and_then(0.8):
            tracks = self._draw.choices([*TRACKS, 2999999], k=self._draw.randint(0, 5))
            payload["playlist_contents"] = [{"track_id": each, "metadata_timestamp": 1767000000} for each in tracks]
        if self._now_and_then(0.3):
            payload |= self._draw.choice([SOLD, SOLD, {"is_stream_gated": False, "stream_conditions": None}])
        return said(owner, f"Playlist/{self._action(playlist_id)}", playlist_id, payload)

    def _about_event(self) -> Said:
        event_id = self._draw.choice(EVENTS)
        track_id = SONG if self._now_and_then(0.8) else self._draw.choice(TRACKS)
        host = self._owner(TRACKS, track_id)
        if self._now_and_then(0.1):
            return said(host, "Event/Delete", event_id)
        payload: dict[str, Any] = {"end_date": after(self._height + self._draw.randint(1, 20))}
        action = self._action(event_id)
        if action == "Update":
            payload["event_data"] = {"winners": self._draw.choice([[], [TRACKS[1]], None, [TRACKS[2], TRACKS[3]]])}
        else:
            kind = "remix_contest" if self._now_and_then(0.8) else "live_event"
            payload |= {"event_type": kind, "entity_type": "track", "entity_id": track_id}
        return said(host, f"Event/{action}", event_id, payload)

    def _relation(self) -> Said:
        pairs = ("User/Follow", "User/Unfollow", "Track/Save", "Track/Unsave", "Event/Subscribe", "Event/Unsubscribe")
        pair = self._draw.choice([*pairs, "User/Subscribe", "User/Unsubscribe", "User/Follow", "Track/Save"])
        targets = {"User": USERS, "Track": (SONG, SONG, *TRACKS[:4]), "Event": EVENTS}[pair.split("/")[0]]
        return said(self._draw.choice(USERS), pair, self._draw.choice(targets))
