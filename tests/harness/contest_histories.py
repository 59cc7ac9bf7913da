"""Histories of contests: few users, tracks and events, so that they meet; moved ends, hidden tracks, downtime."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from harness.challenge_world import EPOCH, Row, follow, save, subscription, track
from harness.contest_world import Edit, Step, ending, identity, remix_of

USERS = range(1, 8)
PARENTS = range(1, 4)
REMIXES = range(11, 17)
EVENTS = range(501, 505)
STEPS = 40
HOURS = (0.0, 0.0, 0.5, 1.0, 6.0, 12.0, 24.0, 30.0, 90.0)
ENDS = (-30, -24, -12, 0, 1, 24, 36, 48, 60, 72, 73, 120)  # hours from then


def history(draw: Random, steps: int = STEPS) -> list[Step]:
    """Return steps, the same for the same seed."""
    author = _Author(draw)
    first = Step(0, [track(track_id, host(track_id)) for track_id in PARENTS])
    return [first, *[author.step() for _ in range(steps)]]


def host(track_id: int) -> int:
    """Return whose track it is, as a rule."""
    return 1 + track_id % 2


class _Author:
    def __init__(self, draw: Random) -> None:
        self._draw = draw
        self._now: datetime = EPOCH

    def step(self) -> Step:
        """Return what happens within some hours."""
        hours = self._draw.choice(HOURS)
        self._now += timedelta(hours=hours)
        rows = {(row.table, str(identity(row))): row for row in self._some(7)}  # a batch writes a row's last version
        edits = [self._edit(row) for row in self._some(2)]
        return Step(hours, list(rows.values()), edits, is_down=self._draw.random() < 0.2)

    def _some(self, at_most: int) -> list[Row]:
        kinds = (self._contest, self._parent, self._remix, self._follow, self._save, self._subscription)
        return [self._draw.choices(kinds, [3, 2, 3, 4, 3, 3])[0]() for _ in range(self._draw.randint(0, at_most))]

    def _edit(self, row: Row) -> Edit:
        if self._draw.random() < 0.2 and row.table != "tracks":
            return Edit(row, None)
        return Edit(row, {name: value for name, value in row.columns.items() if name not in identity(row)})

    def _now_and_then(self, share: float) -> bool:
        return self._draw.random() < share

    def _contest(self) -> Row:
        event_id, track_id = self._draw.choice(EVENTS), self._draw.choice((*PARENTS, 99))
        at = None if self._now_and_then(0.05) else self._now + timedelta(hours=self._draw.choice(ENDS))
        more: dict[str, Any] = {"is_deleted": self._now_and_then(0.15)}
        if self._now_and_then(0.1):
            more |= self._draw.choice([{"event_type": "live_event"}, {"entity_type": "collection"}])
        by = host(track_id) if self._now_and_then(0.9) else self._draw.choice(USERS)
        return ending(event_id, by, track_id, at, **more)

    def _parent(self) -> Row:
        track_id = self._draw.choice(PARENTS)
        hidden = {"is_unlisted": self._now_and_then(0.3), "is_delete": self._now_and_then(0.15)}
        return track(track_id, host(track_id) if self._now_and_then(0.9) else self._draw.choice(USERS), **hidden)

    def _remix(self) -> Row:
        track_id, owner = self._draw.choice(REMIXES), self._draw.choice(USERS)
        gone = {"is_delete": self._now_and_then(0.2), "is_unlisted": self._now_and_then(0.3)}
        parents = self._draw.sample((*PARENTS, 99), self._draw.randint(0, 3))
        return remix_of(track_id, owner, *parents, **gone)

    def _follow(self) -> Row:
        return follow(self._draw.choice(USERS), self._draw.choice((1, 2)), undo=self._now_and_then(0.25))

    def _save(self) -> Row:
        kind = "track" if self._now_and_then(0.9) else "playlist"
        return save(self._draw.choice(USERS), self._draw.choice(PARENTS), kind, undo=self._now_and_then(0.25))

    def _subscription(self) -> Row:
        return subscription(self._draw.choice(USERS), self._draw.choice(EVENTS), undo=self._now_and_then(0.25))
