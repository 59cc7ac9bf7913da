"""How many acts a run takes: fewer once one was cut off, as the block loop takes fewer blocks (index/pieces.py).

What an act costs is how many users hear of it, and dozens of stars may release something within a few blocks. Such a
run would meet the time limit of statements again and again.
"""

from typing import Final

CUT_SHARE: Final = 10  # of the acts of a run that was cut: 5,000 to one in four cuts, each of which lasts a whole limit
GROWTH: Final = 2  # with each run that is done


class AtOnce:
    """At most ``acts_max`` acts. ``has_time``: one act was cut off by itself, and gets more time than statements do."""

    def __init__(self, acts_max: int) -> None:
        self._most = acts_max
        self.acts_max = acts_max
        self.has_time = False

    def done(self) -> None:
        """Take more again."""
        self.acts_max = min(self.acts_max * GROWTH, self._most)
        self.has_time = False

    def cut(self, acts: int) -> bool:
        """Take a part of the ``acts`` that were cut off; False if it was one that had time."""
        was_given_time = self.has_time and acts == 1
        self.acts_max = max(acts // CUT_SHARE, 1)
        self.has_time = acts == 1
        return not was_given_time
