"""In which order a backlog is taken: as the chain has it, blocks before edits."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypeGuard

import msgspec

from backbeat.incremental.change_feed import EditWindow
from backbeat.incremental.due import DueWindow
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.run import Positions
from backbeat.incremental.window import AnyFeed, AnyWindow

NEVER = -1  # before every block
FOR_EVER = 2**31 - 1  # behind every block


class News(NamedTuple):
    """The blocks that may be new about the keys of a run: those above ``since``, up to ``upto``."""

    since: int
    upto: int


ANYTHING = News(NEVER, FOR_EVER)


class End(msgspec.Struct, frozen=True, order=True):
    """What came last before something was switched off."""

    block: int
    play: int
    time: datetime


Ends = Mapping[str, End]
"""By the beginning of the names of feeds, where these end."""


def align_to_first_limit(positions: Positions) -> Positions:
    """End all windows of blocks where the first batch limit was met: a backlog is taken in the order of the chain."""
    by_block = [feed for feed in positions.feeds if is_by_block(feed)]
    stops = [window.upto for window in map(positions.of, by_block) if window.has_more]
    for feed in by_block if stops else ():
        positions = positions.replaced(feed, positions.of(feed).until(min(stops)))
    return positions


def end_with(positions: Positions, ends: Ends) -> Positions:
    """End what feeds tell where they were switched off, and leave edits that are not taken yet where they are.

    The run that comes to the end names the keys of all that is known by then, and positions of blocks stand at the
    end afterwards. What the change log tells else is taken: rows that come late are of the time that they hold.
    """
    for prefix, end in ends.items():
        mine = [feed for feed in positions.feeds if feed.checkpoint.startswith(prefix)]
        for feed in mine:
            positions = positions.replaced(feed, _ended(feed, positions.of(feed), end))
        comes_to_end = any(positions.of(feed).told is not None for feed in mine)
        for feed in mine:
            window = positions.of(feed)
            if isinstance(window, EditWindow):
                positions = positions.replaced(feed, window.left(named=comes_to_end))
    return positions


def _ended(feed: AnyFeed, window: AnyWindow, end: End) -> AnyWindow:
    if is_by_block(feed) and isinstance(window, StampWindow):
        return window.crossed(end.block)
    if isinstance(window, StampWindow):
        return window.ended(end.play)
    return window.ended(end.time) if isinstance(window, DueWindow) else window


def news_of(positions: Positions) -> News:
    """Return which blocks may be new about the keys that feeds of blocks name.

    What no run has taken lies behind the position of a feed that has news, so what lies before all of those was taken.
    """
    told = [positions.of(feed) for feed in positions.feeds if is_by_block(feed) and not positions.of(feed).is_quiet]
    return News(min(window.after for window in told), max(window.upto for window in told)) if told else ANYTHING


def is_by_block(feed: AnyFeed) -> TypeGuard[BlockFeed]:
    """Tell whether a feed tells of rows by the numbers of their blocks."""
    return isinstance(feed, BlockFeed) and feed.stamp is Stamp.BLOCK


def edits_last(positions: Positions) -> Positions:
    """Leave edits until a backlog of blocks is through, so that what happened first is judged first."""
    if not any(isinstance(window, StampWindow) and window.has_more for window in positions.windows):
        return positions
    return positions.each(lambda window: window.stay() if isinstance(window, EditWindow) else window)
