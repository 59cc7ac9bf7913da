"""How fast a backlog is indexed, signatures verified."""

from collections import defaultdict
from itertools import product

from bench.chains import recorded, simulated
from bench.figure import Figure
from bench.programs import OURS
from bench.scope import Scope

TRANSACTIONS_PER_SECOND_MIN = 5_000
SMALL = 10_000  # transactions; a shorter chain mostly measures how batches grow


async def catch_up(scope: Scope) -> list[Figure]:
    """Index every chain ``rounds`` times, in turn."""
    transactions = scope.size(60_000, 400)
    chains = [simulated(transactions, 2), simulated(transactions, 20)]
    if (real := recorded()) and not scope.quick:
        chains.append(real)
    seen: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    budgets: dict[tuple[str, str], float] = {}
    for number in range(scope.rounds):
        for chain, program in product(chains, scope.turns(number)):
            async with scope.server.database(program) as url:
                done = await program.index(chain, url, scope.server.pid)
            name = f"{chain.name}, {program.name}"
            per_tx = 1e6 / done.transactions
            if done.transactions >= SMALL and program is OURS:
                budgets[name, "tx/s"] = TRANSACTIONS_PER_SECOND_MIN
            seen[name, "tx/s"].append(done.transactions / done.wall)
            seen[name, "blocks/s"].append(done.blocks / done.wall)
            seen[name, "plays/s"].append(done.plays / done.wall)
            seen[name, "us of our processor time per tx"].append(done.client * per_tx)
            seen[name, "us of the server's processor time per tx"].append(done.server * per_tx)
            seen[name, "% of the machine used by others"].append(done.noise_percent)
    return [Figure(name, unit, values, at_least=budgets.get((name, unit))) for (name, unit), values in seen.items()]
