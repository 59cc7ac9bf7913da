"""What the notifier decides about: users and tracks, each with its tables and its statements."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Final, LiteralString

import msgspec
from psycopg.sql import Composed

from backbeat.clock import Clock
from backbeat.db.sql import compose, load
from backbeat.derived.delists.notifier import Notifier
from backbeat.derived.delists.statuses import Page

Asking = Callable[[Clock, datetime | None, Collection[str], int], Awaitable[Page]]


class Entity(msgspec.Struct, frozen=True):
    """A kind of thing that may be taken down."""

    about: str
    """What it is called in addresses and in the job's name."""
    code: str
    """What the network calls it in its tables."""
    asking: Callable[[Notifier], Asking]
    """How a notifier is asked."""
    look: Composed
    """Tells where it stands."""
    log: LiteralString
    """Logs decisions."""
    adopt: Composed
    """Takes over what a log says."""
    waits: Composed
    """Tells what the chain may yet bring."""
    apply: Composed
    """Brings rows to what was decided."""
    look_round: Composed
    """Compares rows with what was decided."""


USERS: Final = Entity(
    about="users",
    code="USERS",
    asking=lambda notifier: notifier.users,
    look=compose(__package__, "look.sql", reasons="delist_user_reason"),
    log=load(__package__, "log_users.sql"),
    adopt=compose(__package__, "adopt.sql", id="user_id", log="user_delist_statuses"),
    waits=compose(__package__, "waits.sql", table="users", id="user_id"),
    apply=compose(__package__, "apply.sql", table="users", id="user_id", gone="is_deactivated"),
    look_round=compose(__package__, "look_round.sql", table="users", id="user_id"),
)
TRACKS: Final = Entity(
    about="tracks",
    code="TRACKS",
    asking=lambda notifier: notifier.tracks,
    look=compose(__package__, "look.sql", reasons="delist_track_reason"),
    log=load(__package__, "log_tracks.sql"),
    adopt=compose(__package__, "adopt.sql", id="track_id", log="track_delist_statuses"),
    waits=compose(__package__, "waits.sql", table="tracks", id="track_id"),
    apply=compose(__package__, "apply.sql", table="tracks", id="track_id", gone="is_delete"),
    look_round=compose(__package__, "look_round.sql", table="tracks", id="track_id"),
)
