"""Takes users and tracks down, and puts them back, as the trusted notifier decides (domain: derived state, 4.4).

::

    ask      a page of decisions, at and after the cursor; no connection is held meanwhile
    take     log them; unless one is about what the chain may yet bring: note them as pending, move the cursor
    apply    some pending ones a run, between two blocks
    round    twice a day, compare everything that was ever decided with the rows, some a run

Each of these is a run, and all that is written is safe to be written twice. Rows read per decision: what was decided
before of the track or user, its row, its line of the log.

The feeds of edits, the change log and the triggers that count hear of it, for it is an edit by another writer than the
block loop; ``updated_at`` and ``blocknumber`` stay as they are. What its owner had deleted or deactivated before it was
taken down is so again once it is put back (7, D3).
"""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import structlog
from psycopg import AsyncConnection

from backbeat.clock import Clock, SystemClock
from backbeat.db.between_blocks import hold_blocks
from backbeat.db.query import first, one, value
from backbeat.db.sql import load
from backbeat.derived.delists.entity import TRACKS, USERS, Entity
from backbeat.derived.delists.notifier import INSTANT, ROWS_MAX, ROWS_OF_ONE_INSTANT_MAX, Notifier, is_too_much
from backbeat.derived.delists.statuses import Page
from backbeat.errors import OutgoingError
from backbeat.incremental.report import Moved, RunReport
from backbeat.incremental.transaction import Lend, Session, fenced, lend_always
from backbeat.outgoing.answer import COME_SLOWLY, RETRY_SECONDS_MAX

HOLD = load(__package__, "hold.sql")
HAS_NEWS = load(__package__, "has_news.sql")
SET_ASIDE = load(__package__, "set_aside.sql")
FORGET_ASIDE = load(__package__, "forget_aside.sql")
DECIDE = load(__package__, "decide.sql")
MOVE = load(__package__, "move.sql")
NOTE_WAIT = load(__package__, "note_wait.sql")
ASK_LATER = load(__package__, "ask_later.sql")
MARK_PENDING = load(__package__, "mark_pending.sql")
MOVE_ROUND = load(__package__, "move_round.sql")

APPLIED_MAX: Final = 100  # some 0.1 s, for which the block loop waits
ROUND_ROWS: Final = 1_000
ROUND_EVERY: Final = timedelta(hours=12)  # domain: derived state, 4.4
ASIDES_MAX: Final = ROWS_OF_ONE_INSTANT_MAX  # a page of them is not set aside again and again
MANY_ROWS: Final = 100  # of one instant, where the notifier may give no more at once
SETTLED: Final = timedelta(minutes=10)  # ago: what was decided then can be seen by now

log = structlog.get_logger(__name__)


class Standing(NamedTuple):
    """Where one kind of decision stands."""

    is_known: bool
    """A run was here before."""
    reached: datetime | None
    """The cursor: when the last decision was made that was taken in."""
    has_pending: bool
    """Something decided is not applied."""
    ask_after: datetime | None
    """When the notifier may be asked again, if it said so."""
    compared_upto: int
    """How far the round has come; 0: none is under way."""
    round_ended_at: datetime | None
    """When the last one was through."""
    reasons: list[str]
    """Those that the network knows."""


