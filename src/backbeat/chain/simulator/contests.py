"""Which tracks descend from others, and the remix contests that a few of them are made for."""

from backbeat.chain.simulator.population import SETTLING_CHAPTERS, owners_until
from backbeat.chain.simulator.world import Descent, World

WINNERS_MAX = 3


def contest_track(world: World, chapter: int, slot: int) -> int | None:
    """Return the track that a contest of that chapter is about, None for no contest; no track ever has a second one."""
    new = world.tracks.born(chapter - SETTLING_CHAPTERS)[slot :: world.verses]
    return next((track for track in new if _suits(world, track)), None)


def entries(world: World, chapter: int, slot: int) -> list[int]:
    """Return the first few tracks that were made for a contest of that chapter; they are born two chapters later."""
    about = contest_track(world, chapter, slot)
    if about is None:
        return []
    born = world.tracks.born(chapter + SETTLING_CHAPTERS)
    found = (track for track in born if world.descent(track) is Descent.ENTRY and parent(world, track) == about)
    return list(found)[:WINNERS_MAX]


def parent(world: World, track: int) -> int | None:
    """Return the track of which another is a stem or remix, None for an original."""
    birth, descent = world.tracks.birth(track), world.descent(track)
    if descent is Descent.NONE:
        return None
    if descent is Descent.ENTRY:
        about = contest_track(world, birth - SETTLING_CHAPTERS, world.ancestor(track, world.verses))
        if about is not None:
            return about
    return world.ancestor(track, world.tracks.until(owners_until(birth)))


def _suits(world: World, track: int) -> bool:
    is_original = world.descent(track) is Descent.NONE and not world.is_track_doomed(track)
    return is_original and world.is_verified(world.track_owner(track))
