"""A commit of one block at the tip against the very same bytes sent in one trip."""

from collections import defaultdict
from statistics import median

from bench.ceiling.resend import in_single_trips
from bench.ceiling.taken import Taken, committed, compare, lend
from bench.ceiling.tap import address
from bench.chains import Chain, simulated
from bench.figure import Figure
from bench.one_block import WARMED_UP_SHARE
from bench.programs import OURS, Program
from bench.scope import Scope

BLOCKS = 500
ROUNDS = 3
TRANSACTIONS_MAX = 40_000  # in all: of the largest blocks there are fewer
TIMES_MAX = {2: 2.0, 20: 1.5, 200: 1.3}
"""By transactions in a block: how many times the one trip a commit may take."""


async def one_trip(scope: Scope) -> list[Figure]:
    """Commit block by block at three sizes, and send the same again, in turn; at one of them in a quick run."""
    figures = []
    for size, times_max in list(TIMES_MAX.items())[: 1 if scope.quick else None]:
        chain = simulated(scope.size(60_000, 800), size)
        blocks = scope.size(min(BLOCKS, TRANSACTIONS_MAX // size), 10)
        figures += await _of_size(scope, chain, blocks, times_max)
    return figures


async def _of_size(scope: Scope, chain: Chain, blocks: int, times_max: float) -> list[Figure]:
    taken = {program.name: await committed(scope.server, program, chain, blocks) for program in scope.programs}
    loop: defaultdict[str, list[float]] = defaultdict(list)
    trip: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(min(ROUNDS, scope.rounds)):
        for program in scope.turns(number):
            async with scope.server.database(program) as url:
                loop[program.name].append(median(await program.commit(chain, url, blocks)))
            trip[program.name].append(await _trips(scope, program, taken[program.name], blocks, number == 0))
    figures = []
    for program in scope.programs:
        ours, single = loop[program.name], trip[program.name]
        name = f"{chain.name}, one block a commit, {program.name}"
        figures += [
            Figure(f"{name}, p50", "ms", ours),
            Figure(f"{name}: the same bytes in one trip, p50", "ms", single),
            Figure(
                f"{name}: best as times the best trip", "times", [min(ours) / min(single)],
                at_most=times_max if program is OURS else None,
            ),
        ]  # fmt: skip
    return figures


async def _trips(scope: Scope, program: Program, taken: Taken, blocks: int, is_first: bool) -> float:
    """Return the median of the commits that follow the first ones, on the session that has them."""
    async with scope.server.database(program) as url:
        await lend(taken, url)
        milliseconds = max([await in_single_trips(each, address(url)) for each in taken.sessions], key=len)
        if is_first:
            compare(taken, url)
    return median(milliseconds[-(blocks - int(blocks * WARMED_UP_SHARE)) :])
