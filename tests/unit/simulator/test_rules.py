"""What the network does keeps the network's rules; its mistakes are refused, each for its own reason."""

from collections import Counter

import pytest
from depth import at_depth

from backbeat.chain.decode import decode_block
from backbeat.chain.networks import PROD
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator import mistakes_in_turn
from backbeat.chain.simulator.acts import Draft
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.index.applied import NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.entities import ROUTES, find_route
from backbeat.index.wire.transaction import EntityRules

ANY = "*"
ITEM_ACTIONS = {"Save", "Unsave", "Repost", "Unrepost", "Share"}


def fate_of_every_draft(maker: BlockMaker, heights: range) -> Counter[tuple[str, str, str]]:
    """Index blocks from nothing; count (pair, planned flaw, reason of refusal) for the pairs that have a handler."""
    blocks, planned = [], {}
    for height in heights:
        now = 1_767_225_600 + height
        for draft in maker.drafts(height, now):
            planned[height, maker.world.signer(draft.signer).address, _identity(draft)] = draft
        decoded = decode_block(maker.block(height, now * 1_000_000), Verifier(PROD))
        blocks.append(NumberedBlock(decoded, height, None, None, has_plays=True))
    batch = Batch(blocks, EntityRules(verifier_address=maker.verifier_address.lower()))
    batch.state.fill(batch.wants(), [])
    while keys := batch.run():
        batch.state.fill(keys, [])
    refused = {(it.block.height, it.tx_index): str(it.code) for it in batch.applied.rejections}
    fates: Counter[tuple[str, str, str]] = Counter()
    for numbered in blocks:
        for index, tx in enumerate(numbered.block.transactions):
            if tx.entity is not None and find_route(tx.entity.entity_type, tx.entity.action):
                height = numbered.block.height
                draft = planned[height, tx.entity.signer, (*_envelope(tx.entity), tx.entity.metadata)]
                fates[f"{draft.entity_type}/{draft.action}", draft.flaw, refused.get((height, index), "")] += 1
    return fates


def _envelope(it: object) -> tuple[object, ...]:
    return tuple(getattr(it, name) for name in ("user_id", "entity_type", "entity_id", "action"))


def _identity(draft: Draft) -> tuple[object, ...]:
    return (*_envelope(draft), draft.metadata if draft.tampered is None else draft.tampered)


@pytest.fixture(scope="module")
def fates() -> Counter[tuple[str, str, str]]:
    return fate_of_every_draft(BlockMaker(1, 1_000.0, 1.0, PROD), range(1, 85))  # twenty chapters


def test_honest_transactions_are_accepted_and_mistakes_refused_as_planned(
    fates: Counter[tuple[str, str, str]],
) -> None:
    assert {fate for fate in fates if fate[1] != fate[2]} == set()


def test_so_they_are_in_blocks_of_several_verses() -> None:
    fates = fate_of_every_draft(BlockMaker(2, 9_000.0, 1.0, PROD), range(1, at_depth(6, 6, 20)))
    assert {fate for fate in fates if fate[1] != fate[2]} == set()
    assert {flaw for _, flaw, _ in fates} >= {"", "handle_taken", "not_found", "not_owner"}


def test_every_wire_pair_that_has_a_handler_is_told_and_accepted(fates: Counter[tuple[str, str, str]]) -> None:
    accepted = {pair for pair, flaw, _ in fates if not flaw}
    handled = {f"{kind}/{action}" for kind, action in ROUTES if kind != ANY}
    social = {action for kind, action in ROUTES if kind == ANY}
    assert handled - accepted == {"Tip/Update"}  # tips are sent on another chain
    assert accepted >= {f"Track/{action}" for action in social & ITEM_ACTIONS}
    assert accepted >= {f"Playlist/{action}" for action in social & ITEM_ACTIONS}
    assert accepted >= {f"User/{action}" for action in social - ITEM_ACTIONS}
    assert accepted >= {"Event/Subscribe", "Event/Unsubscribe"}


def test_every_mistake_has_its_turn(fates: Counter[tuple[str, str, str]]) -> None:
    planned = {flaw for flaw, _ in mistakes_in_turn._IN_TURN} - {"unsupported_entity"}  # which has no handler
    planned |= {"handle_taken", "not_owner", "signer_unauthorized", "signer_unknown_user", "title_missing"}
    assert planned - {flaw for _, flaw, _ in fates} == set()
