"""Tells hosts and fans of a remix contest that it ends soon, and that it ended (domain: derived state, 4.8 and 8.2).

Each type may be told in a window around the contest's end, by the wall clock. When it comes, or a contest comes into it
by a change, a *notice* of the contest begins: its audience is told in batches, in the order of user ids, and the notice
bears how far that is. Once all are told it is marked, also where nobody was there. Who follows, saves, subscribes or
remixes while a notice is open is told by that row. A contest that was called off, or whose track nobody sees, has no
open notice; where it comes back all are looked at again, and who was told is not told twice.

Rows read: for each contest that changed or is due its row and track; for each user of an audience four at most, and
the remixes of the track once for each batch; for each new follow, save, subscription and track its block, and itself
while any notice is open. There is nothing to rebuild or audit: what was told is not a function of what is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import AsyncConnection

from backbeat.clock import without_zone
from backbeat.db.query import column, every, one
from backbeat.db.sql import load
from backbeat.incremental.change_feed import EditFeed
from backbeat.incremental.due import Now
from backbeat.incremental.feed import BlockFeed, Stamp
from backbeat.incremental.recurring import Recurring
from backbeat.incremental.report import RunReport
from backbeat.incremental.run import NO_PARAMETERS, Action, Missing, Policy, Positions, Run, Work, decide, taking
from backbeat.incremental.transaction import Session

STATE = load(__package__, "state.sql")
CONCERNED = load(__package__, "concerned.sql")
JUDGE = load(__package__, "judge.sql")
JOINED = load(__package__, "joined.sql")
RUSHED = load(__package__, "rushed.sql")
TELL = load(__package__, "tell.sql")

NAME = "contest_notifications"
CHANGED = ("backbeat", "contest_changes")
POLICY = Policy(Missing.JOIN)

ROWS_MAX = 5_000  # rows of all tables in a run, as those of other jobs that follow blocks
USERS_MAX = 5_000  # told in a run, of all notices together: a third of a second
NOTICES_MAX = 50  # that share a run, so that a star's does not hold up the others
JOINED_MAX = 20_000  # in a run: each user joins every contest of the host; beyond, those are gone through again


class Notice(NamedTuple):
    """A type of notification, and when it may be told, counted from the contest's end; both bounds belong to it."""

    type: str
    opens: timedelta
    closes: timedelta


AT_THE_END = timedelta()
NOTICES = (
    Notice("fan_remix_contest_ended", AT_THE_END, timedelta(hours=24)),
    Notice("fan_remix_contest_ending_soon", timedelta(hours=-72), AT_THE_END),
    Notice("artist_remix_contest_ended", AT_THE_END, timedelta(hours=24)),
    Notice("artist_remix_contest_ending_soon", timedelta(hours=-48), AT_THE_END),
)
TYPES = [notice.type for notice in NOTICES]
OPENS = [notice.opens for notice in NOTICES]
CLOSES = [notice.closes for notice in NOTICES]

EDITED = ("contest", "track", "follow", "act", "subscription")  # kinds of keys: db/schema/captures/edits.sql


class State(NamedTuple):
    """What of notices there is."""

    is_open: bool
    """Some may be told."""

    untold: list[int]
    """The contests of those that have users left to tell, the first to close first."""


class Joined(NamedTuple):
    """A user whom an open notice has come to concern."""

    event_id: int
    """The contest."""

    type: str
    """What is to be told of it."""

    host_id: int
    """Whose it was when the user joined."""

    track_id: int
    """What it was about."""

    user_id: int
    """Who joined."""


class Told(NamedTuple):
    """What a batch did: users reached, and those of them and of the joined who were new."""

    reached: int
    told: int


