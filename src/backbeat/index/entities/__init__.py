"""Entity handlers: pure functions from a transaction and what is known to changed rows.

Importing this package registers every handler.
"""

from backbeat.index.entities.comments import comment, pin, reaction
from backbeat.index.entities.events import event
from backbeat.index.entities.playlists import playlist
from backbeat.index.entities.social import follow, save_and_repost
from backbeat.index.entities.tracks import track
from backbeat.index.entities.users import user, verification
from backbeat.index.wire.transaction import ROUTES, find_route

__all__ = [
    "ROUTES",
    "comment",
    "event",
    "find_route",
    "follow",
    "pin",
    "playlist",
    "reaction",
    "save_and_repost",
    "track",
    "user",
    "verification",
]
