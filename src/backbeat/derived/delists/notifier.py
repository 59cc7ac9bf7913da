"""Asks the trusted notifier (domain: derived state, 4.4, 1 and 2).

Whether its cursor is exclusive is not known. So it is asked from a microsecond before what we have: all of that instant
comes again, and what it says twice changes nothing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from backbeat.addresses import wrong_part
from backbeat.chain.signatures import PersonalSigner
from backbeat.clock import Clock
from backbeat.derived.delists.authorization import authorization, delegate
from backbeat.derived.delists.statuses import Page, TrackRow, UserRow, page_of
from backbeat.errors import ConfigError, OutgoingError
from backbeat.outgoing.client import Client, Limits
from backbeat.settings import Settings

T = TypeVar("T")

ROWS_MAX: Final = 5_000  # domain: derived state, 4.4
ROWS_OF_ONE_INSTANT_MAX: Final = 20_000  # 4 MB, what the client takes
LIMITS: Final = Limits(seconds=30.0, connections_max=1)  # domain: derived state, 4.4

INSTANT: Final = timedelta(microseconds=1)
_TOO_MUCH: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
)


class Users(msgspec.Struct, frozen=True):
    """What is answered about users."""

    users: list[msgspec.Raw] | None


class Tracks(msgspec.Struct, frozen=True):
    """What is answered about tracks."""

    tracks: list[msgspec.Raw] | None


class UsersAnswer(msgspec.Struct, frozen=True):
    """An answer."""

    result: Users


class TracksAnswer(msgspec.Struct, frozen=True):
    """An answer."""

    result: Tracks


class Notifier(msgspec.Struct, frozen=True):
    """Where the notifier is, and who asks it."""

    host: str
    """Its address, with a slash at the end."""
    signer: PersonalSigner
    """The delegate wallet."""
    proxy: str = ""
    """What to go through, if anything."""
    limits: Limits = LIMITS
    """What an answer may cost."""

    async def users(self, clock: Clock, since: datetime | None, reasons: Collection[str], rows_max: int) -> Page:
        """Return decisions about users, at and after ``since``; raises OutgoingError."""
        answer = await self._ask(clock, "users", UsersAnswer, since, rows_max)
        return page_of(UserRow, answer.result.users or [], reasons, clock.now(), rows_max)

    async def tracks(self, clock: Clock, since: datetime | None, reasons: Collection[str], rows_max: int) -> Page:
        """Return decisions about tracks, at and after ``since``; raises OutgoingError."""
        answer = await self._ask(clock, "tracks", TracksAnswer, since, rows_max)
        return page_of(TrackRow, answer.result.tracks or [], reasons, clock.now(), rows_max)

    async def _ask(self, clock: Clock, about: str, kind: type[T], since: datetime | None, rows_max: int) -> T:
        query = {"batchSize": str(rows_max)}
        if since is not None:
            query["cursor"] = f"{since - INSTANT:%Y-%m-%dT%H:%M:%S.%fZ}"
        headers = {"Authorization": authorization(self.signer, clock.now())}
        async with Client(clock, self.limits, proxy=self.proxy) as client:
            answer = await client.get(f"{self.host}statuses/{about}", query=query, headers=headers)
        return answer.json(kind)


def notifier_of(settings: Settings) -> Notifier | None:
    """Return the notifier that the settings name, None while there is no key. Raises ConfigError."""
    chosen = settings.jobs
    if not chosen.delegate_private_key:
        return None
    address = chosen.notifier_url.strip()
    if not address.startswith(("http://", "https://")) or "?" in address or "#" in address:
        raise ConfigError(
            "delist_notifier_invalid",
            f"The address in jobs.notifier_url {wrong_part(address, ('https', 'http'), bare=True)}.",
            cure="Write it as https://host/, or leave it out.",
        )
    return Notifier(f"{address.rstrip('/')}/", delegate(chosen.delegate_private_key), settings.outgoing.proxy)


def is_too_much(error: OutgoingError) -> bool:
    """Tell whether a question failed for how much it asked for."""
    return error.code == "outgoing_too_long" or (error.code == "outgoing_refused" and error.status in _TOO_MUCH)
