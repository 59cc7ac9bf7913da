"""Newcomers of one chapter who begin something together, and go on with it chapters later."""

from enum import IntEnum
from typing import NamedTuple

from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.world import USERS_FOUNDING, World


class Part(IntEnum):
    """What a newcomer does; no two parts fall to the same user."""

    CREATOR = 0
    """Registers an app."""
    LISTENER = 1
    """Lets the app act."""
    MANAGED = 2
    """Asks the manager, who agrees."""
    MANAGER = 3
    """Is asked, by two."""
    DECLINED = 4
    """Asks the manager, who declines or never answers."""
    INVESTOR = 5
    """Has a wallet of the protocol's dashboard."""
    COLLECTOR = 6
    """Arranges collectibles."""
    CORRESPONDENT = 7
    """Has an encrypted email address."""
    CONFIDANT = 8
    """Gets a key to it, and hands it on."""
    LAST_TO_KNOW = 9
    """Gets the key from the confidant."""
    HOST = 10
    """Announces a show."""


class Cohort(NamedTuple):
    """Those who began in a chapter and slot."""

    world: World
    number: int
    slot: int

    def user(self, part: Part) -> int:
        """Return who has a part."""
        return self.world.users.born(self.number - SETTLING_CHAPTERS).start + self.slot * USERS_FOUNDING + part

    def key(self, purpose: str) -> str:
        """Return the name of a key that the cohort has for a purpose."""
        return f"{purpose}/{self.number}/{self.slot}"

    def address(self, purpose: str) -> str:
        """Return the lower-case address of that key."""
        return self.world.signer(self.key(purpose)).address.lower()

    def wallet(self, part: Part) -> str:
        """Return the lower-case address of the wallet of who has a part."""
        return self.world.user_signer(self.user(part)).address.lower()


def cohort(chapter: Chapter, slot: int, chapters_ago: int = 0) -> Cohort | None:
    """Return the cohort that began so long ago, None before the story begins."""
    number = chapter.number - chapters_ago
    return None if number < 0 else Cohort(chapter.world, number, slot)


def is_manager(world: World, user: int) -> bool:
    """Whether the user is the manager of some cohort, be it one to come."""
    slot, place = divmod(user - world.users.born(world.users.birth(user)).start, USERS_FOUNDING)
    return place == Part.MANAGER and slot < world.verses
