"""What the network does keeps the network's rules; its mistakes are refused, each for its own reason."""

from collections import Counter

import pytest
from depth import at_depth

from backbeat.chain.decode import decode_block
from backbeat.chain.networks import PROD
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.acts import Draft
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.index.applied import NumberedBlock
from backbeat.index.batch import Batch
from backbeat.index.entities import find_route
from backbeat.index.wire.transaction import EntityRules


def fate_of_every_draft(maker: BlockMaker, heights: range) -> Counter[tuple[str, str, str]]:
    """Index blocks from nothing; count (pair, planned flaw, reason of refusal) for the pairs that have a handler."""
    blocks, planned = [], {}
    for height in heights:
        now = 1_767_225_600 + height
        for draft in maker.drafts(height, now):
            planned[height, _identity(draft)] = draft
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
                draft = planned[height, (*_envelope(tx.entity), tx.entity.metadata)]
                fates[f"{draft.entity_type}/{draft.action}", draft.flaw, refused.get((height, index), "")] += 1
    return fates


def _envelope(it: object) -> tuple[object, ...]:
    return tuple(getattr(it, name) for name in ("user_id", "entity_type", "entity_id", "action"))


def _identity(draft: Draft) -> tuple[object, ...]:
    return (*_envelope(draft), draft.metadata if draft.tampered is None else draft.tampered)


@pytest.fixture(scope="module")
def fates() -> Counter[tuple[str, str, str]]:
    return fate_of_every_draft(BlockMaker(1, 1_000.0, 1.0, PROD), range(1, 41))


def test_honest_transactions_are_accepted_and_mistakes_refused_as_planned(
    fates: Counter[tuple[str, str, str]],
) -> None:
    assert {fate for fate in fates if fate[1] != fate[2]} == set()


def test_so_they_are_in_blocks_of_several_verses() -> None:
    fates = fate_of_every_draft(BlockMaker(2, 9_000.0, 1.0, PROD), range(1, at_depth(6, 6, 20)))
    assert {fate for fate in fates if fate[1] != fate[2]} == set()
    assert {flaw for _, flaw, _ in fates} >= {"", "handle_taken", "not_found", "not_owner"}


def test_every_kind_of_act_and_mistake_is_among_them(fates: Counter[tuple[str, str, str]]) -> None:
    assert {flaw for _, flaw, _ in fates} >= {
        "",
        "duplicate",
        "handle_taken",
        "not_found",
        "not_owner",
        "own_content",
        "self_target",
        "signer_unauthorized",
        "signer_unknown_user",
        "title_missing",
        "not_pending",
        "verifier_mismatch",
    }
    accepted = {pair for pair, flaw, _ in fates if not flaw}
    assert accepted >= {"User/Unfollow", "Track/Unsave", "Track/Unrepost", "Track/Delete", "Playlist/Delete"}
    assert accepted >= {f"Comment/{action}" for action in ("Create", "Update", "Delete", "React", "Pin")}
    assert accepted >= {"User/Verify", "Event/Create", "Event/Update", "Event/Subscribe", "Event/Unsubscribe"}
    assert accepted >= {
        "User/Subscribe",
        "User/Unsubscribe",
        "User/Mute",
        "User/Unmute",
        "Track/Share",
        "Track/Download",
    }
    assert accepted >= {f"{kind}/{action}" for kind in ("Track", "Comment") for action in ("Mute", "Unmute")}
    assert accepted >= {f"Notification/{action}" for action in ("Create", "View", "ViewPlaylist")}
    assert accepted >= {"Playlist/Share", "TrackCollaborator/Approve", "TrackCollaborator/Reject"}
