"""How fast a backlog is indexed, signatures verified."""

from collections import defaultdict

from bench.chains import recorded, simulated
from bench.figure import Figure
from bench.meter import metered
from bench.replay import replay
from bench.scope import Scope

TRANSACTIONS_PER_SECOND_MIN = 5_000
SMALL = 10_000  # transactions; a shorter chain mostly measures how batches grow


async def catch_up(scope: Scope) -> list[Figure]:
    """Index every chain ``rounds`` times, in turn."""
    transactions = scope.size(60_000, 400)
    chains = [simulated(transactions, 2), simulated(transactions, 20)]
    if real := recorded():
        chains.append(real)
    seen: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    budgets: dict[tuple[str, str], float] = {}
    for _ in range(scope.rounds):
        for chain in chains:
            async with scope.server.database() as url:
                with metered(scope.server.pid) as spent:
                    done = await replay(chain, url)
            per_tx = 1e6 / done.transactions
            if done.transactions >= SMALL:
                budgets[chain.name, "tx/s"] = TRANSACTIONS_PER_SECOND_MIN
            seen[chain.name, "tx/s"].append(done.transactions / spent.wall)
            seen[chain.name, "blocks/s"].append(done.blocks / spent.wall)
            seen[chain.name, "plays/s"].append(done.plays / spent.wall)
            seen[chain.name, "us of our processor time per tx"].append(spent.client * per_tx)
            seen[chain.name, "us of the server's processor time per tx"].append(spent.server * per_tx)
            seen[chain.name, "% of the machine used by others"].append(spent.noise_percent)
    return [Figure(name, unit, values, at_least=budgets.get((name, unit))) for (name, unit), values in seen.items()]
