"""The signed messages in memory, beside a list that forgets nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbeat.index import seen
from backbeat.index.seen import KEY_BYTES, SeenMessages

KEYS = [bytes([at]) * KEY_BYTES for at in range(6)]


class Answer:
    def __init__(self, row: tuple[Any, ...]) -> None:
        self._row = row

    async def fetchone(self) -> tuple[Any, ...]:
        return self._row

    async def __aiter__(self) -> AsyncIterator[tuple[Any, ...]]:
        yield self._row


class Database:
    """Answers what is asked of the messages in ``batches``, each of which is a block."""

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.reads = 0

    @property
    def chain(self) -> list[bytes]:
        return [key for batch in self.batches for key in batch]

    @asynccontextmanager
    async def cursor(self, **_: Any) -> AsyncIterator["Database"]:
        yield self

    async def execute(self, query: str, page: dict[str, int] | None = None, **_: Any) -> Answer:
        if query == seen.COUNTS:
            self.reads += 1
            return Answer((len(self.chain), 0))
        assert page
        text, number = b"", 0
        for batch in self.batches:
            number += len(batch)
            if page["after"] < number <= page["until"]:
                text += b"".join(batch)
        return Answer((text,))


def held(chain: list[bytes], rows_max: int) -> dict[bytes, int]:
    """Return what is to be known: the last number of each key among the newest."""
    numbered = list(enumerate(chain, 1))[-rows_max:]
    return {key: number for number, key in numbered}


BATCHES = st.lists(st.lists(st.sampled_from(KEYS), min_size=1, max_size=5), min_size=1, max_size=12)


@pytest.mark.parametrize("page", [1, 3, 100_000])
@given(batches=BATCHES, rows_max=st.integers(1, 8), restarts=st.sets(st.integers(0, 11)))
def test_it_holds_the_newest_whether_it_followed_them_or_read_them(
    page: int, batches: list[list[bytes]], rows_max: int, restarts: set[int]
) -> None:
    async def follow() -> None:
        database, messages = Database(), SeenMessages(rows_max)
        for height, batch in enumerate(batches):
            if height in restarts:
                messages = SeenMessages(rows_max)
            await messages.read(database, height)  # type: ignore[arg-type]  # what is asked of a connection
            assert messages.number == len(database.chain)
            assert messages.numbers(KEYS) == held(database.chain, rows_max)
            found = messages.numbers(batch)
            again = found if found or len(set(batch)) < len(batch) else None
            database.batches.append(batch)
            messages.follow(height, height + 1, batch, again)
        assert messages.numbers(KEYS) == held(database.chain, rows_max)
        assert database.reads == len({0, *restarts} & set(range(len(batches))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_PAGE_MESSAGES", page)
        asyncio.run(follow())


async def test_what_was_held_at_another_block_is_read_again() -> None:
    database, messages = Database(), SeenMessages(8)
    await messages.read(database, 1)  # type: ignore[arg-type]  # what is asked of a connection
    database.batches.append(KEYS[:2])
    messages.follow(7, 8, KEYS[2:3], None)
    assert messages.numbers(KEYS) == {}, "a commit from another block is none of its"
    await messages.read(database, 2)  # type: ignore[arg-type]  # what is asked of a connection
    assert messages.numbers(KEYS) == {KEYS[0]: 1, KEYS[1]: 2}


async def test_a_reading_that_is_broken_off_counts_for_nothing() -> None:
    class Broken(Database):
        async def execute(self, query: str, page: dict[str, int] | None = None, **named: Any) -> Answer:
            if page and page["until"] == 1:
                raise ConnectionError("gone")
            return await super().execute(query, page, **named)

    broken, whole, messages = Broken(), Database(), SeenMessages(8)
    broken.batches = whole.batches = [[key] for key in KEYS[:3]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen, "_PAGE_MESSAGES", 1)
        with pytest.raises(ConnectionError):
            await messages.read(broken, 3)  # type: ignore[arg-type]  # what is asked of a connection
    await messages.read(whole, 3)  # type: ignore[arg-type]  # what is asked of a connection
    assert messages.numbers(KEYS) == {KEYS[0]: 1, KEYS[1]: 2, KEYS[2]: 3}
