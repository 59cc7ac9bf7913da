"""The traffic is like the network's: shares, skew, bursts and shapes (domain: sections 10.1 and 10.2)."""

import json
import re
from collections import Counter
from itertools import pairwise

import pytest

from backbeat.chain.networks import PROD
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.acts import ACTS, Draft
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.schedule import BLOCK_TXS_MAX, MIX, VERSE_TXS, Schedule
from backbeat.errors import ConfigError

TRANSACTIONS = 20_000
NOT_ALWAYS = {
    *("mistake: not the owner", "mistake: one of the rarer ones", "Notification/Create", "Event/Subscribe"),
    *("Event/Unsubscribe", "approve collaboration, reject collaboration", "share track, share playlist"),
    *("save by app, decline to manage", "report comment, announce show", "unpin comment, call show off"),
    "repost of repost, save of repost",
}
FLAT = {"DeveloperApp", "Grant", "DashboardWalletUser"}


@pytest.fixture(scope="module")
def maker() -> BlockMaker:
    return BlockMaker(5, 1_000.0, 1.0, PROD)


@pytest.fixture(scope="module")
def traffic(maker: BlockMaker) -> list[core_pb2.SignedTransaction]:
    """The first 20,000 transactions after the founding blocks."""
    found: list[core_pb2.SignedTransaction] = []
    height = 4
    while len(found) < TRANSACTIONS:
        found.extend(tx.transaction for tx in maker.block(height, (1_767_225_600 + height) * 1_000_000).transactions)
        height += 1
    return found[:TRANSACTIONS]


@pytest.fixture(scope="module")
def drafts(maker: BlockMaker) -> list[Draft]:
    return [draft for height in range(1, 60) for draft in maker.drafts(height, 1_767_225_600 + height)]


def plays_of(traffic: list[core_pb2.SignedTransaction]) -> list[list[core_pb2.TrackPlay]]:
    return [list(tx.plays.plays) for tx in traffic if tx.HasField("plays")]


def test_a_verse_holds_the_whole_mix() -> None:
    assert sum(MIX.values()) == VERSE_TXS


@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("plays", 0.68),
        ("manage_entity", 0.15),
        ("storage_proof", 0.078),
        ("storage_proof_verification", 0.0775),
        ("attestation", 0.014),
    ],
)
def test_kinds_have_their_shares(traffic: list[core_pb2.SignedTransaction], kind: str, share: float) -> None:
    found = sum(tx.WhichOneof("transaction") == kind for tx in traffic)
    assert found / TRANSACTIONS == pytest.approx(share, rel=0.05)


@pytest.mark.parametrize(
    ("pair", "share"),
    [
        (("User", "Follow"), 273 / 1040),
        (("User", "Create"), 230 / 1040),
        (("Notification", "View"), 90 / 1040),
        (("Track", "Create"), 82 / 1040),
        (("Track", "Save"), 74 / 1040),
        (("User", "Update"), 66 / 1040),
        (("Playlist", "Update"), 60 / 1040),
        (("Playlist", "Save"), 36 / 1040),
        (("Track", "Repost"), 24 / 1040),
    ],
)
def test_entity_pairs_have_their_shares(
    traffic: list[core_pb2.SignedTransaction], pair: tuple[str, str], share: float
) -> None:
    entities = [tx.manage_entity for tx in traffic if tx.HasField("manage_entity")]
    found = sum((it.entity_type, it.action) == pair for it in entities)
    assert found / len(entities) == pytest.approx(share, rel=0.15)


def test_one_to_two_percent_of_the_entity_transactions_are_wrong(drafts: list[Draft]) -> None:
    told = [draft for draft in drafts if draft.flaw != "tip_not_found"]
    assert 0.01 < sum(bool(draft.flaw) for draft in told) / len(told) < 0.02


def test_plays_are_mostly_anonymous_and_come_in_small_batches(traffic: list[core_pb2.SignedTransaction]) -> None:
    batches = plays_of(traffic)
    plays = [play for batch in batches for play in batch]
    assert {len(batch) for batch in batches} == {1, 2, 3, 4}
    assert len(plays) / len(batches) == pytest.approx(6939 / 4756, rel=0.05)
    anonymous = [play for play in plays if re.fullmatch("0x[0-9a-f]{40}", play.user_id)]
    assert len(anonymous) / len(plays) == pytest.approx(0.82, abs=0.02)
    assert all(play.user_id.startswith("0x") or play.user_id.isdecimal() for play in plays)
    repeats = sum(len(batch) - len({play.SerializeToString() for play in batch}) for batch in batches)
    assert repeats / len(plays) == pytest.approx(0.09, abs=0.015)


def test_plays_are_heard_just_before_their_block_and_say_where(traffic: list[core_pb2.SignedTransaction]) -> None:
    plays = [play for batch in plays_of(traffic) for play in batch]
    assert all(play.country and play.timestamp.nanos == 0 and len(play.signature) == 132 for play in plays)
    assert 0 < sum(not play.city for play in plays) / len(plays) < 0.3


