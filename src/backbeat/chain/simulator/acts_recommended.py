"""Saving and reposting what another user, whom one follows, has reposted."""

from collections import defaultdict
from collections.abc import Iterator

from backbeat.chain.simulator.acts import Draft, flat
from backbeat.chain.simulator.acts_social import UNFOLLOWS_PER_VERSE, UNREPOSTS_PER_VERSE, draft
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.relations import Pair
from backbeat.chain.simulator.world import Descent, track_id


def repost(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Repost a track that a followed user reposted two chapters ago."""
    return _passed_on(chapter, slot, "Repost", "is_repost_of_repost")


def save(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Save a track that a followed user reposted two chapters ago."""
    return _passed_on(chapter, slot, "Save", "is_save_of_repost")


def _passed_on(chapter: Chapter, slot: int, action: str, flag: str) -> Draft | None:
    pair = next((pair for place, pair in enumerate(_found(chapter)) if place == slot), None)
    return pair and draft(pair, "Track", action, track_id, flat({flag: True}))


def _found(chapter: Chapter) -> Iterator[Pair]:
    """Yield users and tracks, each pair once, that have had nothing to do with each other and never will.

    The tracks were new two chapters ago, so that no chapter but that one may have paired them with anybody older; and
    they are no remixes, which their parent's owner may repost.
    """
    world, fans, told = chapter.world, _fans(chapter), _pairs_of(chapter, "save track", "repost track")
    for user, track in _kept(chapter, "repost track", UNREPOSTS_PER_VERSE):
        is_new = world.tracks.birth(track) == chapter.birth - SETTLING_CHAPTERS
        if not is_new or world.is_track_doomed(track) or world.descent(track) is not Descent.NONE:
            continue
        for fan in fans[user]:
            if fan != world.track_owner(track) and (fan, track) not in told:
                told.add((fan, track))
                yield fan, track


def _fans(chapter: Chapter) -> defaultdict[int, list[int]]:
    """Return who has followed whom two chapters ago, and goes on doing so."""
    fans = defaultdict[int, list[int]](list)
    for fan, user in _kept(chapter, "follow", UNFOLLOWS_PER_VERSE):
        fans[user].append(fan)
    return fans


def _kept(chapter: Chapter, relation: str, taken_back_per_verse: int) -> list[Pair]:
    """Return the pairs of two chapters ago without the first, which are taken back."""
    made = chapter.relation(relation, chapters_ago=SETTLING_CHAPTERS)
    return made[taken_back_per_verse * chapter.world.verses :]


def _pairs_of(chapter: Chapter, *relations: str) -> set[Pair]:
    return {pair for name in relations for pair in chapter.relation(name, chapters_ago=SETTLING_CHAPTERS)}
