"""Remix contests, users who wait for news of them, shows, and artists who recommend remixes of their own tracks."""

from datetime import UTC, datetime
from typing import Any

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Draft, act, wrapped
from backbeat.chain.simulator.acts_social import draft
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.cohort import Cohort, Part, cohort
from backbeat.chain.simulator.contests import contest_track, entries, parent
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.world import Descent, event_id, track_id

_CONTEST_SECONDS = 7 * 86_400
_SHOWS = 1 << 24  # numbers of events from here on are no contests; as many contests take centuries
_UNTIL_WINNERS = 2 * SETTLING_CHAPTERS  # the entries have settled by then


@act("Event/Create", per_verse=1)
def hold(chapter: Chapter, slot: int, now: int) -> Draft | None:
    """Let a verified artist hold a contest on a new track."""
    about = contest_track(chapter.world, chapter.number, slot)
    if about is None:
        return None
    body = {
        "event_type": "remix_contest",
        "entity_type": "track",
        "entity_id": track_id(about),
        "end_date": _date(now + _CONTEST_SECONDS),
        "event_data": _told(chapter, slot),
    }
    return _by_host(chapter, about, chapter.number, slot, "Create", body)


@act("Event/Update", per_verse=1)
def choose(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Name the winners of a contest that got entries."""
    held = chapter.number - _UNTIL_WINNERS
    about, entered = contest_track(chapter.world, held, slot), entries(chapter.world, held, slot)
    if about is None or not entered:
        return None
    told = {**_told(chapter, slot), "winners": [track_id(track) for track in entered]}
    return _by_host(chapter, about, held, slot, "Update", {"event_data": told})


@act("Event/Subscribe", per_verse=1)
def subscribe(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Subscribe to a contest of two chapters ago, as a user who has no entry in it."""
    return _listen(chapter, slot, "Subscribe")


@act("Event/Unsubscribe", per_verse=1)
def unsubscribe(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Take a subscription back after two chapters."""
    return _listen(Chapter(chapter.world, chapter.number - SETTLING_CHAPTERS), slot, "Unsubscribe")


def announce_show(chapter: Chapter, slot: int, now: int) -> Draft:
    """Announce a show, which is no contest and about no track."""
    body = {"event_type": "live_event", "end_date": _date(now + _CONTEST_SECONDS), "event_data": _told(chapter, slot)}
    return _of_show(Cohort(chapter.world, chapter.number, slot), "Create", wrapped(body))


def call_show_off(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Call a show off that was announced two chapters ago."""
    those = cohort(chapter, slot, SETTLING_CHAPTERS)
    return those and _of_show(those, "Delete", "")


def _of_show(those: Cohort, action: str, metadata: str) -> Draft:
    show = _SHOWS + those.number * those.world.verses + those.slot
    return draft((those.user(Part.HOST), show), "Event", action, event_id, metadata)


@act("cosign", per_verse=1)
def cosign(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let a verified artist repost a new remix of a track of the artist's own, unless that comes up anyway."""
    world = chapter.world
    for remix in world.tracks.born(chapter.birth)[slot :: world.verses]:
        original = parent(world, remix)
        if original is None or world.descent(remix) is Descent.STEM:
            continue
        artist = world.track_owner(original)
        is_free = world.track_owner(remix) != artist and (artist, remix) not in chapter.relation("repost track")
        if is_free and world.is_verified(artist):
            return draft((artist, remix), "Track", "Repost", track_id)
    return None


def _listen(chapter: Chapter, slot: int, action: str) -> Draft | None:
    """Return what the one subscriber of the chapter's slot does; a user who enters a contest is subscribed anyway."""
    world, held = chapter.world, chapter.number - SETTLING_CHAPTERS
    about = contest_track(world, held, slot) if held >= 0 else None
    if about is None:
        return None
    user = chapter.some_user(chapter.dice("Event/Subscribe", slot))
    made = range(world.tracks.born(held - SETTLING_CHAPTERS).start, world.tracks.until(chapter.number))
    if any(world.track_owner(track) == user and parent(world, track) == about for track in made):
        return None
    return draft((user, held * world.verses + slot), "Event", action, event_id)


def _by_host(chapter: Chapter, about: int, held: int, slot: int, action: str, body: dict[str, Any]) -> Draft:
    world = chapter.world
    return draft((world.track_owner(about), held * world.verses + slot), "Event", action, event_id, wrapped(body))


def _date(unix_seconds: int) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _told(chapter: Chapter, slot: int) -> dict[str, Any]:
    return {"description": chapter.dice("contest", slot).choice(words.SENTENCES), "prizeInfo": "A place on our shelf."}
