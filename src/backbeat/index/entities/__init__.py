"""Entity handlers: pure functions from a transaction and what is known to changed rows.

Importing this package registers every handler.
"""

from backbeat.index.entities import favorite, follow, playlist, track, user
from backbeat.index.entities.transaction import ROUTES, find_route

__all__ = ["ROUTES", "favorite", "find_route", "follow", "playlist", "track", "user"]
