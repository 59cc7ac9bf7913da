"""A chain whose blocks the program tells of, and row triggers that follow the network's rules beside it."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import foreign_database

from backbeat.chain.proto import core_pb2
from builders.indexing import rows
from builders.told import ToldChain, chain_on

Transaction = core_pb2.SignedTransaction

TRIGGERS = Path(foreign_database.__file__).parent / "notifications.sql"
OURS = "SELECT type, group_id, specifier, user_ids, data FROM public.notification"
THEIRS = "SELECT type, group_id, specifier, user_ids, data FROM theirs.notification"
BY_ROWS = {
    *("follow", "milestone_follower_count", "save", "repost", "milestone", "save_of_repost", "repost_of_repost"),
    *("cosign", "create", "remix", "artist_remix_contest_submissions", "fan_remix_contest_started"),
    *("track_added_to_playlist", "track_added_to_purchased_album", "request_manager", "approve_manager_request"),
    *("fan_remix_contest_submission", "reaction"),
}
"""What 7.3 has a trigger tell. Comments are told of by the handler there (5.5.7), tips and payments by triggers of
tables that no block fills, all else by jobs."""


def told_of(found: Iterable[tuple[Any, ...]]) -> set[tuple[str, str, str, tuple[int, ...], str]]:
    """Return notifications so that they can be compared: recipients in order, data by key."""
    return {
        (kind, group, specifier, tuple(sorted(users or ())), repr(sorted((data or {}).items())))
        for kind, group, specifier, users, data in found
        if kind in BY_ROWS
    }


async def compared(chain: ToldChain, blocks: Sequence[Transaction]) -> Counter[str]:
    """Index each transaction as a block of its own, hold both to each other, and return what was told, by type."""
    await chain.blocks([[each] for each in blocks])
    await chain.tell()
    ours = told_of(await rows(chain.connection, OURS))
    theirs = told_of(await rows(chain.connection, THEIRS))
    assert ours - theirs == set()
    assert theirs - ours == set()
    return Counter(kind for kind, *_ in ours)


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[ToldChain]:
    """Lend a chain that triggers of both listen to."""
    async with chain_on(url, acts_max=500) as chain:
        await chain.connection.execute("SET search_path = public")
        await chain.connection.execute(TRIGGERS.read_bytes())
        yield chain
