"""The programs that jobs ask, made up: content nodes that know all, and a notifier that takes down what it is told."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from scripted_http import Request, answer

PRIVATE_KEY = "01" * 32
RESULTS = {"key": "A major", "bpm": 120, "320": "baeaaaiqse"}
KNOWN = {"status": "done", "results": RESULTS, "audio_analysis_results": RESULTS, "error_count": 0}
CHOOSE = """
    SELECT track_id, owner_id, track_cid
    FROM tracks
    WHERE is_current AND NOT is_delete AND is_available AND track_cid IS NOT NULL
    ORDER BY track_id DESC
    LIMIT %s
"""


class Others:
    """All of them at one address, by what they are asked."""

    def __init__(self) -> None:
        self.taken_down: Sequence[dict[str, Any]] = ()

    @property
    def track_ids(self) -> list[int]:
        """The tracks that the notifier took down last."""
        return [one["trackId"] for one in self.taken_down]

    async def take_down(self, connection: AsyncConnection[Any], tracks: int, at: datetime) -> None:
        """Have the notifier say that so many of the newest tracks are taken down."""
        rows = await (await connection.execute(CHOOSE, [tracks])).fetchall()
        names = ("trackId", "ownerId", "trackCid")
        decided = {"createdAt": f"{at:%Y-%m-%d %H:%M:%S.%f}+00", "delisted": True, "reason": "DMCA"}
        self.taken_down = [decided | dict(zip(names, row, strict=True)) for row in rows]

    async def script(self, request: Request, writer: asyncio.StreamWriter) -> None:
        """Answer a request."""
        told: dict[str, Any] = KNOWN
        if request.path.startswith("/statuses/"):
            told = {"result": {"users": [], "tracks": self.taken_down}}
        await answer(msgspec.json.encode(told))(request, writer)
