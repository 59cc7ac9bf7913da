"""Entity handlers: pure functions from a transaction and what is known to changed rows.

Importing this package registers every handler.
"""

from backbeat.index.entities import (
    comment,
    comment_pin,
    comment_reaction,
    event,
    favorite,
    follow,
    playlist,
    track,
    user,
    verification,
)
from backbeat.index.entities.transaction import ROUTES, find_route

__all__ = [
    "ROUTES",
    "comment",
    "comment_pin",
    "comment_reaction",
    "event",
    "favorite",
    "find_route",
    "follow",
    "playlist",
    "track",
    "user",
    "verification",
]
