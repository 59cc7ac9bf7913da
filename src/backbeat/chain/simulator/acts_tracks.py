"""Uploading, editing, deleting and downloading tracks."""

from datetime import UTC, datetime
from random import Random
from typing import Any

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Draft, act, signed_by, wrapped
from backbeat.chain.simulator.acts_social import draft
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.contests import parent
from backbeat.chain.simulator.world import (
    DELETED_AFTER_CHAPTERS,
    TRACKS_DELETED_PER_VERSE,
    TRACKS_PER_VERSE,
    Descent,
    World,
    track_id,
    user_id,
)

_VISIBLE = dict.fromkeys(("mood", "tags", "genre", "share", "play_count", "remixes"), True)
_AHEAD_SECONDS = (10, 300, 3_600, 86_400)  # of scheduled releases, in turn: some come out while one looks on


@act("Track/Create", per_verse=TRACKS_PER_VERSE)
def create(chapter: Chapter, slot: int, now: int) -> Draft:
    """Upload the next track."""
    return upload(chapter.world, chapter.world.tracks.born(chapter.number)[slot], now)


def upload(world: World, track: int, now: int) -> Draft:
    """Return the Track/Create of a track."""
    data = _payload(world, track, now)
    data |= {"track_segments": [], "cover_art_sizes": words.upload_id(world.track_dice(track))}
    collaborator = world.collaborator(track)
    if collaborator is not None:
        data["collaborators"] = [user_id(collaborator)]
    return _by_owner(world, track, "Create", wrapped(data | {"audio_analysis_error_count": 0}))


@act("Track/Update", per_verse=5)
def update(chapter: Chapter, slot: int, now: int) -> Draft:
    """Resend a new track with another description, sometimes another title; this publishes hidden ones."""
    world, dice = chapter.world, chapter.dice("Track/Update", slot)
    track = chapter.fresh(world.tracks, dice)
    data = _payload(world, track, now - 60)
    data |= {"description": dice.choice(words.SENTENCES), "is_unlisted": False, "is_scheduled_release": False}
    if dice.random() < 0.3:
        data["title"] += " (Remastered)"
    return _by_owner(world, track, "Update", wrapped(data))


@act("Track/Delete", per_verse=TRACKS_DELETED_PER_VERSE)
def delete(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Delete a track that is some chapters old."""
    birth = chapter.number - DELETED_AFTER_CHAPTERS
    if not chapter.world.tracks.born(birth):
        return None
    return _by_owner(chapter.world, chapter.world.deleted_track(birth, slot), "Delete", "")


@act("Track/Download", per_verse=11)
def download(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Download any track: the body is missing, empty, or says from where."""
    dice = chapter.dice("Track/Download", slot)
    user, track = chapter.some_user(dice), chapter.some_track(dice)
    place = {"city": "Porto", "region": "Porto District", "country": "Portugal"}
    bodies = ("", wrapped({}), wrapped({}), wrapped(place))
    return Draft(
        user_id=user_id(user),
        entity_type="Track",
        entity_id=track_id(track),
        action="Download",
        signer=signed_by(user),
        metadata=dice.choice(bodies),
    )


def approve(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the first collaborator of a new track agree."""
    return _answer(chapter, slot, 0, "Approve")


def decline(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let the next one refuse."""
    return _answer(chapter, slot, 1, "Reject")


def _answer(chapter: Chapter, slot: int, place: int, action: str) -> Draft | None:
    """Return the answer of the ``place``-th collaborator who is named on a new track."""
    world = chapter.world
    new = world.tracks.born(chapter.birth)[slot :: world.verses]
    named = [(user, track) for track in new if (user := world.collaborator(track)) is not None]
    return draft(named[place], "TrackCollaborator", action, track_id) if place < len(named) else None


def _by_owner(world: World, track: int, action: str, metadata: str) -> Draft:
    owner = world.track_owner(track)
    return Draft(
        user_id=user_id(owner),
        entity_type="Track",
        entity_id=track_id(track),
        action=action,
        signer=signed_by(owner),
        metadata=metadata,
    )


def _payload(world: World, track: int, now: int) -> dict[str, Any]:
    """Return what an edit and an upload have in common, the same for a track whenever it is asked for."""
    dice = world.track_dice(track)
    title = dice.choice(words.TITLES) + dice.choice(words.SUFFIXES)
    is_scheduled, is_downloadable = dice.random() < 0.02, dice.random() < 0.4
    return {
        "track_id": track_id(track),
        "description": dice.choice(words.SENTENCES) if dice.random() < 0.7 else "",
        "field_visibility": _VISIBLE,
        "genre": dice.choice(words.GENRES),
        "isrc": "",
        "is_unlisted": is_scheduled or dice.random() < 0.05,
        "iswc": "",
        "license": None if dice.random() < 0.95 else "All rights reserved",
        "mood": dice.choice((*words.MOODS, None)),
        **_gates(world, track, dice),
        "release_date": release_date(now + (ahead_seconds(track) if is_scheduled else 0)),
        "tags": ",".join(dice.sample(words.TAGS, dice.randrange(4))),
        "title": title,
        "duration": dice.randint(45, 420),
        "audio_upload_id": words.upload_id(dice),
        "track_cid": words.audio_cid(dice),
        "preview_cid": "",
        "orig_file_cid": words.audio_cid(dice),
        "orig_filename": f"{title}.wav",
        "is_downloadable": is_downloadable,
        "is_original_available": is_downloadable,
        "ddex_release_ids": None,
        "ddex_app": "",
        "parental_warning_type": None,
        "bpm": round(dice.uniform(70, 175), 1) if dice.random() < 0.9 else dice.randint(70, 175),
        "is_custom_bpm": False,
        "musical_key": dice.choice(words.KEYS),
        "is_custom_musical_key": False,
        "comments_disabled": False,
        "is_scheduled_release": is_scheduled,
        "owner_id": user_id(world.track_owner(track)),
    }


def _gates(world: World, track: int, dice: Random) -> dict[str, Any]:
    """Return who may stream the track, and of which other track it is a remix or stem."""
    descent, terms = world.descent(track), None
    if dice.random() < 0.03 and descent is not Descent.STEM:
        splits = [{"user_id": user_id(world.track_owner(track)), "percentage": 100.0}]
        terms = {"usdc_purchase": {"price": dice.choice((99, 199, 499)), "splits": splits}}
    gates: dict[str, Any] = {
        "is_stream_gated": terms is not None,
        "stream_conditions": terms,
        "is_download_gated": terms is not None,
        "download_conditions": terms,
    }
    original = parent(world, track)
    if original is not None and descent is Descent.STEM:
        gates["stem_of"] = {"parent_track_id": track_id(original), "category": "VOCAL"}
    elif original is not None:
        gates["remix_of"] = {"tracks": [{"parent_track_id": track_id(original)}]}
    return gates


def ahead_seconds(number: int) -> int:
    """Return how long after its upload a scheduled track or album comes out."""
    return _AHEAD_SECONDS[number % len(_AHEAD_SECONDS)]


def release_date(unix_seconds: int) -> str:
    """Return an instant as clients write it."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
