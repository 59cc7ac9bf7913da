"""What users hear of: notifications that are looked at, announcements, and comments that are heard of no more."""

import msgspec

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import VERIFIER, Draft, act, flat, signed_by
from backbeat.chain.simulator.acts_social import draft
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.world import comment_id, playlist_id, track_id, user_id

_CHAPTERS_PER_ANNOUNCEMENT = 4


@act("Notification/View", per_verse=42)
def view(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Look at the notifications."""
    user = chapter.some_user(chapter.dice("Notification/View", slot))
    return draft((user, user), "Notification", "View", user_id)


@act("Notification/ViewPlaylist", per_verse=5)
def view_playlist(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Look at what is new in a playlist."""
    dice = chapter.dice("Notification/ViewPlaylist", slot)
    pair = chapter.some_user(dice), chapter.fresh(chapter.world.playlists, dice)
    return draft(pair, "Notification", "ViewPlaylist", playlist_id)


@act("Notification/Create", per_verse=1)
def announce(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the network's verifier tell everybody something, once in a few chapters."""
    if slot or chapter.number % _CHAPTERS_PER_ANNOUNCEMENT:
        return None
    return msgspec.structs.replace(announcement(chapter, "announce", slot), signer=VERIFIER)


def announcement(chapter: Chapter, purpose: str, slot: int) -> Draft:
    """Return an announcement in the name of some user, whose own key signs it."""
    dice = chapter.dice(purpose, slot)
    user = chapter.some_user(dice)
    body = {"title": dice.choice(words.TITLES), "short_description": dice.choice(words.SENTENCES)}
    return Draft(
        user_id=user_id(user),
        entity_type="Notification",
        entity_id=0,
        action="Create",
        signer=signed_by(user),
        metadata=flat(body),
    )


def mute_track(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Let the owner of a new track hear no more of what is said about it."""
    return _by_owner(chapter, slot, "Mute")


def unmute_track(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Let the owner of a new track, muted or not, hear of it."""
    return _by_owner(chapter, slot, "Unmute")


def mute_comment(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the author of a new comment hear no more of the answers."""
    return _by_author(chapter, slot, "Mute")


def unmute_comment(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the author of a new comment, muted or not, hear of the answers."""
    return _by_author(chapter, slot, "Unmute")


def _by_owner(chapter: Chapter, slot: int, action: str) -> Draft:
    track = chapter.fresh(chapter.world.tracks, chapter.dice(f"Track/{action}", slot))
    return draft((chapter.world.track_owner(track), track), "Track", action, track_id)


def _by_author(chapter: Chapter, slot: int, action: str) -> Draft | None:
    if not chapter.world.comments.born(chapter.birth):
        return None
    comment = chapter.fresh(chapter.world.comments, chapter.dice(f"Comment/{action}", slot))
    return draft((chapter.world.comment_author(comment), comment), "Comment", action, comment_id)
