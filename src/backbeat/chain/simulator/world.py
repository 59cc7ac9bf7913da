"""The facts of the made-up network. Every fact is a function of the seed and an index; nothing is remembered."""

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import Final, NamedTuple

from backbeat.chain.networks import Network
from backbeat.chain.signatures import Signer
from backbeat.chain.simulator.draw import Stream, scattered, skewed
from backbeat.chain.simulator.population import Population, owners_until

USER_ID_MIN: Final = 3_000_000  # ids below these belong to an older history and cannot be created (section 4.3)
TRACK_ID_MIN: Final = 2_000_000
PLAYLIST_ID_MIN: Final = 400_000
COMMENT_ID_MIN: Final = 4_000_000
EVENT_ID_MIN: Final = 1
BEYOND: Final = 1 << 30  # added to a minimum: ids from here on are never given to anything

# How many are born per verse, the smallest stretch of the story that holds the whole mix: see schedule.py.
USERS_PER_VERSE: Final = 126
TRACKS_PER_VERSE: Final = 46
PLAYLISTS_PER_VERSE: Final = 8
COMMENTS_PER_VERSE: Final = 18
USERS_FOUNDING: Final = 100  # per verse and founding chapter
_TRACKS_FOUNDING: Final = 120
_PLAYLISTS_FOUNDING: Final = 24

TRACKS_DELETED_PER_VERSE: Final = 2
PLAYLISTS_DELETED_PER_VERSE: Final = 1
DELETED_AFTER_CHAPTERS: Final = 4  # later than every change to what is new

_SIGNERS_KEPT: Final = 20_000  # about 25 MB; making one costs as much as one and a half signatures
_ALBUM_SHARE: Final = 0.2
_NEW_ARTIST_SHARE: Final = 0.4
_REPLY_SHARE: Final = 0.35
_GUEST_SHARE: Final = 0.01
_COLLABORATION_SHARE: Final = 0.08
_STREAMS: Final = (
    *("user", "track", "playlist", "album", "comment", "reply", "parent"),
    *("descent", "ancestor", "collaborator"),
)
_FOUNDERS_PER_VERIFIED: Final = 6
_STEMS_UNTIL, _REMIXES_UNTIL, _ENTRIES_UNTIL = 0.02, 0.06, 0.1  # shares of new tracks, cumulated


class Descent(Enum):
    """What a track is to an older one: nothing, a stem of it, a remix, or a remix made for a contest."""

    NONE = "none"
    STEM = "stem"
    REMIX = "remix"
    ENTRY = "entry"


class _Doom(NamedTuple):
    """A cohort is cut into as many equal parts as are to be deleted, and one of each part is."""

    population: Population
    parts: int
    stream: Stream

    def victim(self, birth: int, part: int) -> int:
        born = self.population.born(birth)
        size = len(born) // self.parts
        return born.start + part * size + self.stream.below(birth * self.parts + part, size)

    def meets(self, index: int) -> bool:
        birth = self.population.birth(index)
        born = self.population.born(birth)
        part = (index - born.start) // (len(born) // self.parts)
        return part < self.parts and self.victim(birth, part) == index


