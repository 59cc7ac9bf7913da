"""In which order a backlog is taken: as the chain has it, blocks before edits."""

from backbeat.incremental.change_feed import EditWindow
from backbeat.incremental.feed import BlockFeed, Stamp, StampWindow
from backbeat.incremental.run import Positions


def align_to_first_limit(positions: Positions) -> Positions:
    """End all windows of blocks where the first batch limit was met: a backlog is taken in the order of the chain."""
    by_block = [feed for feed in positions.feeds if isinstance(feed, BlockFeed) and feed.stamp is Stamp.BLOCK]
    stops = [window.upto for window in map(positions.of, by_block) if window.has_more]
    for feed in by_block if stops else ():
        positions = positions.replaced(feed, positions.of(feed).until(min(stops)))
    return positions


def edits_last(positions: Positions) -> Positions:
    """Leave edits until a backlog of blocks is through, so that what happened first is judged first."""
    if not any(isinstance(window, StampWindow) and window.has_more for window in positions.windows):
        return positions
    return positions.each(lambda window: window.stay() if isinstance(window, EditWindow) else window)
