"""Feeds mutated transactions to an indexer, block by block, and judges each block and the whole."""

import resource
import time
from collections import Counter
from random import Random

import msgspec
from worst.acts import first_block
from worst.indexer import Indexer

from fuzz.mutations import any_transaction

PER_BLOCK = 200
SECONDS_PER_BLOCK_MAX = 3.0  # of processor time; 200 ordinary transactions take 0.1
STORED_PER_BYTE_MAX = 10
STORED_BYTES_FREE = 8 << 20  # pages that a table begins with, or is extended by at once
MEMORY_BYTES_MAX = 512 << 20  # on top of what the process had when it began


class Findings(msgspec.Struct):
    """What a campaign came to."""

    transactions: int = 0
    """Transactions tried."""
    unserved: int = 0
    """Transactions that no node would serve."""
    seconds: float = 0.0
    """Processor time in all."""
    slowest_seconds: float = 0.0
    """Processor time of the slowest block."""
    hold_seconds: float = 0.0
    """The longest that one call kept the interpreter."""
    wire_bytes: int = 0
    """Bytes of the transactions."""
    stored_bytes: int = 0
    """Bytes that the database grew by."""
    memory_bytes: int = 0
    """What the process's memory grew by."""
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    """How transactions ended."""
    faults: list[str] = []
    """What went over a bound, and what only the database refused."""

    def per_second(self) -> float:
        """Return transactions per second of processor time."""
        return self.transactions / self.seconds if self.seconds else 0.0


async def campaign(indexer: Indexer, transactions: int, seed: int) -> Findings:
    """Index ``transactions`` mutated ones; whatever an indexer raises is raised."""
    findings = Findings()
    await indexer.take(*first_block())
    memory = _memory_bytes()
    for number in range(-(-transactions // PER_BLOCK)):
        await _block(indexer, findings, f"{seed}/{number}")
        findings.memory_bytes = _memory_bytes() - memory
    if findings.stored_bytes > STORED_PER_BYTE_MAX * findings.wire_bytes + STORED_BYTES_FREE:
        findings.faults.append(f"{findings.stored_bytes} bytes stored of {findings.wire_bytes}")
    if findings.memory_bytes > MEMORY_BYTES_MAX:
        findings.faults.append(f"{findings.memory_bytes} bytes of memory")
    return findings


async def _block(indexer: Indexer, findings: Findings, seed: str) -> None:
    """Index one block, the same for the same seed."""
    draw = Random(seed)
    drawn = [any_transaction(draw) for _ in range(PER_BLOCK)]
    served = [transaction for transaction in drawn if transaction is not None]
    cost = await indexer.take(*served)
    findings.transactions += len(served)
    findings.unserved += len(drawn) - len(served)
    findings.seconds += cost.seconds
    findings.slowest_seconds = max(findings.slowest_seconds, cost.seconds)
    findings.hold_seconds = max(findings.hold_seconds, cost.hold_seconds)
    findings.wire_bytes += cost.wire_bytes
    findings.stored_bytes += cost.stored_bytes
    if cost.seconds > SECONDS_PER_BLOCK_MAX:
        findings.faults.append(f"block {seed} took {cost.seconds:.2f} s of processor time")
    _judge_outcomes(cost.outcomes, len(served), findings, seed)


def _judge_outcomes(outcomes: Counter[str], served: int, findings: Findings, seed: str) -> None:
    findings.outcomes.update(outcomes)
    if outcomes.total() != served:
        findings.faults.append(f"block {seed}: {outcomes.total()} outcomes of {served} transactions")
    if refused := outcomes["database_error"]:
        findings.faults.append(f"block {seed}: the database refused {refused}")


def _memory_bytes() -> int:
    """Return the most that this process ever had, which never falls."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def told(findings: Findings, wall_seconds: float) -> str:
    """Return the findings as lines for people."""
    most = ", ".join(f"{name} {number}" for name, number in findings.outcomes.most_common(12))
    rate = f"{findings.per_second():.0f} per second of processor time"
    return f"""{findings.transactions} transactions in {wall_seconds:.0f} s ({rate})
{findings.unserved} more that no node could serve
slowest block {findings.slowest_seconds:.2f} s of processor time, longest hold {findings.hold_seconds:.3f} s
{findings.wire_bytes} bytes on the wire, {findings.stored_bytes} stored, {findings.memory_bytes} of memory
{most}
{"; ".join(findings.faults) or "no faults"}"""


def clock() -> float:
    """Return seconds for measuring how long a campaign took."""
    return time.perf_counter()
