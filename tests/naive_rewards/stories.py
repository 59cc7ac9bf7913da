"""Random histories of a small network: few users, many acts, several a block, and others who write past the chain.

The same seed makes the same history. Times are multiples of four hours more often than not, so that days, weeks and
months end exactly where a window does.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from backbeat.chain.proto import core_pb2
from backbeat.index.wire.transaction import EntityRules
from builders.chain import GENESIS, entity, play, plays
from naive_rewards.edits import Edit, Editor

USERS = tuple(range(3_000_001, 3_000_010))
TRACKS, PLAYLISTS, COMMENTS, CONTESTS = 2_000_001, 400_001, 4_000_001, 900_001
VERIFIER = f"0x{99:040x}"
RULES = EntityRules(verify_signatures=False, verifier_address=VERIFIER)
HOUR = timedelta(hours=1)
PAUSES = (timedelta(seconds=1), HOUR, *[4 * HOUR] * 4, 8 * HOUR, 16 * HOUR, 24 * HOUR, 72 * HOUR)
GAPS = (
    *(0 * HOUR, 15 * HOUR, 16 * HOUR, 16 * HOUR - timedelta(microseconds=1), 17 * HOUR, 24 * HOUR),
    *(24 * HOUR, 24 * HOUR, 47 * HOUR, 48 * HOUR - timedelta(microseconds=1), 48 * HOUR, -72 * HOUR),
)
Transaction = core_pb2.SignedTransaction
THEMES: Mapping[str, Mapping[str, int]] = {
    "anything": {},
    "cosigns": {"_cosign": 40, "_upload": 15},
    "arrivals": {"_arrival": 60, "_standing": 20},
    "contests": {"_contest": 30, "_upload": 15},
    "uploads": {"_change_track": 30, "_upload": 20, "_playlist": 15},
    "profiles": {"_profile": 25, "_relation": 30},
    "comments": {"_comment": 30, "_pin": 30},
    "weeks": {"_playlist": 40, "_upload": 30, "_relation": 20},
}
"""How much more likely kinds of acts are."""


class Made(NamedTuple):
    """A block."""

    transactions: Sequence[Transaction]
    time: datetime


Step = Made | Edit


class Story:
    """Draws what happens next, with an idea of what there is so that most of it is allowed.

    ``late``: some rows come late, stamped with blocks that are past.
    """

    def __init__(self, seed: int, *, late: bool = False) -> None:
        self._draw = Random(seed)
        self._likely = THEMES[[*THEMES][seed % len(THEMES)]]
        self._nonce = 0
        self._newcomer = USERS[-1]
        self._now = GENESIS
        self._tracks: dict[int, int] = {}  # and whose
        self._scheduled: set[int] = set()  # what comes out by itself is not published by hand
        self._playlists: dict[int, int] = {}
        self._comments: dict[int, int] = {}
        self._on: dict[int, int] = {}  # the track of a comment
        self._contests: dict[int, int] = {}
        self._heard: dict[int, datetime] = {}
        self._editor = Editor(self._draw, late=late)

    def steps(self, blocks: int) -> Iterator[Step]:
        """Yield blocks, and edits between them; the last block is long after all others."""
        yield self._editor.beginning()
        yield Made(list(self._first()), self._now)
        for _ in range(blocks):
            while self._draw.random() < 0.25:
                yield self._editor.edit(self._now, self._tracks, self._playlists, self._comments, self._contests)
            self._now += self._draw.choice(PAUSES)
            yield Made(list(self._block()), self._now)
        self._now += timedelta(days=40)
        yield Made([self._by(USERS[0], "User/Update", USERS[0], {"location": "at last"})], self._now)

    def _first(self) -> Iterator[Transaction]:
        for at, user in enumerate(USERS[:7]):
            handle = {} if at == 5 else {"handle": f"user{at}"}
            yield self._by(user, "User/Create", user, {**handle, "events": {"referrer": USERS[at // 2]}})
        for user in USERS[:3]:
            yield self._verify(user)
        for user in (*USERS[:4], USERS[0]):
            yield self._new_track(user, {})
        for user in USERS[:2]:
            yield self._new_contest(user)

    def _block(self) -> Iterator[Transaction]:
        if self._draw.random() < 0.12:
            return
        if self._draw.random() < 0.15:
            yield self._plays()
            return
        busy = self._draw.choice(USERS[:6]) if self._draw.random() < 0.3 else None
        for _ in range(self._draw.choice((1, 2, 3, 5, 8))):
            yield from self._act(busy or self._draw.choice(USERS[:7]))

    def _act(self, user: int) -> Iterator[Transaction]:
        kinds: Mapping[Callable[[int], Iterator[Transaction] | Transaction], int] = {
            self._standing: 10, self._profile: 8, self._arrival: 4, self._upload: 6, self._change_track: 8,
            self._playlist: 5, self._relation: 14, self._comment: 10, self._pin: 8, self._contest: 8, self._cosign: 4,
        }  # fmt: skip
        weights = [self._likely.get(kind.__name__, weight) for kind, weight in kinds.items()]
        found = self._draw.choices(list(kinds), weights)[0](user)
        yield from [found] if isinstance(found, Transaction) else found
        if self._draw.random() < 0.4:
            yield self._plays()

    def _by(
        self, user: int, pair: str, about: int, payload: Mapping[str, Any] | None = None, *, signer: str | None = None
    ) -> Transaction:
        self._nonce += 1
        text = "" if payload is None else json.dumps({"cid": "", "data": payload})
        return entity(1, user, pair, about, text, self._nonce, signer=signer or f"0x{user:040x}")

    def _verify(self, user: int) -> Transaction:
        return self._by(user, "User/Verify", user, {"is_verified": True}, signer=VERIFIER)

    def _standing(self, user: int) -> Iterator[Transaction]:
        if self._draw.random() < 0.15:
            yield self._verify(user)
        for _ in range(self._draw.choice((1, 1, 2))):
            yield self._by(user, "User/Update", user, {"is_deactivated": self._draw.random() < 0.45})

    def _profile(self, user: int) -> Transaction:
        said = self._draw.choice(("bio", "name", "profile_picture", "cover_photo", "cover_photo_sizes", "handle"))
        return self._by(user, "User/Update", user, {said: f"{said[:5]}{user % 100}{self._draw.randrange(3)}"})

    def _arrival(self, user: int) -> Transaction:
        referrer = self._draw.choice((USERS[0], USERS[1], USERS[4], *USERS))
        events = {"is_mobile_user": True} if self._draw.random() < 0.4 else {"referrer": referrer}
        if self._draw.random() < 0.4:
            self._newcomer += 1
            return self._by(self._newcomer, "User/Create", self._newcomer, {"events": events})
        return self._by(self._draw.choice((user, self._newcomer)), "User/Update", 0, {"events": events})

    def _cosign(self, _user: int) -> Transaction:
        """Have one of two artists like what may be a remix of its own."""
        kind = self._draw.choice(("Repost", "Repost", "Save", "Unrepost"))
        return self._by(self._draw.choice(USERS[:2]), f"Track/{kind}", self._draw.choice(sorted(self._tracks)[-12:]))

    def _new_track(self, user: int, said: Mapping[str, Any]) -> Transaction:
        number = TRACKS + len(self._tracks)
        self._tracks[number] = user
        if "release_date" in said:
            self._scheduled.add(number)
        return self._by(user, "Track/Create", number, {"title": f"T{number}", "owner_id": user, **said})

    def _upload(self, user: int) -> Transaction:
        of = self._draw.choice(sorted(self._tracks)[:6])
        release = (self._now + self._draw.choice((4, 5, 24, 30)) * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
        price = {
            "usdc_purchase": {
                "price": self._draw.choice((99, 150, 200)),
                "splits": [{"user_id": user, "percentage": 100}],
            }
        }
        gated = {
            "is_stream_gated": True,
            "is_download_gated": True,
            "stream_conditions": price,
            "download_conditions": price,
        }
        said: Mapping[str, Any] = self._draw.choice(
            (
                {}, {}, gated, {"is_scheduled_release": True, "release_date": release}, {"is_unlisted": True},
                {"stem_of": {"parent_track_id": of, "category": "x"}},
                *[{"remix_of": {"tracks": [{"parent_track_id": of}]}}] * 3,
                {"remix_of": {"tracks": [{"parent_track_id": of}, {"parent_track_id": TRACKS}]}},
            )
        )  # fmt: skip
        return self._new_track(user, said)

    def _mine(self, owned: Mapping[int, int], user: int) -> int:
        """Return something of a user's, or of whomever."""
        mine = [number for number, owner in owned.items() if owner == user]
        return self._draw.choice(mine or sorted(owned) or [1])

    def _change_track(self, user: int) -> Transaction:
        number = self._mine(self._tracks, user)
        if self._draw.random() < 0.15:
            return self._by(user, "Track/Delete", number)
        parents = self._draw.choice(([], [{"parent_track_id": TRACKS + self._draw.randrange(3)}]))
        said: Mapping[str, Any] = self._draw.choice(
            (
                {"is_unlisted": True}, {"is_unlisted": False}, {"is_unlisted": False}, {"title": f"N{self._nonce}"},
                {"remix_of": {"tracks": parents}},
            )
        )  # fmt: skip
        if number in self._scheduled:
            said = {"title": f"N{self._nonce}"}
        return self._by(user, "Track/Update", number, said)

    def _playlist(self, user: int) -> Transaction:
        tracks = self._draw.sample(
            sorted(self._tracks), min(len(self._tracks), self._draw.choice((0, 0, 1, 1, 5, 9, 12)))
        )
        held = [{"track_id": track, "time": 1} for track in tracks]
        if self._draw.random() < 0.4 or not self._playlists:
            number = PLAYLISTS + len(self._playlists)
            self._playlists[number] = user
            said = {"playlist_name": "P", "playlist_contents": held, "is_private": self._draw.random() < 0.3}
            said["is_album"] = self._draw.random() < 0.1
            return self._by(user, "Playlist/Create", number, said)
        number = self._mine(self._playlists, user)
        if self._draw.random() < 0.2:
            return self._by(user, "Playlist/Delete", number)
        return self._by(user, "Playlist/Update", number, {"playlist_contents": held})

    def _relation(self, user: int) -> Iterator[Transaction]:
        kind = self._draw.choice(("Follow", "Follow", "Save", "Repost", "Repost"))
        item = self._draw.choice(USERS[:7] if kind == "Follow" else [*self._tracks, *self._tracks, *self._playlists])
        of = "User" if kind == "Follow" else "Track" if item in self._tracks else "Playlist"
        for _ in range(self._draw.choice((1, 1, 2, 3))):
            undo = self._draw.random() < 0.35
            yield self._by(user, f"{of}/{'Un' + kind.lower() if undo else kind}", item)

    def _comment(self, user: int) -> Iterator[Transaction]:
        if self._comments and self._draw.random() < 0.35:
            number = self._mine(self._comments, user)
            about = {"entity_id": self._on[number], "body": "changed"}
            yield self._draw.choice(
                (self._by(user, "Comment/Delete", number), self._by(user, "Comment/Update", number, about))
            )
            return
        number = COMMENTS + len(self._comments)
        self._comments[number] = user
        track = self._on[number] = self._draw.choice([TRACKS, TRACKS + 1, TRACKS + 2, *self._tracks])
        yield self._by(user, "Comment/Create", number, {"entity_id": track, "body": "hi"})
        if self._draw.random() < 0.15:
            yield self._by(user, "Comment/Delete", number)

    def _pin(self, user: int) -> Iterator[Transaction]:
        if not self._comments:
            return
        mine = [number for number, track in self._on.items() if self._tracks[track] == user]
        number = self._draw.choice(mine or [*self._comments])
        track = self._on[number]
        for _ in range(self._draw.choice((1, 1, 2))):
            done = self._draw.choice(("Pin", "Pin", "Unpin"))
            yield self._by(self._tracks[track], f"Comment/{done}", number, {"entity_id": track})

    def _new_contest(self, user: int) -> Transaction:
        number = CONTESTS + len(self._contests)
        self._contests[number] = user
        said = {"event_type": "remix_contest", "entity_type": "track", "entity_id": self._mine(self._tracks, user)}
        end = (self._now + timedelta(days=2)).isoformat()
        return self._by(user, "Event/Create", number, {**said, "end_date": end, "event_data": {}})

    def _contest(self, user: int) -> Transaction:
        if self._draw.random() < 0.25:
            return self._new_contest(self._draw.choice(USERS[:4]))
        number = self._draw.choice(sorted(self._contests))
        host = self._contests[number]
        if self._draw.random() < 0.1:
            return self._by(user, "Event/Delete", number)
        listed: list[Any] = self._draw.sample(
            sorted(self._tracks), min(len(self._tracks), self._draw.choice((1, 2, 3, 8)))
        )
        said = self._draw.choice(
            (listed, listed, listed, [str(one) for one in listed], [*listed, "abc"], None, {"a": 1})
        )
        return self._by(host, "Event/Update", number, {"event_data": {"winners": said}})

    def _plays(self) -> Transaction:
        return plays(*(self._play() for _ in range(self._draw.choice((1, 1, 2, 4)))))

    def _play(self) -> core_pb2.TrackPlay:
        track = str(self._draw.choice([*self._tracks, *self._tracks, 7]))
        if self._draw.random() < 0.25:
            return play("", track, self._now)
        user = self._draw.choice(USERS[:4])
        at = self._heard.get(user, self._now) + self._draw.choice(GAPS)
        if not self._now - timedelta(days=3) <= at <= self._now:
            at = self._now
        self._heard[user] = max(at, self._heard.get(user, at))
        return play(str(user), track, at)
