"""Transactions that an indexer has to refuse, a few in each verse; the flaw is the code of section 0.3."""

from typing import Final

import msgspec

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Draft, act, wrapped
from backbeat.chain.simulator.acts_social import draft, kept_follow
from backbeat.chain.simulator.acts_tracks import update
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.world import (
    BEYOND,
    TRACK_ID_MIN,
    USER_ID_MIN,
    track_id,
    user_id,
)

_THEFTS: Final = 1_000_000  # slots of Track/Update from here on are no honest edits
_FORGERIES: Final = 2_000_000


def flawed(honest: Draft, flaw: str, **changes: object) -> Draft:
    """Return a draft with the changes that make it wrong."""
    return msgspec.structs.replace(honest, flaw=flaw, **changes)


def follow_twice(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Follow a user for the second time."""
    pair = kept_follow(chapter, slot)
    return None if pair is None else flawed(draft(pair, "User", "Follow", user_id), "duplicate")


def follow_oneself(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Follow oneself."""
    user = chapter.some_user(chapter.dice("follow oneself", slot))
    return flawed(draft((user, user), "User", "Follow", user_id), "self_target")


def save_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Save a track that was never uploaded."""
    dice = chapter.dice("save nothing", slot)
    unknown = TRACK_ID_MIN + BEYOND + dice.randrange(1 << 20)
    honest = draft((chapter.some_user(dice), 0), "Track", "Save", track_id)
    return flawed(honest, "not_found", entity_id=unknown)


def save_own(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Save a track of one's own."""
    track = chapter.some_track(chapter.dice("save own", slot))
    return flawed(draft((chapter.world.track_owner(track), track), "Track", "Save", track_id), "own_content")


@act("mistake: stranger", per_verse=1)
def stranger(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Follow a user without having signed up."""
    dice = chapter.dice("stranger", slot)
    honest = draft((0, chapter.some_user(dice)), "User", "Follow", user_id)
    unknown = USER_ID_MIN + BEYOND + dice.randrange(1 << 20)
    return flawed(honest, "signer_unknown_user", user_id=unknown, signer=f"stranger/{unknown}")


@act("mistake: somebody else's key", per_verse=1)
def foreign_key(chapter: Chapter, slot: int, now: int) -> Draft:
    """Edit a track with the key of a user who has nothing to do with its owner."""
    honest = update(chapter, _THEFTS + slot, now)
    stolen = f"stranger/{chapter.number}/{slot}"
    return flawed(honest, "signer_unauthorized", signer=stolen)


@act("mistake: not the owner", per_verse=1)
def not_the_owner(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Delete a track that belongs to another user."""
    dice = chapter.dice("not the owner", slot)
    track = chapter.fresh(chapter.world.tracks, dice)
    user = chapter.some_user(dice)
    if user == chapter.world.track_owner(track):
        return None
    return flawed(draft((user, track), "Track", "Delete", track_id), "not_owner")


@act("mistake: tampered", per_verse=1)
def tampered(chapter: Chapter, slot: int, now: int) -> Draft:
    """Change the body after it was signed."""
    honest = update(chapter, _FORGERIES + slot, now)
    return flawed(honest, "signer_unauthorized", tampered=honest.metadata + " ")


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
    return flawed(honest, "title_missing", entity_id=unknown)
