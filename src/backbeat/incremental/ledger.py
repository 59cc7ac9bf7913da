"""Where positions are kept, and how a run locks and moves those of all its feeds: by one statement each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, Protocol

from psycopg import AsyncConnection
from psycopg.sql import SQL

from backbeat.db.query import every
from backbeat.db.sql import load
from backbeat.db.together import Write

if TYPE_CHECKING:
    from backbeat.incremental.window import AnyWindow

HOLD = load(__package__, "positions_hold.sql")
LEDGERS = ("checkpoints", "clocks", "consumers", "sweeps")  # as the function knows them


class Ledger(NamedTuple):
    """Where positions of one kind are kept, as the statements that make and move them."""

    name: str
    """What ``backbeat.hold_positions`` calls it."""

    open: LiteralString | None
    """Makes them, binds ``names`` and ``positions``; None where :meth:`Window.reserve` opens."""

    advance: LiteralString
    """A template that moves those ``reached``, and gives them a ``signature`` unless that is NULL."""

    position: LiteralString
    """The type of a position."""

    def moving(self, count: int) -> bytes:
        """Return what moves so many positions: it binds ``name_0``, ``position_0``, ``name_1`` and so on."""
        return _moving(self, count)


class Apart(Protocol):
    """Where positions are kept that are locked and moved in another way."""

    @property
    def name(self) -> str:
        """Return what they are called."""

    async def hold(self, connection: AsyncConnection[Any], windows: Sequence["AnyWindow"]) -> bool:
        """Lock the positions; False where one is not where its window begins."""

    async def move(self, connection: AsyncConnection[Any], windows: Sequence["AnyWindow"]) -> None:
        """Move the positions to where the windows end."""


class Held(NamedTuple):
    """A position that is locked; of the last three one is not None, as its ledger has it."""

    ledger: str
    name: str
    stamp: int | None
    instant: datetime | None
    snapshot: str | None

    @property
    def position(self) -> Any:
        """Return where it is."""
        return next(value for value in self[2:] if value is not None)


@cache
def _moving(ledger: Ledger, count: int) -> bytes:
    """Return the statement with a row for each position: what arrays hold, the server plans for each time."""
    row = "(%(name_{0})s::text, %(position_{0})s::{1})"
    rows = [SQL(row.format(at, ledger.position)) for at in range(count)]
    return SQL(ledger.advance).format(reached=SQL("(VALUES {})").format(SQL(", ").join(rows))).as_bytes()


async def lock(connection: AsyncConnection[Any], windows: Sequence["AnyWindow"]) -> bool:
    """Lock the windows' positions, making those that are missing, until the transaction ends.

    False if another worker has moved one since the windows were looked up; then they must not be used. A second
    worker waits here, so two of them never work on the same rows, lease or no lease. Tables and names have an order in
    which all lock, so that two workers cannot lock crosswise.
    """
    kept = [(some[0].ledger, some) for some in _by_ledger(windows)]
    together = {ledger.name: some for ledger, some in kept if isinstance(ledger, Ledger)}
    for ledger, some in kept:
        if isinstance(ledger, Ledger):
            await _open_missing(connection, ledger, some)
    if together and not await _are_held(connection, together):
        return False
    return all([await ledger.hold(connection, some) for ledger, some in kept if not isinstance(ledger, Ledger)])


async def moves(
    connection: AsyncConnection[Any], windows: Sequence["AnyWindow"], *, signature: str | None = None
) -> list[Write]:
    """Return what moves the positions to where the windows end; those that are kept apart are moved at once.

    ``signature`` replaces the remembered one unless None. The positions are locked, so in which order they move does
    not matter.
    """
    writes = []
    for some in _by_ledger(windows):
        ledger = some[0].ledger
        if isinstance(ledger, Ledger):
            names = {f"name_{at}": window.checkpoint for at, window in enumerate(some)}
            positions = {f"position_{at}": window.upto for at, window in enumerate(some)}
            writes.append(Write(ledger.moving(len(some)), {**names, **positions, "signature": signature}))
        else:
            await ledger.move(connection, some)
    return writes


async def _open_missing(connection: AsyncConnection[Any], ledger: Ledger, windows: Sequence["AnyWindow"]) -> None:
    missing = [window for window in windows if not window.known]
    if missing and ledger.open is not None:
        await connection.execute(ledger.open, _columns(missing, lambda window: window.after))


async def _are_held(connection: AsyncConnection[Any], windows: Mapping[str, Sequence["AnyWindow"]]) -> bool:
    wanted = {(name, window.checkpoint): window.after for name, some in windows.items() for window in some}
    names = {name: [window.checkpoint for window in windows.get(name, ())] for name in LEDGERS}
    held = await every(connection, Held, HOLD, names)
    return {(each.ledger, each.name): each.position for each in held} == wanted


def _by_ledger(windows: Sequence["AnyWindow"]) -> Iterable[list["AnyWindow"]]:
    """Group windows by where they are kept, in an order that is always the same."""
    ordered = sorted(windows, key=lambda window: (window.ledger.name, window.checkpoint))
    for _, kept in groupby(ordered, key=lambda window: window.ledger):
        yield list(kept)


def _columns(windows: Sequence["AnyWindow"], position: Callable[["AnyWindow"], Any]) -> dict[str, list[Any]]:
    return {
        "names": [window.checkpoint for window in windows],
        "positions": [position(window) for window in windows],
    }