class Delists:
    """The job for one kind of thing. Without a notifier it does nothing.

    ``rows_max`` and ``instant_rows_max`` are what is asked for at once, and where all of that is of one instant.
    """

    def __init__(
        self,
        entity: Entity,
        notifier: Notifier | None,
        clock: Clock | None = None,
        *,
        rows_max: int = ROWS_MAX,
        instant_rows_max: int = ROWS_OF_ONE_INSTANT_MAX,
        applied_max: int = APPLIED_MAX,
        round_rows: int = ROUND_ROWS,
    ) -> None:
        self.name = f"delists.{entity.about}"
        self._entity = entity
        self._notifier = notifier
        self._clock = clock or SystemClock()
        self._rows_max = rows_max
        self._instant_rows_max = instant_rows_max
        self._applied_max = applied_max
        self._round_rows = round_rows

    def asking(self, notifier: Notifier | None) -> "Delists":
        """Return the job that asks ``notifier``."""
        return Delists(self._entity, notifier, self._clock)

    async def run(self, lend: Lend) -> RunReport:
        """Do what comes next. Raises OutgoingError where the notifier cannot be asked or understood."""
        if self._notifier is None:
            return RunReport(name=self.name)
        values = {"entity": self._entity.code, "host": self._notifier.host}
        async with lend() as session:
            standing = await one(session.connection, Standing, self._entity.look, values)
            if not standing.is_known:
                return await self._open(session, values)
            if standing.has_pending:
                return await self._apply(session, values)
        self._check_may_ask(standing)
        page = await self._asked(lend, values, standing, self._notifier)
        async with lend() as session:
            if await self._is_news(session.connection, values, standing, page):
                return await self._take(session, values, standing, page)
            self._check_progress(page, standing)
            return await self._go_round(session, values, standing)

    async def incremental(self, session: Session) -> RunReport:
        """Do the same with a session that is there anyway."""
        return await self.run(lend_always(session))

    async def _open(self, session: Session, values: dict[str, Any]) -> RunReport:
        async with fenced(session):
            adopted = 0
            if await value(session.connection, HOLD, values):
                adopted = (await session.connection.execute(self._entity.adopt, values)).rowcount
        return RunReport(name=self.name, inserted=adopted, more=True)

    def _check_may_ask(self, standing: Standing) -> None:
        now = self._clock.now()
        ahead = (standing.ask_after - now).total_seconds() if standing.ask_after else 0.0
        if 0 < ahead <= RETRY_SECONDS_MAX:  # further ahead only after a clock was set back
            raise OutgoingError(
                "delist_notifier_busy",
                f"The notifier asked not to be asked again for {ahead:.0f} s more.",
                cure=COME_SLOWLY,
            )

    async def _asked(self, lend: Lend, values: dict[str, Any], standing: Standing, notifier: Notifier) -> Page:
        """Return the next page; where the notifier says when to ask again, note it."""
        try:
            return await self._ask(notifier, standing)
        except OutgoingError as error:
            if error.retry_seconds:
                until = self._clock.now() + timedelta(seconds=error.retry_seconds)
                async with lend() as session, fenced(session):
                    await session.connection.execute(ASK_LATER, {**values, "until": until})
            raise

    async def _ask(self, notifier: Notifier, standing: Standing) -> Page:
        """Return the next page. Where all of one that is full is of the cursor's instant, more is asked for."""
        asking = self._entity.asking(notifier)
        page = await asking(self._clock, standing.reached, standing.reasons, self._rows_max)
        if page.rows < self._rows_max or not _stands_still(page, standing.reached):
            return page
        try:
            return await asking(self._clock, standing.reached, standing.reasons, self._instant_rows_max)
        except OutgoingError as error:
            if not is_too_much(error):
                raise
            return page

    async def _is_news(
        self, connection: AsyncConnection[Any], values: dict[str, Any], standing: Standing, page: Page
    ) -> bool:
        if self._upto(page, standing) != standing.reached:
            return True
        if not page.rows:
            return False
        return bool(await value(connection, HAS_NEWS, {**values, **_latest(page), **_asides(page)}, prepare=False))

    def _upto(self, page: Page, standing: Standing) -> datetime | None:
        """Return where the cursor goes.

        A page of many rows that brings it no further may be all that the notifier gives of one instant: then it goes
        past that, a microsecond a run, since the notifier's own cursor may take the instant in or not.
        """
        reached, upto = standing.reached, page.upto
        if reached is None or upto is None or not _stands_still(page, reached):
            return upto or reached
        is_many = page.rows >= min(self._rows_max, MANY_ROWS)
        is_settled = self._clock.now() - reached > SETTLED
        return reached + INSTANT if is_many and is_settled and upto >= reached - INSTANT else reached

    def _check_progress(self, page: Page, standing: Standing) -> None:
        """Raise OutgoingError for a full page that says nothing new and leaves the rest behind it out of reach."""
        if page.rows < self._rows_max:
            return
        if page.upto is None or (standing.reached is not None and page.upto < standing.reached - INSTANT):
            raise OutgoingError(
                "delist_page_useless",
                f"The notifier answers with {page.rows} rows, none of which brings us further.",
                cure="Check jobs.notifier_url, and tell who runs the notifier that it passes over the cursor, or "
                "what stands in backbeat.delist_asides.",
            )

    async def _take(self, session: Session, values: dict[str, Any], standing: Standing, page: Page) -> RunReport:
        connection, upto = session.connection, self._upto(page, standing)
        latest = {**values, **_latest(page)}
        async with fenced(session):
            await connection.execute(HOLD, values)
            logged = (await connection.execute(self._entity.log, _rows(page), prepare=False)).rowcount
            await self._set_aside(connection, values, page)
            awaited = await first(connection, tuple, self._entity.waits, latest, prepare=False)
            waits_for, waits_until = awaited or (None, None)
            await connection.execute(NOTE_WAIT, {**values, "waits_for": waits_for, "waits_until": waits_until})
            if awaited is None:
                await connection.execute(DECIDE, latest, prepare=False)
                if upto is not None:
                    await connection.execute(MOVE, {**values, "upto": upto})
        if upto and standing.reached and upto == standing.reached + INSTANT and page.rows >= self._rows_max:
            log.warning("delist_instant_left", entity=self._entity.about, instant=str(page.upto), rows=page.rows)
        if awaited is not None:
            log.info("delists_wait", entity=self._entity.about, id=waits_for, until=str(waits_until))
            return RunReport(name=self.name, rows_read=page.rows, inserted=logged)
        return RunReport(
            name=self.name, rows_read=page.rows, inserted=logged, moved=_moved(self.name, standing, upto), more=True
        )

    async def _set_aside(self, connection: AsyncConnection[Any], values: dict[str, Any], page: Page) -> None:
        if page.aside:
            await connection.execute(SET_ASIDE, {**values, **_asides(page), "now": self._clock.now()}, prepare=False)
            await connection.execute(FORGET_ASIDE, {**values, "kept_max": ASIDES_MAX})

    async def _apply(self, session: Session, values: dict[str, Any]) -> RunReport:
        async with fenced(session):
            await hold_blocks(session.connection)
            bound = {**values, "rows_max": self._applied_max}
            keys, updated = await one(session.connection, tuple, self._entity.apply, bound)
        return RunReport(name=self.name, keys=keys, updated=updated, more=True)

    async def _go_round(self, session: Session, values: dict[str, Any], standing: Standing) -> RunReport:
        now = self._clock.now()
        is_due = standing.round_ended_at is None or abs(now - standing.round_ended_at) >= ROUND_EVERY
        if not (standing.compared_upto or is_due):
            return RunReport(name=self.name)
        bound = {**values, "after": standing.compared_upto, "rows_max": self._round_rows}
        rows, reached, wrong = await one(session.connection, tuple, self._entity.look_round, bound)
        upto = reached if rows == self._round_rows else 0
        async with fenced(session):
            await session.connection.execute(HOLD, values)
            if wrong:
                log.warning("delists_repaired", entity=self._entity.about, ids=wrong[:10], count=len(wrong))
                await session.connection.execute(MARK_PENDING, {**values, "ids": wrong})
            await session.connection.execute(
                MOVE_ROUND, {**values, "after": standing.compared_upto, "upto": upto, "now": now}
            )
        return RunReport(name=self.name, rows_read=rows, more=bool(wrong or upto))


