"""``make fuzz``: a million mutated transactions by default; ``--transactions`` and ``--seed`` say otherwise."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import structlog
from worst.indexer import indexer

from backbeat.db.pool import open_lanes
from backbeat.settings import DatabaseSettings
from bench.server import connect, running
from fuzz.campaign import Campaign, clock, told

TRANSACTIONS = 1_000_000


async def run(transactions: int, seed: int, *, guided: bool) -> bool:
    """Run a campaign on a server of its own; tell what it came to, and whether without a fault."""
    with tempfile.TemporaryDirectory() as place:
        async with (
            running(Path(place)) as server,
            server.database() as url,
            await connect(url) as observer,
            await open_lanes(url, DatabaseSettings()) as lanes,
            indexer(lanes, observer) as indexing,
        ):
            began = clock()
            findings = await Campaign(indexing, seed, guided=guided).run(transactions)
            sys.stdout.write(told(findings, clock() - began) + "\n")
    return not findings.faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--transactions", type=int, default=TRANSACTIONS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unguided", action="store_true", help="build on nothing that was found, to compare")
    chosen = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    sys.exit(not asyncio.run(run(chosen.transactions, chosen.seed, guided=not chosen.unguided)))
