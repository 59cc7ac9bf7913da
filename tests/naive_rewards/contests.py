"""Challenge ``w``, remix contest winner."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from naive_rewards.judging import Challenge, Ledger, Moment
from naive_rewards.written import Block, Columns, State

WINNERS_MAX = 5
PER_HOST_MAX = 5
WINDOW = timedelta(days=7)


class Winner(NamedTuple):
    """Sorted as they are judged."""

    since: int
    event_id: int
    place: int
    host: int
    owner: int


def winners(named: list[Any] | None) -> list[int]:
    """Return the tracks that a contest names; entries that are no track ids are passed over."""
    numbers = [_number(one) for one in named or ()]
    return [number for number in numbers if number is not None]


def _number(one: Any) -> int | None:
    if isinstance(one, int) and not isinstance(one, bool):
        return one
    return int(one) if isinstance(one, str) and one.isascii() and one.isdigit() else None


class ContestWinner(Challenge):
    """``w``: a verified host names tracks as winners of its remix contest; their owners earn, once a contest.

    Neither contest nor track may be deleted. Five a contest, and five a host in seven days; who was too many is asked
    again at every block, and at the moment at which the host has room, by what stands then. First come those of the
    contest that says so for the longest time, then of the lower id, in the order of its list.
    """

    def __init__(self) -> None:
        self._last: Block | None = None
        self._says: dict[int, tuple[str, int]] = {}  # what a contest says, and since which block

    def end_of_block(self, before: State, block: Block, ledger: Ledger) -> None:  # noqa: ARG002 - as its like
        if not block.is_numbered:
            return
        last, self._last = self._last, block
        if last is not None:
            self._until(block.time, last, ledger)
        for event_id, event in block.state.events.items():
            says = str((event["user_id"], event["event_type"], event["is_deleted"], listed(event)))
            if says != self._says.get(event_id, ("", 0))[0]:
                self._says[event_id] = says, block.number
        self._judge(block, block.time, ledger)

    def _until(self, time: datetime, last: Block, ledger: Ledger) -> None:
        """Judge at each moment behind a block, and before ``time``, at which some prize is seven days old."""
        moment = last.time
        while True:
            due = (row.completed_at + WINDOW for row in ledger.complete("w") if row.completed_at is not None)
            following = min((at for at in due if moment < at < time), default=None)
            if following is None:
                return
            moment = following
            self._judge(last, moment, ledger)

    def _judge(self, block: Block, at: datetime, ledger: Ledger) -> None:
        terms = block.terms("w")
        for one in sorted(self._named(block.state, terms.starting_block)) if terms is not None else ():
            specifier = f"{one.event_id:x}:{one.owner:x}"
            if ledger.has("w", specifier) or len(ledger.complete("w", f"{one.event_id:x}:")) >= WINNERS_MAX:
                continue
            if terms is not None and _of_late(one.host, block.state, at, ledger) < PER_HOST_MAX:
                ledger.put("w", specifier, one.owner, Moment(block.number, at), terms.amount)

    def _named(self, state: State, starting_block: int) -> Iterator[Winner]:
        for number, event in state.events.items():
            is_open = event["event_type"] == "remix_contest" and event["is_deleted"] is False
            if not is_open or not state.is_verified(event["user_id"]) or (event["blocknumber"] or 0) < starting_block:
                continue
            for place, track_id in enumerate(winners(listed(event))):
                track = state.tracks.get(track_id)
                if track is not None and not track["is_delete"] and not state.is_deactivated(track["owner_id"]):
                    yield Winner(self._says[number][1], number, place, event["user_id"], track["owner_id"])


def listed(event: Columns) -> list[Any] | None:
    """Return what a contest names, if it is a list."""
    found = event["event_data"].get("winners") if isinstance(event["event_data"], dict) else None
    return found if isinstance(found, list) else None


def _of_late(host: int, state: State, at: datetime, ledger: Ledger) -> int:
    """Return how many rows a host's contests paid in the last seven days."""
    hosted = {f"{event['event_id']:x}" for event in state.events.values() if event["user_id"] == host}
    rows = [row for row in ledger.complete("w") if row.specifier.split(":")[0] in hosted]
    return sum(row.completed_at is not None and row.completed_at > at - WINDOW for row in rows)
