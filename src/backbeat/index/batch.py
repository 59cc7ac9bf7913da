"""Applies whole blocks, transaction by transaction in served order, to the state of one batch.

Plays depend on no state and are most of what there is: they are set aside at once. Nothing here touches the database:
:meth:`Batch.run` stops with the keys that handlers will read by what is loaded, or that one of them missed, and goes
on, at the same transaction, when it is called again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import count, islice

import msgspec

from backbeat.chain.model import Kind, Transaction
from backbeat.codes import Outcome
from backbeat.index.acts import Act, acts_of
from backbeat.index.applied import Applied, NumberedBlock
from backbeat.index.entities import find_migration, find_route
from backbeat.index.kept_acts import KeptAct, placed
from backbeat.index.payload.metadata import parse
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.short import is_short
from backbeat.index.state import Key, NotLoaded, State
from backbeat.index.wire.migration import created_at
from backbeat.index.wire.routing import Route, missing_then
from backbeat.index.wire.transaction import EntityRules, EntityTransaction

IGNORED = frozenset(
    {
        Kind.VALIDATOR_REGISTRATION,
        Kind.VALIDATOR_DEREGISTRATION,
        Kind.SLA_ROLLUP,
        Kind.STORAGE_PROOF,
        Kind.STORAGE_PROOF_VERIFICATION,
        Kind.ATTESTATION,
    }
)
"""What validators tell each other; it carries no discovery state."""


THEN_ROUNDS_MAX = 3
"""How often handlers are asked what else they will read: permalinks of a new title, then the slugs behind those."""

FORESEEN_STEPS_MAX = 1_000
"""How far ahead a miss makes us look; a batch of 2,000 transactions has some hundred that reach."""

TRIALS_MAX = 4
"""How often a transaction is tried before its turn; once does mostly."""


UNPROFITABLE_TRIALS_MAX = 8
"""After so many in a row that missed nothing new, the rest is not tried: what is missed in spite of all that handlers
name is missed by few."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """One transaction in its place; ``entity`` is what its handler gets, ``route`` names that, if it has one."""

    numbered: NumberedBlock
    index: int
    transaction: Transaction
    entity: EntityTransaction | None
    route: Route | None


class Batch:
    """One run over a few whole blocks, or over the transactions with the indexes ``only`` in each of them."""

    def __init__(self, blocks: list[NumberedBlock], rules: EntityRules, *, only: range | None = None) -> None:
        self.rules = rules
        self.state = State()
        self.applied = Applied()
        self.acts: list[KeptAct] = []
        self.is_loaded = False  # what handlers say that they want
        self.is_short = is_short([numbered.block for numbered in blocks])
        self.is_behind_last_play = False  # whether it is written behind the last play that the table has
        self._blocks = blocks
        self._only = only
        self._steps: list[Step] = []
        self._pairs: list[tuple[str, str] | None] = []  # of the steps
        self._asked_then = 0
        self._done = 0
        self._reaching: set[tuple[str, str] | None] = set()
        self._trials: Counter[int] = Counter()
        for numbered in blocks:
            self._take_in(numbered)
        self._naming = [(step.entity, step.route) for step in self._steps if step.entity and step.route]

    def transactions(self) -> Iterator[tuple[NumberedBlock, int, Transaction]]:
        """Yield all transactions in order, each with its block and its index there."""
        for numbered in self._blocks:
            for index, transaction in self._of(numbered):
                yield numbered, index, transaction

    def _of(self, numbered: NumberedBlock) -> Iterable[tuple[int, Transaction]]:
        """Return the transactions of a block, each with its index there."""
        indexed = zip(numbered.places or count(), numbered.block.transactions, strict=False)
        return indexed if self._only is None else islice(indexed, self._only.start, self._only.stop)

    def _take_in(self, numbered: NumberedBlock) -> None:
        played: list[tuple[int, Transaction]] = []
        for each in self._of(numbered):
            index, transaction = each
            if transaction.kind is Kind.PLAYS:
                played.append(each)
            elif transaction.kind in IGNORED:
                self.applied.count(transaction, Outcome.IGNORED)
            else:
                entity = _entity_transaction(numbered, transaction, self.rules)
                self._steps.append(Step(numbered, index, transaction, entity, _route(entity) if entity else None))
                self._pairs.append((entity.entity_type, entity.action) if entity else None)
        if played:
            self.applied.add_plays(numbered.block, played)

    @property
    def is_done(self) -> bool:
        """Whether every transaction was applied, as it is from the start where there are only plays."""
        return self._done == len(self._steps)

    def wants(self) -> set[Key]:
        """Return what the handlers of all transactions will probably read."""
        return {key for entity, route in self._naming for key in route.wants(entity)}

    def run(self) -> tuple[Key, ...]:
        """Apply the transactions that are left; return keys that have to be loaded first, none at the end."""
        if keys := self._wants_then():
            return keys
        while not self.is_done:
            step = self._steps[self._done]
            try:
                self._apply(step)
            except NotLoaded as missing:
                return missing.keys + self._foresee()
            self._done += 1
        return ()

    def _wants_then(self) -> tuple[Key, ...]:
        """Return what handlers will probably read by what is loaded; those that named nothing are not asked again."""
        keys: dict[Key, None] = {}
        if self._naming and self._asked_then < THEN_ROUNDS_MAX:
            self._asked_then += 1
            asked, self._naming = self._naming, []
            for entity, route in asked:
                if missing := missing_then(route, entity, self.state):
                    keys |= dict.fromkeys(missing)
                    self._naming.append((entity, route))
        return tuple(keys)

    def _foresee(self) -> tuple[Key, ...]:
        """Return what else will be missed: by those behind, of the kinds that reach beyond what they said they want.

        Some reads are named only by other reads, and one trip to the database for each would cost more than trying the
        handlers twice.
        """
        self._reaching.add(self._pairs[self._done])
        keys: dict[Key, None] = {}
        in_vain = 0
        for at in range(self._done + 1, min(len(self._steps), self._done + FORESEEN_STEPS_MAX)):
            if self._pairs[at] not in self._reaching or self._trials[at] >= TRIALS_MAX:
                continue
            step = self._steps[at]
            self._trials[at] += 1
            known = len(keys)
            try:
                with suppress(Reject):  # as it may well end; what counts is that it missed nothing
                    self._handle(step)
            except NotLoaded as missing:
                keys |= dict.fromkeys(missing.keys)
            else:
                self._trials[at] = TRIALS_MAX
            in_vain = in_vain + 1 if len(keys) == known else 0
            if in_vain == UNPROFITABLE_TRIALS_MAX:
                break
        return tuple(keys)

    def _apply(self, step: Step) -> None:
        try:
            KINDS.get(step.transaction.kind, _refuse)(self, step)
        except Reject as reject:
            self.applied.refuse(step.numbered.block, step.index, step.transaction, reject)
        else:
            self.applied.count(step.transaction, Outcome.APPLIED)

    def apply_entity(self, step: Step) -> None:
        """Check the signature, let the pair's handler validate and change rows, and keep what acts these tell of."""
        changes, acts = self._handle(step)
        self.state.apply(changes)
        self.acts += placed(step.numbered, step.index, acts)

    def _handle(self, step: Step) -> tuple[list[Change], list[Act]]:
        signed, entity = step.transaction.entity, step.entity
        if signed is None or entity is None:
            raise Reject(Code.UNKNOWN_TRANSACTION)
        if entity.is_migrated:
            _check_migration(step, self.rules)
        elif self.rules.verify_signatures and signed.recovered != entity.signer:
            raise Reject(Code.SIGNER_UNAUTHORIZED, "signature")
        if self.rules.refuse_replays and step.index in step.numbered.replays:
            raise Reject(Code.REPLAYED, "signature")
        if step.route is None:
            raise Reject(Code.UNSUPPORTED_ENTITY, "entity_type")
        changes = list(step.route.handler(entity, self.state))
        return changes, [] if entity.is_migrated else acts_of(entity, self.state, changes)