def test_some_tracks_are_played_far_more_than_others(traffic: list[core_pb2.SignedTransaction]) -> None:
    counts = Counter(play.track_id for batch in plays_of(traffic) for play in batch).most_common()
    total = sum(count for _, count in counts)
    assert sum(count for _, count in counts[:10]) > 0.25 * total
    assert len(counts) > 200


def test_a_track_goes_viral_and_an_artist_is_stormed_now_and_then(maker: BlockMaker) -> None:
    chapters = [maker._chapter(number) for number in range(40)]
    assert 8 < sum(chapter.viral_track is not None for chapter in chapters) < 32
    top = [Counter(target for _, target in it.relation("follow")).most_common(1)[0][1] for it in chapters]
    assert max(top) > 2 * sorted(top)[len(top) // 2]


def test_ids_lie_above_the_offsets_and_fit_the_columns(drafts: list[Draft]) -> None:
    least = {"User": 3_000_000, "Track": 2_000_000, "Playlist": 400_000, "Comment": 4_000_000}
    for draft in drafts:
        if draft.flaw in {"id_below_offset", "id_out_of_range"}:
            continue
        assert 3_000_000 <= draft.user_id < 2**31
        assert least.get(draft.entity_type, 0) <= draft.entity_id < 2**31


def test_bodies_come_in_the_envelope_of_their_pair(drafts: list[Draft]) -> None:
    announcement = ("Notification", "Create")
    for draft in drafts:
        pair = (draft.entity_type, draft.action)
        body = json.loads(draft.metadata) if draft.metadata else None
        if draft.action in {"Save", "Repost"}:
            assert set(body or ()) <= {"is_save_of_repost", "is_repost_of_repost"}
            assert body or draft.entity_type == "Track"
        elif draft.entity_type in FLAT:
            assert body is not None
            assert "data" not in body
        elif body is not None:
            assert set(body) == ({"title", "short_description"} if pair == announcement else {"cid", "data"})
        else:
            assert draft.action not in {"Create", "Update", "Verify"} or draft.flaw


def test_apps_managers_and_wallets_sign_for_others(drafts: list[Draft]) -> None:
    own = {draft.user_id: draft.signer for draft in drafts if (draft.entity_type, draft.action) == ("User", "Create")}
    others = {draft.signer.split("/")[0] for draft in drafts if not draft.flaw and draft.signer != own[draft.user_id]}
    assert others == {"app", "user", "dashboard", "verifier"}


def test_people_write_in_many_scripts(drafts: list[Draft]) -> None:
    assert any(not draft.metadata.isascii() for draft in drafts if draft.entity_type == "Track")


def test_references_point_to_what_exists_already(drafts: list[Draft]) -> None:
    created: dict[str, set[int]] = {"User": set(), "Track": set(), "Playlist": set()}
    for draft in drafts:
        if draft.action == "Create" and draft.entity_type in created and not draft.flaw:
            created[draft.entity_type].add(draft.entity_id)
        elif not draft.flaw and draft.entity_type in created:
            assert draft.entity_id in created[draft.entity_type]
            assert draft.user_id in created["User"]


@pytest.mark.parametrize(
    ("rate", "block_seconds"), [(0.1, 0.05), (0.1, 60.0), (3.0, 1.0), (20.0, 1.0), (20_000.0, 0.05), (20_000.0, 0.5)]
)
def test_the_rate_is_kept_at_any_block_length(rate: float, block_seconds: float) -> None:
    schedule = Schedule(1, rate, block_seconds)
    blocks = 1_000_000
    counts = [schedule.txs_until(height) for height in range(blocks, blocks + 500)]
    assert counts[-1] / (blocks * block_seconds) == pytest.approx(rate, rel=0.01)
    sizes = [after - before for before, after in pairwise(counts)]
    assert min(sizes) >= 0
    assert max(sizes) <= min(2 * rate * block_seconds + 1, BLOCK_TXS_MAX)
    assert max(sizes) <= schedule.verses * VERSE_TXS


@pytest.mark.parametrize(
    ("rate", "block_seconds", "code"),
    [
        (0.0, 1.0, "simulator_rate_out_of_range"),
        (20_001.0, 0.1, "simulator_rate_out_of_range"),
        (float("nan"), 1.0, "simulator_rate_out_of_range"),
        (20.0, 0.01, "simulator_rate_out_of_range"),
        (20.0, 61.0, "simulator_rate_out_of_range"),
        (20_000.0, 1.0, "simulator_blocks_too_large"),
    ],
)
def test_rates_that_cannot_work_are_refused(rate: float, block_seconds: float, code: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Schedule(1, rate, block_seconds)
    assert refused.value.code == code


def test_every_act_makes_a_draft_in_any_chapter(maker: BlockMaker) -> None:
    for number in (0, 1, 2, 7, 1_000_000):
        for name, act in ACTS.items():
            draft = act.build(maker._chapter(number), 0, 1_767_225_600)
            assert draft is None or draft.user_id, name
            assert draft is not None or number < 4 or name in NOT_ALWAYS
