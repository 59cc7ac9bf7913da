"""How notifications and milestones are audited by ranges.

A notification is held to its cause where that is kept: a milestone, a reward, a follow. Of the others the cause is an
act, which is removed once it was told of, or another program's: they are counted by type. A milestone is held to what
its owner was told.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from backbeat.db.sql import load
from backbeat.incremental.merge import Target
from backbeat.incremental.ranges import Held, Ranged, keys_of
from backbeat.notifications import NOTIFICATIONS

IDS_MAX = 100  # of milestones in a range: ninety look-ups each

PREFIXES = sorted({(kind.type, kind.group_id.partition("{")[0]) for kind in NOTIFICATIONS})
"""Types, and with what the groups of each begin."""


async def _known_types(_connection: AsyncConnection[Any], _keys: Sequence[Any]) -> Held:
    types, prefixes = zip(*PREFIXES, strict=True)
    return Held({"types": list(types), "prefixes": list(prefixes)})


NOTICES = Ranged(
    name="notifications.notices",
    target=Target(
        table="notification",
        key=("id",),
        values=("specifier", "group_id", "type", "slot", "blocknumber", "timestamp", "data", "user_ids"),
    ),
    query=load(__package__, "audited_notices.sql"),
    sources=(),
    excuses=load(__package__, "audited_notices_excuses.sql"),
    look=_known_types,
    unverified={"type_v2": "Nothing here writes it."},
)

MILESTONES = Ranged(
    name="notifications.milestones",
    target=Target(
        table="milestones",
        key=("id", "name", "threshold"),
        values=("blocknumber", "slot", "timestamp"),
        scope="id",
    ),
    query=load(__package__, "audited_milestones.sql"),
    sources=(keys_of("users", "user_id"), keys_of("tracks", "track_id"), keys_of("playlists", "playlist_id")),
    excuses=load(__package__, "audited_milestones_excuses.sql"),
    keys_max=IDS_MAX,
)

AUDITS = (NOTICES, MILESTONES)
