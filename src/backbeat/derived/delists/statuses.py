"""What the notifier says, read row by row: one that cannot be used is set aside and holds up no other.

A status counts whatever its reason is, for that it takes down or puts back is never in doubt. One with a reason, an
owner or a CID that the network's own log cannot hold is applied and set aside as well.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec

AHEAD_MAX: Final = timedelta(days=1)  # of our clock; nobody decides further ahead, and the cursor must not go there
YEAR_MIN: Final = 2000  # the network is younger
INT4_MAX: Final = 2**31 - 1
CID_CHARACTERS_MAX: Final = 600  # of four bytes at most; an index takes 2,700 bytes, and a CID has some 60 of them
KEPT_CHARACTERS_MAX: Final = 1_000  # of a row that is set aside
DIGEST_BYTES: Final = 16


class Status(NamedTuple):
    """A decision of the notifier about a track or user."""

    created_at: datetime
    """When it was made."""
    id: int
    """The track or user."""
    delisted: bool
    """True: taken down; False: put back."""
    reason: str | None = None
    """Why, if the network knows the reason; None: the log cannot hold it."""
    owner_id: int | None = None
    """Of a track that the log can hold."""
    track_cid: str | None = None
    """Of a track that the log can hold."""


class Aside(NamedTuple):
    """A row that cannot be used, or not logged, as it came."""

    digest: bytes
    """Tells rows apart."""
    why: str
    """A sentence."""
    status: str
    """Its beginning."""


class Page(NamedTuple):
    """What was answered, the oldest first. ``rows``: how many rows there were, those set aside among them."""

    rows: int
    statuses: Sequence[Status]
    aside: Sequence[Aside]

    @property
    def upto(self) -> datetime | None:
        """Return when the last of the decisions was made; None without any."""
        return self.statuses[-1].created_at if self.statuses else None

    def latest(self) -> list[Status]:
        """Return the last decision about each track or user; of two of one instant the one that takes down."""
        return list({each.id: each for each in sorted(self.statuses, key=_age)}.values())


class UserRow(msgspec.Struct, frozen=True, rename="camel"):
    """A row about a user."""

    created_at: str
    user_id: int
    delisted: bool
    reason: Any = None


class TrackRow(msgspec.Struct, frozen=True, rename="camel"):
    """A row about a track."""

    created_at: str
    """When it was decided."""
    track_id: int
    """The track."""
    delisted: bool
    """Whether it is taken down."""
    owner_id: Any = None
    """Whose it is."""
    track_cid: Any = None
    """Its audio."""
    reason: Any = None
    """Why."""


class UnusableError(Exception):
    """A row says nothing that could be applied."""


def page_of(
    kind: type[UserRow | TrackRow], rows: Sequence[msgspec.Raw], reasons: Collection[str], now: datetime, rows_max: int
) -> Page:
    """Return the oldest ``rows_max`` of the rows that can be used, in order, and all that are set aside."""
    statuses: list[Status] = []
    aside: dict[bytes, Aside] = {}
    for raw in rows:
        try:
            status = _status(kind, raw, reasons, now)
        except UnusableError as error:
            _set_aside(aside, raw, str(error))
            continue
        statuses.append(status)
        if status.reason is None:
            _set_aside(aside, raw, "Applied; the network's log cannot hold its reason, owner or CID.")
    statuses.sort(key=_age)
    return Page(len(rows), statuses[:rows_max], list(aside.values())[:rows_max])


def _age(status: Status) -> tuple[datetime, bool]:
    return status.created_at, status.delisted


def _set_aside(aside: dict[bytes, Aside], raw: msgspec.Raw, why: str) -> None:
    text = bytes(raw)
    digest = sha256(text).digest()[:DIGEST_BYTES]
    aside[digest] = Aside(digest, why, text.decode(errors="replace")[:KEPT_CHARACTERS_MAX].replace("\0", "\ufffd"))


def _status(kind: type[UserRow | TrackRow], raw: msgspec.Raw, reasons: Collection[str], now: datetime) -> Status:
    try:
        row = msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnusableError(f"It cannot be read: {error}.") from error
    number = row.user_id if isinstance(row, UserRow) else row.track_id
    if not 0 < number <= INT4_MAX:
        raise UnusableError("Its id is none.")
    status = Status(_instant(row.created_at, now), number, row.delisted)
    if row.reason not in reasons:
        return status
    if isinstance(row, UserRow):
        return status._replace(reason=row.reason)
    if not (_is_id(row.owner_id) and _is_cid(row.track_cid)):
        return status
    return status._replace(reason=row.reason, owner_id=row.owner_id, track_cid=row.track_cid)


def _instant(text: str, now: datetime) -> datetime:
    """Return an instant as both spellings write it, cut off at microseconds; without a zone it is UTC."""
    try:
        said = datetime.fromisoformat(text)
        instant = (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnusableError("Its createdAt is no instant.") from error
    if instant.year < YEAR_MIN or instant > now + AHEAD_MAX:
        raise UnusableError("Its createdAt is before there was a network, or more than a day ahead of our clock.")
    return instant


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= INT4_MAX


def _is_cid(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= CID_CHARACTERS_MAX and "\0" not in value