class World:
    """Who exists, who made what, and who signs with which key. ``verses`` scales everything born per chapter."""

    def __init__(self, seed: int, network: Network, verses: int) -> None:
        self.seed = seed
        self.verses = verses
        self.users = Population(USERS_FOUNDING * verses, USERS_PER_VERSE * verses)
        self.tracks = Population(_TRACKS_FOUNDING * verses, TRACKS_PER_VERSE * verses)
        self.playlists = Population(_PLAYLISTS_FOUNDING * verses, PLAYLISTS_PER_VERSE * verses)
        self.comments = Population(0, COMMENTS_PER_VERSE * verses)
        self._streams: Mapping[str, Stream] = {name: Stream(seed, name) for name in _STREAMS}
        self._track_doom = _Doom(self.tracks, TRACKS_DELETED_PER_VERSE * verses, Stream(seed, "track doom"))
        self._playlist_doom = _Doom(self.playlists, PLAYLISTS_DELETED_PER_VERSE * verses, Stream(seed, "playlist doom"))
        self.signer = lru_cache(maxsize=_SIGNERS_KEPT)(
            lambda name: Signer(sha256(f"backbeat simulator/{seed}/{name}".encode()).digest(), network)
        )

    # users

    def user_signer(self, user: int) -> Signer:
        """Return the signer of a user; the key depends on the seed and the index only."""
        return self.signer(f"user/{user}")

    def is_guest(self, user: int) -> bool:
        """Whether the user signs up without a profile."""
        return self._streams["user"].unit(user) < _GUEST_SHARE

    def verified_founders(self) -> range:
        """Return the users whom the verifier vouches for at the beginning."""
        return range(0, self.users.until(-1), _FOUNDERS_PER_VERIFIED)

    def is_verified(self, user: int) -> bool:
        """Whether the verifier vouches for the user at the beginning; of those vouched for later nothing is said."""
        return user in self.verified_founders()

    def user_dice(self, user: int) -> Random:
        """Return the dice of what never changes about a user."""
        return self._streams["user"].dice(user)

    # tracks

    def track_owner(self, track: int) -> int:
        """Return the user who uploads a track: half the time a well-known one."""
        return self._artist(self._streams["track"], track, self.tracks.birth(track))

    def track_dice(self, track: int) -> Random:
        """Return the dice of what never changes about a track."""
        return self._streams["track"].dice(track)

    def descent(self, track: int) -> Descent:
        """Return what a track is to an older one; what founders upload is original."""
        chance = self._streams["descent"].unit(track)
        if self.tracks.birth(track) < 0 or chance >= _ENTRIES_UNTIL:
            return Descent.NONE
        if chance < _STEMS_UNTIL:
            return Descent.STEM
        return Descent.REMIX if chance < _REMIXES_UNTIL else Descent.ENTRY

    def ancestor(self, track: int, bound: int) -> int:
        """Return a number in [0, ``bound``) that tells from which of so many a track descends."""
        return self._streams["ancestor"].below(track, bound)

    def collaborator(self, track: int) -> int | None:
        """Return the user whom the owner of a track names as its collaborator, None mostly."""
        chance = self._streams["collaborator"].unit(track)
        if chance >= _COLLABORATION_SHARE:
            return None
        settled = self.users.until(owners_until(self.tracks.birth(track)))
        user = skewed(chance / _COLLABORATION_SHARE, settled)
        return None if user == self.track_owner(track) else user

    def deleted_track(self, birth: int, part: int) -> int:
        """Return the ``part``-th of the tracks of a birth chapter that get deleted later."""
        return self._track_doom.victim(birth, part)

    def is_track_doomed(self, track: int) -> bool:
        """Whether the track is deleted one day."""
        return self._track_doom.meets(track)

    # playlists

    def is_album(self, playlist: int) -> bool:
        """Whether the playlist is an album."""
        return self._streams["playlist"].unit(playlist) < _ALBUM_SHARE

    def album_track(self, playlist: int) -> int:
        """Return the track around which an album is made; only for albums."""
        last = owners_until(self.playlists.birth(playlist))
        return self._streams["album"].below(playlist, self.tracks.until(last))

    def playlist_owner(self, playlist: int) -> int:
        """Return who makes a playlist; for an album the owner of its first track."""
        if self.is_album(playlist):
            return self.track_owner(self.album_track(playlist))
        return self._artist(self._streams["album"], playlist, self.playlists.birth(playlist))

    def playlist_dice(self, playlist: int) -> Random:
        """Return the dice of what never changes about a playlist."""
        return self._streams["playlist"].dice(playlist)

    def deleted_playlist(self, birth: int, part: int) -> int:
        """Return the ``part``-th of the playlists of a birth chapter that get deleted later."""
        return self._playlist_doom.victim(birth, part)

    def is_playlist_doomed(self, playlist: int) -> bool:
        """Whether the playlist is deleted one day."""
        return self._playlist_doom.meets(playlist)

    # comments

    def comment_author(self, comment: int) -> int:
        """Return who writes a comment."""
        settled = self.users.until(owners_until(self.comments.birth(comment)))
        return skewed(self._streams["comment"].unit(comment), settled)

    def comment_parent(self, comment: int) -> int | None:
        """Return the comment that this one answers, always one that answers nothing itself."""
        birth = self.comments.birth(comment) - 2
        if birth < 0 or self._streams["reply"].unit(comment) >= _REPLY_SHARE:
            return None
        born = self.comments.born(birth)
        parent = born.start + self._streams["parent"].below(comment, len(born))
        return None if self.comment_parent(parent) is not None else parent

    def comment_track(self, comment: int) -> int:
        """Return the track that a comment is about."""
        parent = self.comment_parent(comment)
        if parent is not None:
            return self.comment_track(parent)
        settled = self.tracks.until(owners_until(self.comments.birth(comment)))
        return skewed(self._streams["parent"].unit(comment), settled)

    def _artist(self, stream: Stream, place: int, birth: int) -> int:
        last = owners_until(birth)
        chance = stream.unit(place)
        if chance < _NEW_ARTIST_SHARE:
            born = self.users.born(last)
            return born.start + int(chance / _NEW_ARTIST_SHARE * len(born))
        return skewed((chance - _NEW_ARTIST_SHARE) / (1 - _NEW_ARTIST_SHARE), self.users.until(last))


def user_id(user: int) -> int:
    """Return the id of a user on the wire."""
    return USER_ID_MIN + scattered(user)


def track_id(track: int) -> int:
    """Return the id of a track on the wire."""
    return TRACK_ID_MIN + scattered(track)


def playlist_id(playlist: int) -> int:
    """Return the id of a playlist on the wire."""
    return PLAYLIST_ID_MIN + scattered(playlist)


def comment_id(comment: int) -> int:
    """Return the id of a comment on the wire."""
    return COMMENT_ID_MIN + scattered(comment)


def event_id(event: int) -> int:
    """Return the id of an event on the wire."""
    return EVENT_ID_MIN + scattered(event)
