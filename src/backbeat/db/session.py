"""How the sessions of a lane begin: with their settings in the first packet, or behind a pooler in each transaction."""

import itertools
import os
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import set_json_dumps, set_json_loads

from backbeat.db.address import Address
from backbeat.db.connection import LaneConnection
from backbeat.settings import DatabaseSettings

PREPARE_THRESHOLD = 2  # a statement is prepared when it comes the third time; the driver's own is 5
PREPARED_MAX = 300  # statements that a session keeps: 48 jobs with some five each; the driver's own is 100


class Sessions:
    """Opens the sessions of one lane with its ``limits``, and remembers them in ``opened`` while they live.

    ``pooled``: a transaction pooler stands between. It gives another session to each transaction, so limits are set
    in each of them, statements are not prepared unless the settings say so, and the name tells one session from all
    others.
    """

    def __init__(
        self,
        lane: str,
        limits: Mapping[str, str],
        where: Address,
        settings: DatabaseSettings,
        opened: "WeakSet[LaneConnection]",
        *,
        pooled: bool,
    ) -> None:
        self._lane = lane
        self._limits = limits
        self._where = where
        self._pooled = pooled
        self._opened = opened
        self._numbers = itertools.count(1)
        prepared = settings.prepared_statements == "on" or (settings.prepared_statements == "auto" and not pooled)
        self._threshold = PREPARE_THRESHOLD if prepared else None

    def arguments(self) -> dict[str, Any]:
        """Return the driver's arguments for one more session."""
        name = f"backbeat/{self._lane}"
        if self._pooled:
            session = self._where.pooled_session(f"{name}/{os.getpid()}.{next(self._numbers)}")
        else:
            session = self._where.session(name, **self._limits)
        return {"autocommit": True, "prepare_threshold": self._threshold, **session}

    async def configure(self, connection: AsyncConnection[Any]) -> None:
        """Make a new session one of the lane's."""
        assert isinstance(connection, LaneConnection)  # noqa: S101 - the pool opens no others
        set_json_loads(msgspec.json.decode, connection)
        set_json_dumps(msgspec.json.encode, connection)
        connection.prepared_max = PREPARED_MAX
        connection.name = connection.info.parameter_status("application_name") or ""
        if self._pooled:
            await connection.pin_transactions(self._limits)
        else:
            await connection.pin()
        self._opened.add(connection)
