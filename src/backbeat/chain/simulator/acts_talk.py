"""Comments, what is done to them, and what is said to tips."""

from base64 import b32encode
from typing import Any

import msgspec

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Draft, act, wrapped
from backbeat.chain.simulator.acts_social import draft
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.world import COMMENTS_PER_VERSE, World, comment_id, track_id, user_id

_MENTION_SHARE = 0.2
_REACTIONS_PER_VERSE = 2
_REWORDED_AFTER_CHAPTERS = 3
_DELETED_AFTER_CHAPTERS = 4  # later than everything else that is done to a comment


@act("Comment/Create", per_verse=COMMENTS_PER_VERSE)
def comment(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Write the next comment, or answer to an older one."""
    world, dice = chapter.world, chapter.dice("Comment/Create", slot)
    index = world.comments.born(chapter.number)[slot]
    author, track, parent = world.comment_author(index), world.comment_track(index), world.comment_parent(index)
    data: dict[str, Any] = {
        "entity_type": "Track",
        "user_id": user_id(author),
        "track_id": track_id(track),
        "body": dice.choice(words.COMMENTS),
        "mentions": [],
        "current_sort": "top",
        "new_id": comment_id(index),
        "entity_id": track_id(track),
        "comment_id": comment_id(index),
    }
    if dice.random() < 0.9:
        data["track_timestamp_s"] = dice.randrange(40)
    if parent is not None:
        data["parent_comment_id"] = comment_id(parent)
    if dice.random() < _MENTION_SHARE:
        data["mentions"] = [user_id(chapter.some_user(dice))]
    return draft((author, index), "Comment", "Create", comment_id, wrapped(data))


@act("Comment/React", per_verse=_REACTIONS_PER_VERSE)
def react(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Like a new comment; each slot has comments of its own, so no comment is liked twice."""
    world, dice = chapter.world, chapter.dice("Comment/React", slot)
    born = world.comments.born(chapter.birth)
    if not born:
        return None
    liked = born[slot * (COMMENTS_PER_VERSE // _REACTIONS_PER_VERSE)]
    body = {"entity_id": track_id(world.comment_track(liked)), "entity_type": "Track"}
    return draft((chapter.some_user(dice), liked), "Comment", "React", comment_id, wrapped(body))


def pin(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the owner of a track pin a new comment. A verified owner pins another user's, if there is one."""
    pinned = _pinned(chapter, slot)
    return None if pinned is None else _by_owner(chapter.world, pinned, "Pin")


def _pinned(chapter: Chapter, slot: int) -> int | None:
    new = chapter.world.comments.born(chapter.birth)[slot :: chapter.world.verses]
    return next((comment for comment in new if _is_honoured(chapter.world, comment)), new[0]) if new else None


def _by_owner(world: World, comment: int, action: str) -> Draft:
    track = world.comment_track(comment)
    body = {"entity_id": track_id(track), "entity_type": "Track"}
    return draft((world.track_owner(track), comment), "Comment", action, comment_id, wrapped(body))


def _is_honoured(world: World, comment: int) -> bool:
    artist = world.track_owner(world.comment_track(comment))
    return world.is_verified(artist) and world.comment_author(comment) != artist


def reword(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the author of a comment change its words."""
    world, dice = chapter.world, chapter.dice("Comment/Update", slot)
    old = world.comments.born(chapter.number - _REWORDED_AFTER_CHAPTERS)
    if not old:
        return None
    comment = old[slot]
    body = {
        "entity_id": track_id(world.comment_track(comment)),
        "entity_type": "Track",
        "body": dice.choice(words.COMMENTS),
        "mentions": [user_id(chapter.some_user(dice))],
    }
    return draft((world.comment_author(comment), comment), "Comment", "Update", comment_id, wrapped(body))


def take_back(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the author of an older comment delete it."""
    world = chapter.world
    old = world.comments.born(chapter.number - _DELETED_AFTER_CHAPTERS)
    return draft((world.comment_author(old[slot]), old[slot]), "Comment", "Delete", comment_id) if old else None


def report(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Report a new comment of another user."""
    world, new = chapter.world, chapter.world.comments.born(chapter.birth)
    if not new:
        return None
    reported, user = new[slot * COMMENTS_PER_VERSE + 1], chapter.some_user(chapter.dice("Comment/Report", slot))
    if user == world.comment_author(reported):
        return None
    return draft((user, reported), "Comment", "Report", comment_id)


def take_like_back(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Take a like back, never of a comment that is about to be deleted."""
    then = Chapter(chapter.world, chapter.number - SETTLING_CHAPTERS)
    liked = react(then, chapter.world.verses + slot, 0)
    return None if liked is None else msgspec.structs.replace(liked, action="Unreact", metadata="")


def unpin(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the owner of a track take a comment from the top, if it is there still."""
    world = chapter.world
    pinned = _pinned(Chapter(world, chapter.number - SETTLING_CHAPTERS), slot)
    if pinned is None:
        return None
    track = world.comment_track(pinned)
    since = range(chapter.number - SETTLING_CHAPTERS - 1, chapter.number + 2)  # neighbours may share a block
    on_top = [_pinned(Chapter(world, number), verse) for number in since for verse in range(world.verses)]
    if sum(other is not None and world.comment_track(other) == track for other in on_top) > 1:
        return None
    return _by_owner(world, pinned, "Unpin")


@act("Tip/Update", per_verse=1)
def react_to_tip(chapter: Chapter, slot: int, _now: int) -> Draft:
    """React to a tip made on another chain, of which no indexer of this one knows."""
    dice = chapter.dice("Tip/Update", slot)
    user = chapter.some_user(dice)
    body = {
        "reacted_to": b32encode(dice.randbytes(50)).decode().replace("I", "J"),
        "reaction_value": dice.randint(1, 4),
    }
    honest = draft((user, user), "Tip", "Update", user_id, wrapped(body))
    return msgspec.structs.replace(honest, flaw="tip_not_found")
