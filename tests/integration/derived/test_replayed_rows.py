"""Nothing that a replay of refused transactions writes is missed by derived state, although its blocks are old."""

from typing import Any

import pytest
from psycopg import AsyncConnection
from worst.act import FOREIGN, OTHER, OWNER, TRACK
from worst.acts import ACTS, act, first_block, run_up, signed

from backbeat.chain import plays as chain_plays
from backbeat.chain.proto import core_pb2
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index.entities import ROUTES
from backbeat.jobs.catalog import everything
from backbeat.jobs.runner import Runner
from backbeat.settings import Settings
from builders.chain import GENESIS, ListSource, play, plays
from builders.indexing import index, rows
from builders.replaying import replay, without

SETTINGS = Settings()
MOVED = "SELECT count(*) FROM backbeat.rejected_transactions WHERE became = 'applied'"


def history() -> list[list[core_pb2.SignedTransaction]]:
    """Return every pair once with what it needs, and plays of an hour each."""
    heard = [plays(*(play(str(OWNER), str(track), GENESIS) for track in (TRACK, FOREIGN) for _ in range(8)))]
    each = [[*run_up(pair), act(pair)] for pair in sorted(ACTS)]
    late = [signed(2, OTHER, "*/Follow", OWNER, None), signed(2, OTHER, "Comment/Create", 4_200_001, COMMENTED)]
    return [list(first_block()), heard, *each, late, heard]


COMMENTED = {"entity_id": TRACK, "body": "late"}


async def run_all(lanes: Lanes) -> None:
    """Run every job until nothing is left to do; twice, since some follow what others wrote."""
    runner = Runner(lanes, everything(SETTINGS), SETTINGS.jobs, SystemClock())
    for job in [*everything(SETTINGS), *everything(SETTINGS)]:
        await runner.run_once(job.name)


async def audits(connection: AsyncConnection[Any]) -> dict[str, Any]:
    """Return what differs from a full recompute, by job; nothing if nothing does."""
    found = {}
    for job in everything(SETTINGS):
        if job.audit is not None:
            report = await job.audit(connection)
            if not report.is_clean or report.pending or report.stale:
                found[job.name] = report
    return found


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
async def test_every_job_hears_of_what_was_replayed(
    half: int, lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older version lacked every second handler; its jobs had followed everything before the replay."""
    await connection.execute("UPDATE challenges SET active = true")
    kept_first = {("User", "Create"), ("Track", "Create")} if half else set()
    missing = [f"{kind}/{action}" for kind, action in sorted(ROUTES)[half::2] if (kind, action) not in kept_first]
    with without(*missing), monkeypatch.context() as old:
        old.setattr(chain_plays, "PLAYS_MAX", 11)
        await index(lanes, ListSource(history()))
        await run_all(lanes)
        assert await audits(connection) == {}
    await replay(lanes, "unsupported_entity", "too_many_plays", "not_found", "no_active_record", "signer_unknown_user")
    [(applied,)] = await rows(connection, MOVED)
    assert applied > 20
    await run_all(lanes)
    assert await audits(connection) == {}
