"""How many plays each hour had (domain: derived state, 4.1). Late plays raise the hours they happened in.

A full recompute counts the plays and the sums of those that were pruned.
"""

from backbeat.db.sql import load
from backbeat.derived.plays.gone import NothingLost
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.fold import Fold
from backbeat.incremental.merge import Target

HOURLY_PLAY_COUNTS = Fold(
    "hourly_play_counts",
    feed=BlockFeed(
        checkpoint="hourly_play_counts",
        table="plays",
        stamp=Stamp.PLAY,
        rows_max=1_000_000,  # about a second; the network sets no limit, a first run over everything needs one
    ),
    add=load(__package__, "hourly_add.sql"),
    query=load(__package__, "hourly.sql"),
    target=Target(table="hourly_play_counts", key=("hourly_timestamp",), values=("play_count",)),
    guard=NothingLost("hourly_play_counts"),
)
