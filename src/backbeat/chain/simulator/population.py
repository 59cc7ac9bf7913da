"""How many of everything exist, as a function of the chapter of the story that is being told.

The story has chapters of equal length. What is born in a chapter is touched by others only two chapters later, so
no transaction ever refers to something that stands behind it in its own block. The founding population is born, by
name, in the two chapters before the first.
"""

from typing import Final

import msgspec

FOUNDING_CHAPTERS: Final = 2
FIRST_BIRTH: Final = -FOUNDING_CHAPTERS
SETTLING_CHAPTERS: Final = 2  # a block is at most one chapter long, so it can span two neighbours, never three


class Population(msgspec.Struct, frozen=True):
    """Things numbered from 0 in order of birth: ``founding`` per founding chapter, then ``regular`` per chapter."""

    founding: int
    regular: int

    def until(self, birth: int) -> int:
        """Return how many are born in chapter ``birth`` or before."""
        founded = min(max(birth + 1 + FOUNDING_CHAPTERS, 0), FOUNDING_CHAPTERS)
        return founded * self.founding + max(birth + 1, 0) * self.regular

    def born(self, birth: int) -> range:
        """Return the indexes of those born in that chapter, in order."""
        return range(self.until(birth - 1), self.until(birth))

    def birth(self, index: int) -> int:
        """Return the chapter in which ``index`` is born."""
        founded = FOUNDING_CHAPTERS * self.founding
        return index // self.founding - FOUNDING_CHAPTERS if index < founded else (index - founded) // self.regular


def owners_until(birth: int) -> int:
    """Return the last birth of users who can own something born in ``birth``; every founder can."""
    return max(birth - SETTLING_CHAPTERS, -1)
