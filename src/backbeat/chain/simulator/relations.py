"""Who follows, saves and reposts what: pairs that never come up twice, found without remembering any.

In a pair of chapter c at least one side is *new*, born in chapter c - 2, and the other is not younger. The younger
side therefore tells the one chapter in which a pair can come up, and only that chapter's own list has to be free of
repeats. Newcomers turn to what is popular, and the established turn to what is new.
"""

from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias

from backbeat.chain.simulator.draw import skewed
from backbeat.chain.simulator.population import SETTLING_CHAPTERS, Population

Pair: TypeAlias = tuple[int, int]

_NEWCOMER_SHARE: Final = 0.6
_STORM_CHANCE: Final = 0.35  # of a chapter in which the established flock to one newcomer
_STORM_SHARE: Final = 0.7
_SKEWED_TRIES: Final = 40  # a pair that keeps coming up is then drawn from everybody, evenly


def pairs(
    dice: Random,
    count: int,
    chapter: int,
    users: Population,
    targets: Population,
    owner: Callable[[int], int],
    hit_share: float = 0.0,
) -> list[Pair]:
    """Return ``count`` distinct pairs (user, target) of one chapter; nobody is paired with what is their own.

    ``hit_share`` of the newcomers turn to the first target of all.
    """
    birth = chapter - SETTLING_CHAPTERS
    draw = _Draw(dice, users.born(birth), targets.born(birth), hit_share)
    found: dict[Pair, None] = {}
    while len(found) < count:
        for attempt in range(_SKEWED_TRIES + 1):
            pair = draw.even() if attempt == _SKEWED_TRIES else draw.natural()
            if pair not in found and owner(pair[1]) != pair[0]:
                found[pair] = None
                break
    return list(found)


class _Draw:
    """Draws pairs of one chapter from those born by then."""

    def __init__(self, dice: Random, new_users: range, new_targets: range, hit_share: float) -> None:
        self._dice = dice
        self._hit_share = hit_share
        self._users = new_users
        self._targets = new_targets
        self._star = dice.choice(new_targets) if dice.random() < _STORM_CHANCE else None

    def natural(self) -> Pair:
        dice = self._dice
        if dice.random() < _NEWCOMER_SHARE:
            newcomer = self._users[skewed(dice.random(), len(self._users))]
            is_hit = self._hit_share and dice.random() < self._hit_share
            return newcomer, 0 if is_hit else skewed(dice.random(), self._targets.stop)
        if self._star is not None and dice.random() < _STORM_SHARE:
            target = self._star
        else:
            target = self._targets[skewed(dice.random(), len(self._targets))]
        return skewed(dice.random(), self._users.stop), target

    def even(self) -> Pair:
        return self._dice.choice(self._users), self._dice.randrange(self._targets.stop)
