"""One chapter of the story: what happens in it, in which order, and to whom."""

from collections.abc import Callable, Mapping
from functools import cached_property
from random import Random
from typing import Final, NamedTuple

from backbeat.chain.simulator.draw import Stream, skewed
from backbeat.chain.simulator.population import SETTLING_CHAPTERS, Population
from backbeat.chain.simulator.relations import Pair, pairs
from backbeat.chain.simulator.world import World

_VIRAL_CHANCE: Final = 0.5  # of a chapter in which one track is played far above its rank


class Relation(NamedTuple):
    """A kind of pair: how many come up per verse, between users and what, and who made the target.

    ``hit_share``: how many of the newcomers turn to one and the same, so that what few do comes to something.
    """

    per_verse: int
    targets: Callable[[World], Population]
    owner: Callable[[World, int], int]
    hit_share: float = 0.0


RELATIONS: Final[Mapping[str, Relation]] = {
    "follow": Relation(147, lambda world: world.users, lambda _, user: user),
    "save track": Relation(42, lambda world: world.tracks, World.track_owner),
    "repost track": Relation(14, lambda world: world.tracks, World.track_owner),
    "save playlist": Relation(20, lambda world: world.playlists, World.playlist_owner),
    "repost playlist": Relation(3, lambda world: world.playlists, World.playlist_owner, hit_share=0.9),
    "mute": Relation(2, lambda world: world.users, lambda _, user: user),
}


class Chapter:
    """The settled part of the world as this chapter finds it, and the choices made for it.

    ``number`` counts from 0. Slot numbers count the occasions of one kind within the chapter.
    """

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.number = number
        self.birth = number - SETTLING_CHAPTERS  # of what is new now
        self._pairs: dict[tuple[str, int], list[Pair]] = {}

    def dice(self, purpose: str, slot: int = 0) -> Random:
        """Return the dice of one occasion in this chapter."""
        return Stream(self.world.seed, f"{self.number}/{purpose}").dice(slot)

    def relation(self, name: str, *, chapters_ago: int = 0) -> list[Pair]:
        """Return the pairs of a relation in this chapter or an earlier one; empty before the story begins."""
        number = self.number - chapters_ago
        if number < 0:
            return []
        key = (name, number)
        if key not in self._pairs:
            kind, world = RELATIONS[name], self.world
            self._pairs[key] = pairs(
                Stream(world.seed, f"relation/{name}").dice(number),
                kind.per_verse * world.verses,
                number,
                world.users,
                kind.targets(world),
                lambda target: kind.owner(world, target),
                kind.hit_share,
            )
        return self._pairs[key]

    def some_user(self, dice: Random) -> int:
        """Return a settled user, new ones and well-known ones more often."""
        if dice.random() < 0.5:
            return self.fresh(self.world.users, dice)
        return skewed(dice.random(), self.world.users.until(self.birth))

    def some_track(self, dice: Random) -> int:
        """Return a settled track, popular ones more often."""
        return skewed(dice.random(), self.world.tracks.until(self.birth))

    def fresh(self, population: Population, dice: Random) -> int:
        """Return one of those that are new in this chapter."""
        return dice.choice(population.born(self.birth))

    @cached_property
    def viral_track(self) -> int | None:
        """The track that most users play during this chapter, if there is one."""
        dice = self.dice("viral")
        return self.fresh(self.world.tracks, dice) if dice.random() < _VIRAL_CHANCE else None
