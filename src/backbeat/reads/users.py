"""Users by what people call them: a number, or a handle."""

from typing import Any

from psycopg import AsyncConnection

from backbeat.db.query import column, first
from backbeat.db.sql import load
from backbeat.errors import ChallengeError
from backbeat.nearest import meant

BY_HANDLE = load(__package__, "users_by_handle.sql")
NEAR_HANDLE = load(__package__, "users_near_handle.sql")

USER_MAX = 2**31 - 1
NEAR_MAX = 500  # handles that begin as the one that was asked for
BEGINNING = 2  # characters of it that are taken to be right


async def named(connection: AsyncConnection[Any], name: str) -> int:
    """Return the number of the user that is meant. Raises ChallengeError for a name that none can have, or has."""
    text = name.strip()
    if text.isascii() and text.isdigit():
        if 1 <= int(text[:11]) <= USER_MAX:
            return int(text)
        raise ChallengeError(
            "user_unknown",
            f"No user can have the number {text[:20]}.",
            cure=f"Numbers of users go from 1 to {USER_MAX}.",
        )
    handle = text.removeprefix("@").lower()
    found = await first(connection, tuple, BY_HANDLE, {"handle": handle})
    if found is not None:
        return int(found[0])
    begun = {"begins": handle[:BEGINNING], "limit": NEAR_MAX}
    near = await column(connection, NEAR_HANDLE, begun) if handle[:BEGINNING] else []
    raise ChallengeError(
        "user_unknown",
        f"No user has the handle {handle[:100]!r}.",
        cure=f"{meant(handle, near)}Give a user's number, or the handle as the profile shows it.",
    )
