"""Which tracks a user last played, and how often (domain: derived state, 4.3): at most 1000 a user, newest first.

A track that falls off the end loses its count, so that count depends on when runs happened; the list itself and its
times never do. The full recompute therefore takes the list and the times from the plays and the sums of those that were
pruned, and for users with more than 1000 tracks believes any stored count that is possible.
"""

from backbeat.db.sql import load
from backbeat.derived.plays.gone import NothingLost
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.fold import Fold
from backbeat.incremental.merge import Target

USER_LISTENING_HISTORY = Fold(
    "user_listening_history",
    feed=BlockFeed(
        checkpoint="user_listening_history",
        table="plays",
        stamp=Stamp.PLAY,
        rows_max=100_000,  # the network's own limit; anonymous plays are passed as well
    ),
    add=load(__package__, "listening_history_add.sql"),
    query=load(__package__, "listening_history.sql"),
    target=Target(table="user_listening_history", key=("user_id",), values=("listening_history",)),
    guard=NothingLost("user_listening_history", load(__package__, "listening_history_lost.sql")),
)