def _entity_transaction(
    numbered: NumberedBlock, transaction: Transaction, rules: EntityRules
) -> EntityTransaction | None:
    entity = transaction.entity
    if entity is None:
        return None
    metadata, is_migrated = parse(entity.metadata), transaction.kind is Kind.MIGRATION
    block_time = numbered.block.time
    return EntityTransaction(
        user_id=entity.user_id,
        entity_type=entity.entity_type,
        entity_id=entity.entity_id,
        action=entity.action,
        signer=entity.signer.lower(),
        metadata=metadata,
        pubkey=None if is_migrated else entity.pubkey,  # that of the authority
        tx_hash=transaction.hash,
        block_hash=numbered.block.hash,
        block_number=numbered.number or 0,
        block_time=created_at(metadata, block_time) if is_migrated else block_time,
        rules=rules,
        is_migrated=is_migrated,
    )


def _route(entity: EntityTransaction) -> Route | None:
    find = find_migration if entity.is_migrated else find_route
    return find(entity.entity_type, entity.action)


def _check_migration(step: Step, rules: EntityRules) -> None:
    """Reject a migration behind the blocks that may hold one, or signed by another account than its authority."""
    if step.numbered.block.height > rules.migration_blocks:
        raise Reject(Code.MIGRATION_REFUSED, "kind")
    signed = step.transaction.entity
    authority = rules.migration_authority
    if rules.verify_signatures and (signed is None or not authority or signed.recovered != authority):
        raise Reject(Code.SIGNER_UNAUTHORIZED, "signature")


def _refuse(_batch: Batch, step: Step) -> None:
    is_unknown = step.transaction.kind is Kind.UNKNOWN
    raise Reject(Code.UNKNOWN_TRANSACTION if is_unknown else Code.UNSUPPORTED_ENTITY, "kind")


ApplyStep = Callable[[Batch, Step], None]

KINDS: Mapping[Kind, ApplyStep] = {Kind.MANAGE_ENTITY: Batch.apply_entity, Kind.MIGRATION: Batch.apply_entity}
