"""A sample of ``make fuzz``: mutated transactions are outlasted within bounds of time, memory and bytes."""

from typing import Any

import pytest
from depth import at_depth
from fuzz.campaign import Campaign
from psycopg import AsyncConnection
from worst.indexer import indexer

from backbeat.db.pool import Lanes

pytestmark = [pytest.mark.slow, pytest.mark.version_free]


async def test_mutated_transactions(lanes: Lanes, connection: AsyncConnection[Any]) -> None:
    transactions = at_depth(1_000, 3_000, 100_000)
    async with indexer(lanes, connection) as indexing:
        findings = await Campaign(indexing, seed=1).run(transactions)
    assert findings.faults == []
    assert findings.transactions > transactions / 2
    assert findings.outcomes["applied"] > findings.transactions / 10
    assert len(findings.outcomes) > 20  # reasons for which they were refused
    assert findings.reached[-1] > findings.reached[0]
    assert findings.kept > findings.reached[-1] / 2
    assert findings.lines > 500
