"""When two databases differ in a row: what is seen in one look, and what stands in two."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from itertools import zip_longest
from typing import Final

import msgspec

from backbeat.watch.side import Row, Sight
from backbeat.watch.statements import Key, Shape
from backbeat.watch.subjects import Subject

LOOK_SECONDS: Final = 5.0  # between two looks that count: a block of theirs may be half written, but not for so long
TOLERANCE: Final = 1e-9  # relative: sums of the same floating numbers in another order differ by 1e-15 or so


class Kind(StrEnum):
    """How a row differs."""

    MISSING_THERE = "missing there"
    MISSING_HERE = "missing here"
    DIFFERS = "differs"
    ORDER = "order"
    REPEATED = "repeated"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A difference in one look."""

    key: Key
    """Which row."""
    kind: Kind
    """How it differs."""
    columns: tuple[str, ...]
    """The columns that differ; of a list, the first place."""
    here: Row | None
    """Their values here; None: the row is missing."""
    there: Row | None
    """Their values there."""

    @property
    def digest(self) -> str:
        """Return what tells whether it is as it was."""
        return sha256(msgspec.json.encode((self.kind, self.columns, self.here, self.there))).hexdigest()

    @property
    def values(self) -> Mapping[str, tuple[str | None, str | None]]:
        """Return the values here and there by column."""
        here, there = self.here or (), self.there or ()
        return {name: (one, other) for name, one, other in zip_longest(self.columns, here, there)}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A difference as it is kept from look to look."""

    subject: str
    """Of which subject."""
    key: Key
    """Which row."""
    kind: str
    """How it differs."""
    columns: tuple[str, ...]
    """The columns that differ."""
    here: Row | None
    """Their values here."""
    there: Row | None
    """Their values there."""
    digest: str
    """Of all that was seen."""
    here_height: int
    """Our height when it was first seen as it is."""
    there_height: int
    """Theirs."""
    as_it_is_since: datetime
    """When that was."""
    first_at: datetime
    """When it was first seen to differ, in whatever way."""
    looked_at: datetime
    """When it was last looked at."""
    looks: int
    """How often it was."""
    is_certain: bool
    """Whether it stood in two looks."""
    cause: str
    """Why it is so; empty while it is not certain."""


def differing(shape: Shape, keys: Sequence[Key], here: Sight, there: Sight) -> Iterator[Seen]:
    """Yield the keys whose rows are not alike in two looks at one time."""
    for key in keys:
        found = _seen(shape, key, here.rows.get(key, ()), there.rows.get(key, ()))
        if found is not None:
            yield found


def _seen(shape: Shape, key: Key, here: Sequence[Row], there: Sequence[Row]) -> Seen | None:
    if len(here) > 1 or len(there) > 1:
        counted = ((str(len(here)),), (str(len(there)),))
        return Seen(key=key, kind=Kind.REPEATED, columns=("rows",), here=counted[0], there=counted[1])
    if not here or not there:
        return _missing(shape, key, *here, is_here=True) or _missing(shape, key, *there, is_here=False)
    if shape.subject.is_ordered:
        return _order(key, here[0][0] or "", there[0][0] or "")
    return _differs(shape, key, here[0], there[0])


def _missing(shape: Shape, key: Key, row: Row | None = None, *, is_here: bool) -> Seen | None:
    """Return that a row is only on one side; None where there is no such row."""
    if row is None:
        return None
    kind = Kind.MISSING_THERE if is_here else Kind.MISSING_HERE
    here, there = (row, None) if is_here else (None, row)
    return Seen(key=key, kind=kind, columns=shape.columns, here=here, there=there)


def _differs(shape: Shape, key: Key, here: Row, there: Row) -> Seen | None:
    places = [n for n, name in enumerate(shape.columns) if not _alike(shape.subject, name, here[n], there[n])]
    if not places:
        return None
    columns = tuple(shape.columns[n] for n in places)
    values = (tuple(row[n] for n in places) for row in (here, there))
    return Seen(key=key, kind=Kind.DIFFERS, columns=columns, here=next(values), there=next(values))


def _order(key: Key, here: str, there: str) -> Seen | None:
    """Return the first place at which two lists differ."""
    for place, (one, other) in enumerate(zip_longest(here.split(), there.split()), 1):
        if one != other:
            return Seen(key=key, kind=Kind.ORDER, columns=(f"position {place}",), here=(one,), there=(other,))
    return None


def _alike(subject: Subject, name: str, one: str | None, other: str | None) -> bool:
    if one == other:
        return True
    return name in subject.near and one is not None and other is not None and near(one, other)


def near(one: str, other: str) -> bool:
    """Say whether two numbers are equal but for their last digits."""
    try:
        return math.isclose(float(one), float(other), rel_tol=TOLERANCE)
    except ValueError:  # their column may hold anything
        return False


def judged(subject: Subject, seen: Seen, before: Kept | None, heights: tuple[int, int], now: datetime) -> Kept:
    """Return a difference as it is to be kept after a look.

    It is certain once it was the same in two looks, between which both databases were at one height, and their jobs
    had their time; or where both stood at one height in each of two looks, and it was another each time. What is
    certain stays so until a look finds both alike.
    """
    is_same = before is not None and before.digest == seen.digest
    since = before if before is not None and is_same else None
    begun = (since.here_height, since.there_height) if since else heights
    as_it_is_since = since.as_it_is_since if since else now
    patience = subject.patience(seen.columns)
    stands = before is not None and (
        _met(begun, heights) and _stood(as_it_is_since, now, patience)
        if is_same
        else not patience
        and before.here_height == before.there_height
        and heights[0] == heights[1]
        and _stood(before.looked_at, now)
    )
    is_certain = before is not None and (before.is_certain or stands)
    return Kept(
        subject=subject.name,
        key=seen.key,
        kind=seen.kind,
        columns=seen.columns,
        here=seen.here,
        there=seen.there,
        digest=seen.digest,
        here_height=begun[0],
        there_height=begun[1],
        as_it_is_since=as_it_is_since,
        first_at=before.first_at if before else now,
        looked_at=now,
        looks=before.looks + 1 if before else 1,
        is_certain=is_certain,
        cause=before.cause if before and is_same else "",
    )


def _met(begun: tuple[int, int], now: tuple[int, int]) -> bool:
    """Say whether both databases stood at one height at some time between two looks."""
    return max(begun) <= min(now)


def _stood(since: datetime, now: datetime, seconds: float = 0.0) -> bool:
    return now - since >= timedelta(seconds=max(seconds, LOOK_SECONDS))
