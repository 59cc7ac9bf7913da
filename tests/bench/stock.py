"""A backlog and plays on a distribution's PostgreSQL as it is shipped, beside the embedded server."""

import os
from collections import defaultdict

from bench.chains import Chain, plays_only, simulated
from bench.figure import Figure
from bench.meter import metered
from bench.replay import replay
from bench.scope import Scope
from bench.server import Server, running

PROGRAMS = os.environ.get("BACKBEAT_BENCH_STOCK", "/usr/lib/postgresql/15/bin")  # Debian 12's package postgresql-15
TIMES_MAX = 1.5


async def stock(scope: Scope) -> list[Figure]:
    """Index both chains on both servers in turn, the order reversed from round to round. Nothing without such a one."""
    if not os.access(f"{PROGRAMS}/postgres", os.X_OK):
        return []
    chains = [simulated(scope.size(30_000, 400), 20), plays_only(scope.size(100_000, 2_000), 20)]
    seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    noise: list[float] = []
    async with running(scope.place, PROGRAMS) as shipped:
        servers = {"embedded": scope.server, "as shipped": shipped}
        for round_number in range(scope.rounds):
            for chain in chains:
                for name in list(servers)[:: 1 if round_number % 2 else -1]:
                    wall, noise_percent = await _seconds(servers[name], chain)
                    seconds[chain.name, name].append(wall)
                    noise.append(noise_percent)
    figures = [Figure(f"{chain}, {name}", "s", values) for (chain, name), values in seconds.items()]
    for chain in chains:
        ours, theirs = seconds[chain.name, "embedded"], seconds[chain.name, "as shipped"]
        times = [min(theirs) / min(ours)]
        figures.append(Figure(f"{chain.name}: best as shipped over best embedded", "times", times, at_most=TIMES_MAX))
    return [*figures, Figure("other work on the machine", "% of it", noise)]


async def _seconds(server: Server, chain: Chain) -> tuple[float, float]:
    async with server.database() as url:
        with metered(server.pid) as spent:
            await replay(chain, url)
    return spent.wall, spent.noise_percent
