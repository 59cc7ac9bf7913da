"""Peak resident memory of an indexing process, by the size of the backlog."""

from bench.chains import simulated
from bench.figure import Figure
from bench.replay import replay_elsewhere
from bench.scope import Scope

PEAK_MB_MAX = 400
BACKLOGS = (10_000, 60_000, 200_000)  # transactions


async def memory(scope: Scope) -> list[Figure]:
    """Index three backlogs, the last several times what is fetched ahead (32 MB on the wire)."""
    figures = []
    for transactions in (400,) if scope.quick else BACKLOGS:
        chain = simulated(transactions, 20)
        async with scope.server.database() as url:
            said = await replay_elsewhere(chain, url)
        backlog_mb = chain.path.stat().st_size / 1e6
        name = f"peak with a backlog of {transactions} transactions, {backlog_mb:.0f} MB"
        figures.append(Figure(name, "MB", [said["peak_bytes"] / 1e6], at_most=PEAK_MB_MAX))
    return figures
