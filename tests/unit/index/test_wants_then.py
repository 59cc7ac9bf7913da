"""What handlers read because of other reads is named once their wants are loaded, so that a batch seldom misses."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block
from backbeat.chain.networks import NETWORKS
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.index import batch as batches
from backbeat.index.applied import NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.row import Gone, Row
from backbeat.index.rows.track_lists import TrackListsRow
from backbeat.index.rows.tracks import TrackRow
from backbeat.index.state import Key, State, is_answer, is_unborn, value_of
from backbeat.index.wire.transaction import EntityRules

MAKER = BlockMaker(1, 20.0, 1.0, NETWORKS["prod"])
BLOCKS, BATCH_BLOCKS = 300, 50
RULES = EntityRules(verify_signatures=False, verifier_address=MAKER.verifier_address.lower())


class Tables:
    """What a database holds, as far as batches ask it."""

    def __init__(self) -> None:
        self.rows: defaultdict[type[Row], dict[tuple[Any, ...], Row]] = defaultdict(dict)
        self._born = 0

    def answer(self, keys: Iterable[Key]) -> list[tuple[Key, Row]]:
        return [(key, row) for key in keys for row in self._found(key)]

    def take(self, state: State) -> None:
        for kind, changes in state.changes().items():
            for change in changes:
                if isinstance(change, Gone):
                    self.rows[kind].pop(change.row.key(), None)
                elif not (kind.keep_first and change.key() in self.rows[kind]):
                    row = self._with_id(change)
                    self.rows[kind][row.key()] = row

    def _with_id(self, row: Row) -> Row:
        if not is_unborn(row):
            return row
        self._born += 1
        return row.but(id=self._born)

    def _found(self, key: Key) -> Iterator[Row]:
        rows = self.rows[key.row]
        if not key.by:
            yield from [rows[key.value]] if key.value in rows else self._lists_of_new(key)
            return
        index = key.row.indexes[key.by]
        found = [row for row in rows.values() if value_of(row, key.by) == key.value and is_answer(row, index)]
        yield from (
            sorted(found, key=lambda row: getattr(row, index.newest))[-index.at_most :] if index.newest else found
        )

    def _lists_of_new(self, key: Key) -> Iterator[Row]:
        """A track is in no lists until it is put into one."""
        track = self.rows[TrackRow].get(key.value)
        if key.row is TrackListsRow and isinstance(track, TrackRow):
            yield TrackListsRow(track_id=track.track_id, owner_id=track.owner_id, updated_at=track.updated_at)


class Counts:
    """How often batches went to the database behind their wants, and how often handlers were called."""

    def __init__(self) -> None:
        self.rounds = 0
        self.misses = 0
        self.calls = 0
        self.entities = 0


def counted(monkeypatch: pytest.MonkeyPatch, counts: Counts) -> None:
    handle = Batch._handle

    def call(self: Batch, step: batches.Step) -> Any:
        counts.calls += 1
        return handle(self, step)

    monkeypatch.setattr(Batch, "_handle", call)


def numbered(made: Iterable[Block]) -> list[NumberedBlock]:
    return [NumberedBlock(block, block.height, None, None, has_plays=True) for block in made]


def indexed(blocks: list[NumberedBlock], counts: Counts) -> Tables:
    tables = Tables()
    for first in range(0, len(blocks), BATCH_BLOCKS):
        batch = Batch(blocks[first : first + BATCH_BLOCKS], RULES)
        batch.state.fill(wants := batch.wants(), tables.answer(wants))
        counts.entities += sum(step.entity is not None for step in batch._steps)
        calls = counts.calls
        while missing := set(batch.run()):
            counts.rounds += 1
            counts.misses += counts.calls > calls
            batch.state.fill(missing, tables.answer(missing))
            calls = counts.calls
        tables.take(batch.state)
    return tables


@pytest.fixture(scope="module")
def chain() -> list[NumberedBlock]:
    heights = range(1, BLOCKS + 1)
    return numbered(decode_block(MAKER.block(height, (1_767_225_600 + height) * 1_000_000), None) for height in heights)


def test_batches_seldom_miss_what_they_did_not_name(
    chain: list[NumberedBlock], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, before = Counts(), Counts()
    with monkeypatch.context() as patch:
        counted(patch, now)
        tables = indexed(chain, now)
    with monkeypatch.context() as patch:
        counted(patch, before)
        patch.setattr(batches, "THEN_ROUNDS_MAX", 0)
        without = indexed(chain, before)
    assert tables.rows == without.rows
    assert now.misses <= before.misses / 4
    assert now.rounds < before.rounds
    assert now.calls - now.entities <= (before.calls - before.entities) / 2
