"""Feeds mutated transactions to an indexer, block by block, and judges each block and the whole."""

import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from random import Random

import msgspec
from worst.indexer import Cost, Indexer

from backbeat.chain.proto import core_pb2
from builders.proofs import SIGNED_AT
from fuzz.corpus import Corpus, Outcome
from fuzz.inputs import Input, Inputs
from fuzz.lines import Lines
from fuzz.people import people, things

PER_BLOCK = 200
ERA_BLOCKS = 25  # after which things are made anew: most of them have been deleted by then
WATCHED_EVERY = 4  # blocks, whose lines are looked at; all of them would cost a third of the throughput
SECONDS_PER_BLOCK_MAX = 3.0  # of processor time; 200 ordinary transactions take 0.1
STORED_PER_BYTE_MAX = 10
STORED_BYTES_FREE = 8 << 20  # pages that a table begins with, or is extended by at once
MEMORY_BYTES_MAX = 128 << 20  # on top of what the process had after a tenth of the campaign


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
    memory_bytes: list[int] = []
    """The process's memory after each tenth of the campaign."""
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    """How transactions ended."""
    reached: list[int] = []
    """Distinct outcomes by wire pair, reason and field after each tenth."""
    lines: int = 0
    """Lines of the rules that ran."""
    kept: int = 0
    """Transactions that were kept to be mutated further."""
    faults: list[str] = []
    """What went over a bound, and what only the database refused."""

    def per_second(self) -> float:
        """Return transactions per second of processor time."""
        return self.transactions / self.seconds if self.seconds else 0.0


class Campaign:
    """A campaign against an indexer of a new database; without ``guided`` nothing that was found is built on."""

    def __init__(self, indexer: Indexer, seed: int, *, guided: bool = True) -> None:
        self.findings = Findings()
        self.corpus = Corpus()
        self._indexer = indexer
        self._seed = seed
        self._inputs = Inputs(self.corpus if guided else None)
        self._blocks = 0

    async def run(self, transactions: int) -> Findings:
        """Index as many mutated transactions; whatever an indexer raises is raised."""
        findings, blocks = self.findings, -(-transactions // PER_BLOCK)
        await self._take(*people())
        for number in range(blocks):
            if number % ERA_BLOCKS == 0:
                await self._take(*things(number // ERA_BLOCKS))
            await self._block(number)
            if (number + 1) * 10 // blocks > number * 10 // blocks:
                findings.memory_bytes.append(_memory_bytes())
                findings.reached.append(len(self.corpus.outcomes))
        findings.lines, findings.kept = len(self.corpus.lines), len(self.corpus)
        _judge_whole(findings)
        return findings

    async def _take(self, *transactions: core_pb2.SignedTransaction) -> Cost:
        self._blocks += 1
        return await self._indexer.take(*transactions)

    async def _block(self, number: int) -> None:
        """Index one block, the same for the same seed and the same blocks before it."""
        findings, draw = self.findings, Random(f"{self._seed}/{number}")
        era, now = number // ERA_BLOCKS, SIGNED_AT + self._blocks
        drawn = [self._inputs.draw(draw, era, now) for _ in range(PER_BLOCK)]
        served = [it for it in drawn if it is not None]
        watched = Lines() if number % WATCHED_EVERY == 0 else None
        with watched or nullcontext():
            cost = await self._take(*(it.sent for it in served))
        self._learn(served, cost, watched, draw)
        findings.transactions += len(served)
        findings.unserved += len(drawn) - len(served)
        findings.seconds += cost.seconds
        findings.slowest_seconds = max(findings.slowest_seconds, cost.seconds)
        findings.hold_seconds = max(findings.hold_seconds, cost.hold_seconds)
        findings.wire_bytes += cost.wire_bytes
        findings.stored_bytes += cost.stored_bytes
        if cost.seconds > SECONDS_PER_BLOCK_MAX:
            findings.faults.append(f"block {number} of seed {self._seed} took {cost.seconds:.2f} s of processor time")
        self._judge_outcomes(cost.outcomes, len(served), number)

    def _learn(self, served: list[Input], cost: Cost, watched: Lines | None, draw: Random) -> None:
        refused = {it.tx_index: (str(it.code), it.field) for it in cost.written.applied.rejections}
        for index, it in enumerate(served):
            wire = it.sent.manage_entity
            reason, field = refused.get(index, ("applied", ""))
            outcome: Outcome = (f"{wire.entity_type}/{wire.action}"[:40] if it.said else "plays", reason, field)
            if reason in {"unsupported_entity", "unknown_transaction"}:
                outcome = ("", reason, field)  # names without end
            self.corpus.learn(it.said, outcome, watched.of[index] if watched else (), draw)

    def _judge_outcomes(self, outcomes: Counter[str], served: int, number: int) -> None:
        findings, block = self.findings, f"block {number} of seed {self._seed}"
        findings.outcomes.update(outcomes)
        if outcomes.total() != served:
            findings.faults.append(f"{block}: {outcomes.total()} outcomes of {served} transactions")
        if refused := outcomes["database_error"]:
            findings.faults.append(f"{block}: the database refused {refused}")


def _judge_whole(findings: Findings) -> None:
    if findings.stored_bytes > STORED_PER_BYTE_MAX * findings.wire_bytes + STORED_BYTES_FREE:
        findings.faults.append(f"{findings.stored_bytes} bytes stored of {findings.wire_bytes}")
    if findings.memory_bytes[-1] - findings.memory_bytes[0] > MEMORY_BYTES_MAX:
        findings.faults.append(f"memory grew from {findings.memory_bytes[0]} to {findings.memory_bytes[-1]} bytes")


def _memory_bytes() -> int:
    """Return what this process has in memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4_096


def told(findings: Findings, wall_seconds: float) -> str:
    """Return the findings as lines for people."""
    most = ", ".join(f"{name} {number}" for name, number in findings.outcomes.most_common(12))
    rate = f"{findings.per_second():.0f} per second of processor time"
    memory = ", ".join(f"{size / 1e6:.0f}" for size in findings.memory_bytes)
    return f"""{findings.transactions} transactions in {wall_seconds:.0f} s ({rate})
{findings.unserved} more that no node could serve
slowest block {findings.slowest_seconds:.2f} s of processor time, longest hold {findings.hold_seconds:.3f} s
{findings.wire_bytes} bytes on the wire, {findings.stored_bytes} stored
memory after each tenth: {memory} MB
distinct outcomes after each tenth: {", ".join(map(str, findings.reached))}
{findings.lines} lines of the rules ran, {findings.kept} transactions kept
{len(findings.outcomes)} reasons; {most}
{"; ".join(findings.faults) or "no faults"}"""


def clock() -> float:
    """Return seconds for measuring how long a campaign took."""
    return time.perf_counter()