def _stands_still(page: Page, reached: datetime | None) -> bool:
    """Tell whether a page has no decision later than those known."""
    return page.upto is not None and reached is not None and page.upto <= reached


def _moved(name: str, standing: Standing, upto: datetime | None) -> tuple[Moved, ...]:
    if upto is None or upto == standing.reached:
        return ()
    before = int(standing.reached.timestamp()) if standing.reached else 0
    return (Moved(name, before, int(upto.timestamp())),)


def _latest(page: Page) -> dict[str, Any]:
    latest = page.latest()
    return {
        "ids": [each.id for each in latest],
        "instants": [each.created_at for each in latest],
        "delisteds": [each.delisted for each in latest],
    }


def _rows(page: Page) -> dict[str, Any]:
    return {
        "ids": [each.id for each in page.statuses],
        "instants": [each.created_at for each in page.statuses],
        "delisteds": [each.delisted for each in page.statuses],
        "reasons": [each.reason for each in page.statuses],
        "owners": [each.owner_id for each in page.statuses],
        "cids": [each.track_cid for each in page.statuses],
    }


def _asides(page: Page) -> dict[str, Any]:
    return {
        "digests": [each.digest for each in page.aside],
        "whys": [each.why for each in page.aside],
        "statuses": [each.status for each in page.aside],
    }


DELISTED_USERS: Final = Delists(USERS, None)
DELISTED_TRACKS: Final = Delists(TRACKS, None)
