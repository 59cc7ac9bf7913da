"""The newest signed messages in memory, so that a batch is compared with them without a question to the database.

They are those of the database as of one block. A transaction that begins at that block and proves it when it moves the
cursor may rely on them; at any other block they are read again. They move on only after the commit.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from itertools import count
from typing import Any, Final

from psycopg import AsyncConnection

from backbeat.db.query import value
from backbeat.db.sql import load

COUNTS = load(__package__, "replay_counts.sql")
PAGE = load(__package__, "messages_page.sql")

KEY_BYTES: Final = 15  # 120 bits cannot be met by chance or on purpose, and one byte more takes 16 more in memory
_PAGE_MESSAGES: Final = 100_000  # 1.5 MB an answer


class SeenMessages:
    """At most ``rows_max`` keys, each where it stood last. ``number`` is that of the newest message, held or not."""

    def __init__(self, rows_max: int) -> None:
        self.number = 0
        self._rows_max = rows_max
        self._at: Hashable = None  # nothing is read yet
        self._keys: set[bytes] = set()
        self._order: deque[bytes | None] = deque()  # by number; None where the key stood once more

    async def read(self, connection: AsyncConnection[Any], at: Hashable) -> None:
        """Come to what the database holds ``at`` a position of its cursor, unless that is what is held."""
        if at == self._at:
            return
        self._at = None
        keys, order = set[bytes](), deque[bytes | None]()
        number: int = await value(connection, COUNTS) or 0
        first = max(number - self._rows_max, 0)
        for until in range(number, first, -_PAGE_MESSAGES):
            page = {"after": max(until - _PAGE_MESSAGES, first), "until": until}
            async for [text] in await connection.execute(PAGE, page, binary=True):
                await asyncio.to_thread(_put_before, text, keys, order)
        self.number, self._keys, self._order = number, keys, order
        self._trim()
        self._at = at

    def is_at(self, position: Hashable) -> bool:
        """Tell whether what is held is what the database holds at ``position``."""
        return self._at is not None and self._at == position

    def numbers(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Return the numbers of those ``keys`` that are held: one walk from the newest to the farthest of them."""
        sought = self._keys.intersection(keys)
        found: dict[bytes, int] = {}
        if sought:
            for number, key in zip(count(self.number, -1), reversed(self._order), strict=False):
                if key in sought and key is not None:
                    found[key] = number
                    if len(found) == len(sought):
                        break
        return found

    def follow(
        self, before: Hashable, after: Hashable, keys: Sequence[bytes], numbers: dict[bytes, int] | None
    ) -> None:
        """Take in the ``keys`` that a commit from the position ``before`` to ``after`` has brought.

        ``numbers`` is what :meth:`numbers` said of them, None if no key came again.
        """
        if before != self._at:
            return
        self._at = None  # should this be broken off
        if numbers is None:
            self._order.extend(keys)
        else:
            self._append(keys, dict(numbers))
        self._keys.update(keys)
        self.number += len(keys)
        self._trim()
        self._at = after

    def _append(self, keys: Iterable[bytes], last: dict[bytes, int]) -> None:
        oldest = self.number - len(self._order) + 1
        for number, key in enumerate(keys, self.number + 1):
            if key in last:
                self._order[last[key] - oldest] = None
            last[key] = number
            self._order.append(key)

    def _trim(self) -> None:
        while len(self._order) > self._rows_max:
            key = self._order.popleft()
            if key is not None:
                self._keys.remove(key)


def _put_before(text: bytes, keys: set[bytes], order: deque[bytes | None]) -> None:
    for at in range(len(text) - KEY_BYTES, -1, -KEY_BYTES):
        key = text[at : at + KEY_BYTES]
        order.appendleft(None if key in keys else key)
        keys.add(key)
