"""Transactions that an indexer has to refuse, a few in each verse; the flaw is the code of section 0.3."""

from typing import Final

import msgspec

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Builder, Draft, act, wrapped
from backbeat.chain.simulator.acts_notices import announcement
from backbeat.chain.simulator.acts_social import draft, kept_follow
from backbeat.chain.simulator.acts_tracks import update
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.world import (
    BEYOND,
    PLAYLIST_ID_MIN,
    TRACK_ID_MIN,
    USER_ID_MIN,
    playlist_id,
    track_id,
    user_id,
)

_THEFTS: Final = 1_000_000  # slots of Track/Update from here on are no honest edits
_FORGERIES: Final = 2_000_000


def _flawed(honest: Draft, flaw: str, **changes: object) -> Draft:
    return msgspec.structs.replace(honest, flaw=flaw, **changes)


@act("mistake: follow twice", per_verse=1)
def follow_twice(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Follow a user for the second time."""
    pair = kept_follow(chapter, slot)
    return None if pair is None else _flawed(draft(pair, "User", "Follow", user_id), "duplicate")


@act("mistake: follow oneself", per_verse=1)
def follow_oneself(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Follow oneself."""
    user = chapter.some_user(chapter.dice("follow oneself", slot))
    return _flawed(draft((user, user), "User", "Follow", user_id), "self_target")


@act("mistake: save nothing", per_verse=1)
def save_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Save a track that was never uploaded."""
    dice = chapter.dice("save nothing", slot)
    unknown = TRACK_ID_MIN + BEYOND + dice.randrange(1 << 20)
    honest = draft((chapter.some_user(dice), 0), "Track", "Save", track_id)
    return _flawed(honest, "not_found", entity_id=unknown)


@act("mistake: save one's own", per_verse=1)
def save_own(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Save a track of one's own."""
    track = chapter.some_track(chapter.dice("save own", slot))
    return _flawed(draft((chapter.world.track_owner(track), track), "Track", "Save", track_id), "own_content")


@act("mistake: stranger", per_verse=1)
def stranger(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Follow a user without having signed up."""
    dice = chapter.dice("stranger", slot)
    honest = draft((0, chapter.some_user(dice)), "User", "Follow", user_id)
    unknown = USER_ID_MIN + BEYOND + dice.randrange(1 << 20)
    return _flawed(honest, "signer_unknown_user", user_id=unknown, signer=f"stranger/{unknown}")


@act("mistake: somebody else's key", per_verse=1)
def foreign_key(chapter: Chapter, slot: int, now: int) -> Draft:
    """Edit a track with the key of a user who has nothing to do with its owner."""
    honest = update(chapter, _THEFTS + slot, now)
    stolen = f"stranger/{chapter.number}/{slot}"
    return _flawed(honest, "signer_unauthorized", signer=stolen)


@act("mistake: not the owner", per_verse=1)
def not_the_owner(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Delete a track that belongs to another user."""
    dice = chapter.dice("not the owner", slot)
    track = chapter.fresh(chapter.world.tracks, dice)
    user = chapter.some_user(dice)
    if user == chapter.world.track_owner(track):
        return None
    return _flawed(draft((user, track), "Track", "Delete", track_id), "not_owner")


@act("mistake: tampered", per_verse=1)
def tampered(chapter: Chapter, slot: int, now: int) -> Draft:
    """Change the body after it was signed."""
    honest = update(chapter, _FORGERIES + slot, now)
    return _flawed(honest, "signer_unauthorized", tampered=honest.metadata + " ")


@act("mistake: handle taken", per_verse=1)
def handle_taken(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Sign up under a handle that a founder has."""
    dice = chapter.dice("handle taken", slot)
    unknown = USER_ID_MIN + BEYOND + (1 << 20) + dice.randrange(1 << 20)
    founders = chapter.world.users.founding
    taken = next(user for user in range(dice.randrange(founders), 2 * founders) if not chapter.world.is_guest(user))
    signer = f"late/{chapter.number}/{slot}"
    data = {"handle": words.handle_of(taken), "name": "Too Late", "events": {}, "user_id": unknown}
    return Draft(
        user_id=unknown,
        entity_type="User",
        entity_id=unknown,
        action="Create",
        signer=signer,
        metadata=wrapped(data, words.metadata_cid(dice)),
        flaw="handle_taken",
    )


@act("mistake: no title", per_verse=1)
def no_title(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Upload a track without a title."""
    dice = chapter.dice("no title", slot)
    user, unknown = chapter.some_user(dice), TRACK_ID_MIN + BEYOND + (1 << 20) + dice.randrange(1 << 20)
    body = wrapped({"track_id": unknown, "owner_id": user_id(user), "title": "", "genre": "Electronic"})
    honest = draft((user, 0), "Track", "Create", track_id, body)
    return _flawed(honest, "title_missing", entity_id=unknown)


def _subscribe_twice(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Subscribe to a user whom one follows."""
    pair = kept_follow(chapter, slot)
    return None if pair is None else _flawed(draft(pair, "User", "Subscribe", user_id), "duplicate")


def _mute_oneself(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Mute oneself."""
    user = chapter.some_user(chapter.dice("mute oneself", slot))
    return _flawed(draft((user, user), "User", "Mute", user_id), "self_target")


def _share_own(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Share a playlist of one's own."""
    playlist = chapter.fresh(chapter.world.playlists, chapter.dice("share own", slot))
    pair = chapter.world.playlist_owner(playlist), playlist
    return _flawed(draft(pair, "Playlist", "Share", playlist_id), "own_content")


def _look_at_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Look at a playlist that was never made."""
    dice = chapter.dice("look at nothing", slot)
    unknown = PLAYLIST_ID_MIN + BEYOND + dice.randrange(1 << 20)
    honest = draft((chapter.some_user(dice), 0), "Notification", "ViewPlaylist", playlist_id)
    return _flawed(honest, "not_found", entity_id=unknown)


def _announce_as_a_user(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Announce something without being the verifier."""
    return _flawed(announcement(chapter, "announce as a user", slot), "verifier_mismatch")


def _answer_unasked(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Agree to be the collaborator of one's own track, which no owner is."""
    track = chapter.some_track(chapter.dice("answer unasked", slot))
    honest = draft((chapter.world.track_owner(track), track), "TrackCollaborator", "Approve", track_id)
    return _flawed(honest, "not_pending")


_IN_TURN: Final[tuple[Builder, ...]] = (
    _subscribe_twice,
    _mute_oneself,
    _share_own,
    _look_at_nothing,
    _announce_as_a_user,
    _answer_unasked,
)


@act("mistake: one of the rarer ones", per_verse=1)
def rarer(chapter: Chapter, slot: int, now: int) -> Draft | None:
    """Make a mistake that few make, another one in each chapter."""
    return _IN_TURN[(chapter.number + slot) % len(_IN_TURN)](chapter, slot, now)
