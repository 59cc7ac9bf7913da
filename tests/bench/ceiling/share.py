"""The block loop as a share of what the server takes by itself: the bytes that it sends, sent again as one stream."""

from collections import defaultdict

from bench.ceiling.frontend import commits
from bench.ceiling.resend import whole
from bench.ceiling.taken import Taken, compare, indexed, lend
from bench.ceiling.tap import address
from bench.chains import Chain, plays_only, recorded, simulated
from bench.figure import Figure
from bench.programs import OURS, Program
from bench.scope import Scope

SHARE_MIN = 0.5  # of all kinds
SMALL = 10_000  # transactions; of a shorter chain much is start-up


async def ceiling(scope: Scope) -> list[Figure]:
    """Index every chain and send again what was sent, in turn."""
    transactions = scope.size(60_000, 400)
    mixed = [simulated(transactions, size) for size in ((20,) if scope.quick else (2, 20))]
    if (real := recorded()) and not scope.quick:
        mixed.append(real)
    figures = [figure for chain in mixed for figure in await _shares(scope, chain, is_mixed=True)]
    return figures + await _shares(scope, plays_only(scope.size(200_000, 2_000), 20), is_mixed=False)


async def _shares(scope: Scope, chain: Chain, *, is_mixed: bool) -> list[Figure]:
    taken = {program.name: await indexed(scope.server, program, chain) for program in scope.programs}
    loop: defaultdict[str, list[float]] = defaultdict(list)
    alone: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(scope.rounds):
        for program in scope.turns(number):
            async with scope.server.database(program) as url:
                loop[program.name].append((await program.index(chain, url, scope.server.pid)).wall)
            alone[program.name].append(await _again(scope, program, taken[program.name], is_first=number == 0))
    return [
        figure
        for program in scope.programs
        for figure in _figures(chain, program, taken[program.name], loop[program.name], alone[program.name], is_mixed)
    ]


async def _again(scope: Scope, program: Program, taken: Taken, *, is_first: bool) -> float:
    async with scope.server.database(program) as url:
        await lend(taken, url)
        seconds = await whole(taken.sessions, address(url))
        if is_first:
            compare(taken, url)
    return seconds


def _figures(
    chain: Chain, program: Program, taken: Taken, loop: list[float], alone: list[float], is_mixed: bool
) -> list[Figure]:
    name, done = f"{chain.name}, {program.name}", taken.transactions
    megabytes = sum(len(each.stream) for each in taken.sessions) / 1e6
    pieces = sum(1 for each in taken.sessions for _ in commits(each.messages))
    budget = SHARE_MIN if is_mixed and done >= SMALL and program is OURS else None
    shares = [server / ours for server, ours in zip(alone, loop, strict=True)]
    return [
        Figure(f"{name}: block loop", "tx/s", [done / seconds for seconds in loop]),
        Figure(
            f"{name}: its {megabytes:.0f} MB in {pieces} commits sent again",
            "tx/s",
            [done / seconds for seconds in alone],
        ),
        Figure(f"{name}: share of the ceiling, round by round", "", shares),
        Figure(f"{name}: share of the ceiling, best of both", "", [min(alone) / min(loop)], at_least=budget),
    ]
