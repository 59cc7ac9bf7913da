"""Chains of which an older version could not apply something, and replays of that."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from backbeat.chain.networks import DEV
from backbeat.chain.signatures import Verifier
from backbeat.clock import Clock, SystemClock
from backbeat.db.pool import Lanes
from backbeat.index.entities import ROUTES
from backbeat.index.rejected.picking import OF_THE_PROGRAM, Choice
from backbeat.index.rejected.replay import Replay
from backbeat.index.rejected.report import Report
from backbeat.index.wire.transaction import EntityRules

LEASE_SECONDS = 1.0


@contextmanager
def without(*pairs: str) -> Iterator[None]:
    """Be a version that has no handlers of some wire pairs."""
    with mock.patch.dict(ROUTES):
        for pair in pairs:
            entity_type, action = pair.split("/")
            del ROUTES[entity_type, action]
        yield


def replaying(
    lanes: Any, choice: Choice | None = None, rules: EntityRules | None = None, clock: Clock | None = None
) -> Replay:
    """Return a replay on the dev network; ``lanes`` need the pools of indexing and control only."""
    return Replay(lanes, rules or EntityRules(), Verifier(DEV), choice or Choice(), clock or SystemClock())


async def replay(
    lanes: Lanes, *reasons: str, since: int = 0, rules: EntityRules | None = None, dry_run: bool = False
) -> Report:
    """Replay what was refused for some reasons, those of the program if none are named."""
    one = replaying(lanes, Choice(reasons or OF_THE_PROGRAM, since), rules)
    stop = asyncio.Event()
    if dry_run:
        return await one.dry_run(stop, lambda _done, _total: None)
    return await one.run(LEASE_SECONDS, stop, lambda _done, _total: None)
