"""In which order a backlog is taken: as the chain has it, blocks before edits."""

from typing import NamedTuple

from backbeat.incremental.change_feed import EditWindow
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.run import Positions

NEVER = -1  # before every block
FOR_EVER = 2**31 - 1  # behind every block


class News(NamedTuple):
    """The blocks that may be new about the keys of a run: those above ``since``, up to ``upto``."""

    since: int
    upto: int


ANYTHING = News(NEVER, FOR_EVER)


def align_to_first_limit(positions: Positions) -> Positions:
    """End all windows of blocks where the first batch limit was met: a backlog is taken in the order of the chain."""
    by_block = [feed for feed in positions.feeds if isinstance(feed, BlockFeed) and feed.stamp is Stamp.BLOCK]
    stops = [window.upto for window in map(positions.of, by_block) if window.has_more]
    for feed in by_block if stops else ():
        positions = positions.replaced(feed, positions.of(feed).until(min(stops)))
    return positions


def end_with(positions: Positions, prefix: str, last_block: int) -> Positions:
    """End what feeds tell whose names begin with ``prefix``: blocks with ``last_block``, all else where it stands."""
    for feed, window in zip(positions.feeds, positions.windows, strict=True):
        if not feed.checkpoint.startswith(prefix):
            continue
        if isinstance(feed, BlockFeed) and feed.stamp is Stamp.BLOCK:
            positions = positions.replaced(feed, positions.of(feed).ended(last_block))
        else:
            positions = positions.replaced(feed, window.stay())
    return positions


def news_of(positions: Positions) -> News:
    """Return which blocks may be new about the keys that the windows name; any, if others than blocks name keys.

    What no run has taken lies behind the position of a feed that has news, so what lies before all of those was taken.
    """
    told = [feed for feed in positions.feeds if not positions.of(feed).is_quiet]
    by_block = [feed for feed in told if isinstance(feed, BlockFeed) and feed.stamp is Stamp.BLOCK]
    if not told or len(by_block) < len(told):
        return ANYTHING
    windows = [positions.of(feed) for feed in by_block]
    return News(min(window.after for window in windows), max(window.upto for window in windows))


def edits_last(positions: Positions) -> Positions:
    """Leave edits until a backlog of blocks is through, so that what happened first is judged first."""
    if not any(isinstance(window, StampWindow) and window.has_more for window in positions.windows):
        return positions
    return positions.each(lambda window: window.stay() if isinstance(window, EditWindow) else window)