class ContestNotices:
    """The job. Its positions are a block, an instant and a snapshot of the change log.

    ``clock``: the database's, unless given. A run takes at most ``rows_max`` changed rows, tells ``users_max`` users of
    ``notices_max`` notices, and ``joined_max`` who joined one.
    """

    name = NAME
    feeds = ()  # users may be left to tell of an open notice

    def __init__(
        self,
        *,
        clock: Now | None = None,
        rows_max: int = ROWS_MAX,
        users_max: int = USERS_MAX,
        notices_max: int = NOTICES_MAX,
        joined_max: int = JOINED_MAX,
    ) -> None:
        self._blocks = BlockFeed(NAME, CHANGED, Stamp.BLOCK, rows_max)
        self._dates = Recurring(f"{NAME}:dates", "events", "end_date", tuple(sorted(set(OPENS))), rows_max, clock)
        self._edits = EditFeed(f"{NAME}:edits", "edits", rows_max, EDITED)
        self._at_most = {
            "users_max": users_max,
            "notices_max": min(notices_max, users_max),  # one user each
            "joined_max": joined_max + 1,  # one tells that there are more
        }

    async def incremental(self, session: Session) -> RunReport:
        """Begin and take back notices, tell the next users of those that are open, and who joined them."""
        connection = session.connection
        positions = await Positions.peek(connection, (self._blocks, self._dates, self._edits))
        action = decide(positions, NO_PARAMETERS, POLICY)
        state = await self._state(connection, positions)
        if action is Action.QUIET and not state.untold:
            return RunReport(name=NAME)
        if action is Action.REBUILD:
            positions = (await positions.reserve(connection)).whole()
        else:
            positions = await positions.join(connection)
        async with taking(session, NAME, positions) as run:
            if run.is_ours:
                run.did(await self._work(run, state, is_whole=action is Action.REBUILD))
        return run.report

    async def _work(self, run: Run, state: State, *, is_whole: bool) -> Work:
        """Judge what changed and all that is to be told of, as things are now, and tell the next users."""
        connection, values = run.connection, self._values(run.positions)
        changed = [None] if is_whole else await column(connection, CONCERNED, values, prepare=False)
        joined: list[Joined] = []
        if state.is_open and None not in changed:
            joined = await every(connection, Joined, JOINED, values, prepare=False)
        again: list[int] = []
        if len(joined) == values["joined_max"]:
            again, joined = await column(connection, RUSHED, values, prepare=False), []
        judged = None if None in changed else [*changed, *state.untold, *again, *(user.event_id for user in joined)]
        values = {**values, "events": judged, "again": again, **_columns(joined)}
        await connection.execute(JUDGE, values, prepare=False)
        told = await one(connection, Told, TELL, values, prepare=False)
        left = await self._state(connection, run.positions)
        return Work(
            keys=len(changed),
            rows_read=len(changed) + len(joined) + told.reached,
            inserted=told.told,
            more=bool(left.untold),
        )

    async def _state(self, connection: AsyncConnection[Any], positions: Positions) -> State:
        return await one(connection, State, STATE, {"now": _now(positions), **self._at_most})

    def _values(self, positions: Positions) -> dict[str, Any]:
        """Return what the statements bind."""
        now, dates, edits = _now(positions), positions.of(self._dates), positions.of(self._edits)
        return {
            **positions.of(self._blocks).bounds(),
            **self._at_most,
            "dates_after": without_zone(dates.after),
            "dates_upto": without_zone(dates.upto),
            "delays": dates.bounds()["delays"],
            "stream": edits.stream,
            "edits_after": edits.after,
            "edits_upto": edits.upto,
            "now": now,
            "ends_from": now - max(CLOSES),
            "ends_upto": now - min(OPENS),
            "types": TYPES,
            "opens": OPENS,
            "closes": CLOSES,
        }


def _columns(joined: Sequence[Joined]) -> dict[str, list[Any]]:
    return {
        "joined_events": [user.event_id for user in joined],
        "joined_types": [user.type for user in joined],
        "joined_hosts": [user.host_id for user in joined],
        "joined_tracks": [user.track_id for user in joined],
        "joined_users": [user.user_id for user in joined],
    }


def _now(positions: Positions) -> datetime:
    """Return what time it is, as the network's columns hold it."""
    clock = positions.clock
    assert clock is not None  # noqa: S101 - one of the feeds is a clock
    return without_zone(clock)


CONTEST_NOTICES = ContestNotices()
