"""A database that another version made goes on with this one: ``python -m bench.upgraded --before OTHER/.venv/bin``.

The other version follows half of a simulated chain in which rewards are in force, jobs on; then this one takes the
database over and follows the rest. Shown are where histories begin, whether what was paid stayed, and what audits say.
Exits with 1 if histories begin elsewhere than where the other version stood, a complete reward changed, or an audit
of rewards calls wrong what was judged before.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from backbeat.derived.challenges.audited import JUDGED, TOLD
from backbeat.incremental.ranges import Why
from bench import rewarding
from bench.programs import OURS, Program, add_before, environ, in_turn
from bench.quiet_log import quiet_log
from bench.same_rewards import OFF, Chain, Simulated, record
from bench.server import connect, running
from harness.auditing import whole

STOOD = "SELECT block_number FROM backbeat.cursor"
PAID = "SELECT row_to_json(paid)::text FROM user_challenges AS paid WHERE is_complete"
BEGIN = "SELECT DISTINCT from_block FROM backbeat.histories"
WRONG_BEFORE = "SELECT completed_blocknumber FROM user_challenges WHERE challenge_id = %s AND specifier = %s"


class Found(NamedTuple):
    """What became of the database. ``stood``: the block at which the other version left it."""

    stood: int
    begins: list[int]
    paid: int
    changed: list[str]
    same: int
    unverifiable: Mapping[str, int]
    wrong: list[str]

    @property
    def is_kept(self) -> bool:
        """Say whether all is as it has to be."""
        told = self.unverifiable.get(Why.BEFORE_HISTORIES, 0) > 0
        return self.begins == [self.stood] and not self.changed and not self.wrong and told


async def measure(before: Program, place: Path, simulated: Simulated) -> Found:
    """Let the other version begin, and this one go on."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        half, chain = (record(Path(folder) / f"{share:g}.blocks", 1, simulated, share) for share in (0.5, 1.0))
        async with running(place, durable=False) as server:
            url = await server.kept(before)
            await asyncio.to_thread(rewarding.put_in_force, url)
            await _follow(before, url, half)
            stood, paid = _asked(url, STOOD)[0], _asked(url, PAID)
            await _follow(OURS, url, chain)
            changed = sorted(set(paid) - set(_asked(url, PAID)))
            same, reasons, wrong = await _audited(url, stood)
            return Found(stood, _asked(url, BEGIN), len(paid), changed, same, reasons, wrong)


async def _follow(program: Program, url: str, chain: Chain) -> None:
    settings = {
        "BACKBEAT_DATABASE_URL": url,
        "BACKBEAT_JOBS_OFF": ",".join(OFF),
        "BACKBEAT_CHAIN_VERIFIER_ADDRESS": chain.verifier_address,
    }
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            program.python, "-P", "-m", "backbeat", "up", "--data-dir", folder, "--no-web", "--json",
            "--recording", chain.path, "--exit-at-tip",
            env=environ() | settings, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{program.name} failed: {said.decode()[-2_000:]}")


async def _audited(url: str, stood: int) -> tuple[int, Mapping[str, int], list[str]]:
    """Return rows that hold, those that cannot be verified by reason, and those of before that are called wrong."""
    same, reasons, wrong = 0, Counter[str](), list[str]()
    async with await connect(url) as connection:
        for audit in (*JUDGED, TOLD):
            found = await whole(connection, audit)
            same += found.same
            reasons.update(found.unverifiable)
            for each in found.samples:
                asked = await connection.execute(WRONG_BEFORE, [each.key["challenge_id"], each.key["specifier"]])
                [block] = await asked.fetchone() or [None]
                if block is not None and block <= stood:
                    wrong.append(f"{audit.name}: {each}")
    return same, reasons, wrong


def _asked(url: str, query: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as connection:
        return [value for (value,) in connection.execute(query.encode())]


def lines(found: Found) -> Iterator[str]:
    """Yield what is to be told."""
    yield f"it stood at block {found.stood}; histories begin at {', '.join(map(str, found.begins))}"
    yield f"{found.paid:,} rewards were complete, {len(found.changed)} of them changed"
    yield from (f"  changed: {row[:300]}" for row in found.changed[:5])
    yield f"audits of rewards: {found.same:,} rows as they should be, unverifiable: " + ", ".join(
        f"{reason} {rows:,}" for reason, rows in found.unverifiable.items()
    )
    yield f"{len(found.wrong)} of before are called wrong"
    yield from (f"  {each[:300]}" for each in found.wrong[:5])
    yield "kept" if found.is_kept else "missed"


def main() -> int:
    """Print what became of a database of before; exit with 1 if something is not as it has to be."""
    parser = argparse.ArgumentParser(prog="bench.upgraded", description=__doc__.splitlines()[0])
    add_before(parser, required=True)
    parser.add_argument("--blocks", type=int, default=135)
    parser.add_argument("--transactions", type=int, default=1_080)
    parser.add_argument("--data-dir", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    quiet_log()
    before, _ = in_turn(options.before)
    simulated = Simulated(45, options.blocks, options.transactions / options.blocks)
    found = asyncio.run(measure(before, options.data_dir, simulated))
    sys.stdout.write("\n".join((*lines(found), "")))
    return int(not found.is_kept)


if __name__ == "__main__":
    sys.exit(main())
