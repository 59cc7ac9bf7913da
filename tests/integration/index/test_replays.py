"""Signed messages that come again, in the spelling they had or in another."""

import pkgutil
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.chain.model import ManageEntity
from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier, entity_digest
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.index.followed import FollowedChain
from backbeat.index.loop import BlockLoop
from backbeat.index.wire.transaction import EntityRules
from backbeat.observe import metrics
from backbeat.observe.replays import ReplayCounts, read_replay_counts
from backbeat.observe.status import read_status
from backbeat.reads.replays import read_replays
from backbeat.settings import IndexSettings
from builders.chain import WALLETS, ListSource, entity
from builders.indexing import rows

pytestmark = pytest.mark.newest

Connection = AsyncConnection[Any]
Signed = core_pb2.SignedTransaction

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141  # of secp256k1
USER = 3_000_001
CREATE = entity(1, USER, "User/Create", USER, '{"cid":null,"data":null}', nonce=1)
NAMED = entity(1, USER, "User/Update", USER, '{"cid":"c","data":{"name":"old"}}', nonce=2)
RENAMED = entity(1, USER, "User/Update", USER, '{"cid":"c","data":{"name":"new"}}', nonce=3)
OTHERS = [entity(key, 3_000_000 + key, "User/Create", 3_000_000 + key, nonce=key) for key in (4, 5, 6)]


def copy_of(signed: Signed) -> Signed:
    made = Signed()
    made.CopyFrom(signed)
    return made


def as_it_was(signed: Signed) -> Signed:
    return signed


def with_another_request_id(signed: Signed) -> Signed:
    made = copy_of(signed)
    made.request_id = "00000000-0000-4000-8000-ffffffffffff"
    return made


def with_the_twin_of_its_signature(signed: Signed) -> Signed:
    made = copy_of(signed)
    text = made.manage_entity.signature
    s, v = int(text[66:130], 16), int(text[130:], 16)
    twin = f"{text[:66]}{ORDER - s:064x}{55 - v:02x}"
    made.signature = made.manage_entity.signature = twin
    return made


def with_a_nonce_spelled_otherwise(signed: Signed) -> Signed:
    made = copy_of(signed)
    made.manage_entity.nonce = signed.manage_entity.nonce.removeprefix("0x") + "ffff"  # what is beyond 32 bytes is cut
    return made


def with_its_signature_in_capitals(signed: Signed) -> Signed:
    made = copy_of(signed)
    made.manage_entity.signature = "0x" + signed.manage_entity.signature[2:].upper()
    made.manage_entity.signer = signed.manage_entity.signer.lower()
    return made


SPELLINGS = (
    as_it_was,
    with_another_request_id,
    with_the_twin_of_its_signature,
    with_a_nonce_spelled_otherwise,
    with_its_signature_in_capitals,
)
spelled = pytest.mark.parametrize("spell", SPELLINGS, ids=lambda spell: spell.__name__)


async def index(lanes: Lanes, blocks: list[list[Signed]], *, batch_blocks_max: int = 100, **rules: Any) -> None:
    chain = FollowedChain(
        source=ListSource(blocks), rules=EntityRules(**rules), verifier=Verifier(DEV), exit_at_tip=True
    )
    settings = IndexSettings(lease_seconds=1.0, batch_blocks_max=batch_blocks_max)
    await BlockLoop(chain, lanes, settings, SystemClock()).run()


async def name(connection: Connection) -> str:
    [[found]] = await rows(connection, "SELECT name FROM users WHERE is_current")
    return str(found)


async def kept(connection: Connection) -> tuple[list[tuple[Any, ...]], ...]:
    """Return all that is remembered of messages."""
    queries = (
        "SELECT * FROM backbeat.signed_messages ORDER BY number",
        "SELECT * FROM backbeat.replay_counts",
        "SELECT * FROM backbeat.replayed_transactions ORDER BY number",
        "SELECT height, tx_index, reason FROM backbeat.rejected_transactions ORDER BY 1, 2",
    )
    return tuple([await rows(connection, query) for query in queries])


@spelled
async def test_a_message_that_comes_again_is_applied_and_counted(
    spell: Any, lanes: Lanes, connection: Connection
) -> None:
    again = spell(NAMED)
    await index(lanes, [[CREATE], [NAMED], [RENAMED], [again]])
    assert await name(connection) == "old"
    assert await read_replay_counts(connection) == ReplayCounts(messages=4, replays=1, refused=0)
    [replay] = await read_replays(connection)
    assert (replay.height, replay.tx_index, replay.first_height, replay.first_tx_index) == (4, 0, 2, 0)
    assert (replay.user_id, replay.entity_type, replay.action, replay.entity_id) == (USER, "User", "Update", USER)
    assert (replay.signer, replay.refused) == (WALLETS[1].address.lower(), False)
    wire = NAMED.manage_entity
    signed = ManageEntity(USER, "User", USER, "Update", wire.metadata, "", "", wire.nonce)
    assert replay.digest == entity_digest(DEV, signed)


@spelled
@pytest.mark.parametrize("verify_signatures", [True, False])
async def test_it_is_refused_if_that_is_asked(
    spell: Any, verify_signatures: bool, lanes: Lanes, connection: Connection
) -> None:
    rules = {"refuse_replays": True, "verify_signatures": verify_signatures}
    await index(lanes, [[CREATE], [NAMED], [RENAMED], [spell(NAMED)]], **rules)
    assert await name(connection) == "new"
    assert await rows(connection, "SELECT height, reason, field FROM backbeat.rejected_transactions") == [
        (4, "replayed", "signature")
    ]
    assert await read_replay_counts(connection) == ReplayCounts(messages=4, replays=1, refused=1)
    assert [replay.refused for replay in await read_replays(connection)] == [True]


async def test_what_somebody_else_signs_or_makes_up_takes_no_message_from_its_signer(
    lanes: Lanes, connection: Connection
) -> None:
    made_up = copy_of(NAMED)
    made_up.manage_entity.signature = "0x" + "11" * 64 + "1b"
    for_another = copy_of(NAMED)
    wire = NAMED.manage_entity
    signature = WALLETS[2].sign(USER, "User", USER, "Update", wire.metadata, wire.nonce)
    for_another.signature = for_another.manage_entity.signature = signature
    honest_about_it = copy_of(for_another)
    honest_about_it.manage_entity.signer = WALLETS[2].address
    blocks = [[CREATE], [made_up], [for_another], [honest_about_it], [NAMED]]
    await index(lanes, blocks, refuse_replays=True)
    assert await name(connection) == "old"
    assert await read_replay_counts(connection) == ReplayCounts(messages=3)


async def test_a_message_that_was_refused_at_first_counts_as_seen(lanes: Lanes, connection: Connection) -> None:
    await index(lanes, [[NAMED], [CREATE], [NAMED]], refuse_replays=True)
    assert await rows(connection, "SELECT height, reason FROM backbeat.rejected_transactions ORDER BY 1") == [
        (1, "signer_unknown_user"),
        (3, "replayed"),
    ]


STORY = [
    [CREATE, NAMED],
    [RENAMED, NAMED],
    [],
    [with_another_request_id(NAMED), OTHERS[0]],
    [OTHERS[1], OTHERS[1], with_the_twin_of_its_signature(RENAMED)],
    [OTHERS[2]],
    [CREATE, with_a_nonce_spelled_otherwise(NAMED)],
]


@pytest.mark.parametrize("rules", [{}, {"replay_window_rows": 3}, {"replay_window_days": 2 / 86_400}], ids=str)
async def test_neither_batches_nor_interruptions_show(
    rules: dict[str, Any], lanes: Lanes, connection: Connection
) -> None:
    wiped = "TRUNCATE backbeat.cursor, backbeat.signed_messages, backbeat.replayed_transactions"
    outcomes = []
    for at in range(4):
        if at == 3:
            await index(lanes, STORY[:4], refuse_replays=True, **rules)
        await index(lanes, STORY, batch_blocks_max=(1, 2, 100, 3)[at], refuse_replays=True, **rules)
        outcomes.append(await kept(connection))
        for statement in (
            "TRUNCATE users, blocks, core_indexed_blocks, user_pubkeys, user_events CASCADE",
            wiped,
            "TRUNCATE backbeat.rejected_transactions",
            "UPDATE backbeat.replay_counts SET messages = 0, replays = 0, refused = 0",
        ):
            await connection.execute(statement.encode())
    assert outcomes[0] == outcomes[1] == outcomes[2] == outcomes[3]
    assert outcomes[0][2], "there are replays"


@pytest.mark.parametrize(("window", "replays"), [(4, 1), (3, 1), (2, 0), (1, 0), (0, 0)])
async def test_a_message_is_seen_within_the_window_and_not_beyond(
    window: int, replays: int, lanes: Lanes, connection: Connection
) -> None:
    await index(lanes, [[CREATE], [OTHERS[0]], [OTHERS[1]], [CREATE]], replay_window_rows=window)
    assert (await read_replay_counts(connection)).replays == replays
    remembered = await rows(connection, "SELECT count(DISTINCT messages) FROM backbeat.signed_messages")
    assert remembered == [(min(window, 3),)]


@pytest.mark.parametrize(("seconds", "replays"), [(3.0, 1), (2.0, 0)])
async def test_a_window_of_time_is_judged_by_block_time(
    seconds: float, replays: int, lanes: Lanes, connection: Connection
) -> None:
    await index(lanes, [[CREATE], [OTHERS[0]], [OTHERS[1]], [CREATE]], replay_window_days=seconds / 86_400)
    assert (await read_replay_counts(connection)).replays == replays


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_what_is_beyond_a_window_of_time_is_forgotten(
    batch_blocks_max: int, lanes: Lanes, connection: Connection
) -> None:
    blocks = [[CREATE], [], [], [OTHERS[0]], [CREATE]]
    await index(lanes, blocks, batch_blocks_max=batch_blocks_max, replay_window_days=2 / 86_400)
    assert await rows(connection, "SELECT height FROM backbeat.signed_messages ORDER BY 1") == [(4,), (5,)]
    assert (await read_replay_counts(connection)).replays == 0


async def test_replays_are_counters_from_the_start_and_the_list_is_bounded(
    lanes: Lanes, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = metrics.render(await read_status(connection, SystemClock())).decode()
    assert 'backbeat_replays_total{outcome="let_through"} 0.0' in text
    assert 'backbeat_replays_total{outcome="refused"} 0.0' in text
    monkeypatch.setattr("backbeat.index.replays.REPLAYS_KEPT", 2)
    await index(lanes, [[CREATE], [CREATE] * 5, [CREATE]])
    assert [replay.number for replay in await read_replays(connection)] == [6, 5]
    assert [replay.number for replay in await read_replays(connection, before=6, limit=1)] == [5]
    text = metrics.render(await read_status(connection, SystemClock())).decode()
    assert 'backbeat_replays_total{outcome="let_through"} 6.0' in text


async def test_a_block_that_does_not_commit_leaves_nothing_remembered(
    lanes: Lanes, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await index(lanes, [[CREATE]])
    before = await kept(connection)

    async def break_off(*_: object, **__: object) -> None:
        held = await rows(connection, "SELECT count(*) FROM backbeat.replayed_transactions")
        assert held == [(0,)], "nobody else sees it before the commit"
        raise RuntimeError("broken off")

    monkeypatch.setattr("backbeat.index.writer.cursors.advance", break_off)
    with pytest.raises(RuntimeError, match="broken off"):
        await index(lanes, [[CREATE], [CREATE]])
    assert await kept(connection) == before


def fails_once(method: Any, error: Exception, *, at_call: int) -> Any:
    """Return ``method``, one call of which raises instead."""
    calls = 0

    def called(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at_call:
            raise error
        return method(*args, **named)

    return called


@pytest.mark.parametrize(
    "broken",
    ["backbeat.index.writer.cursors.advance", "backbeat.index.seen.SeenMessages.follow"],
    ids=["before the commit", "after the commit, which nobody heard of"],
)
async def test_what_is_known_in_memory_is_what_was_committed(
    broken: str, lanes: Lanes, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, owner = broken.rpartition(".")
    found = pkgutil.resolve_name(module)
    monkeypatch.setattr(found, owner, fails_once(getattr(found, owner), psycopg.OperationalError("gone"), at_call=3))
    await index(lanes, [[CREATE], [OTHERS[0]], [NAMED, NAMED], [NAMED, CREATE]], batch_blocks_max=1)
    assert await read_replay_counts(connection) == ReplayCounts(messages=6, replays=3)
    places = [
        (each.height, each.tx_index, each.first_height, each.first_tx_index) for each in await read_replays(connection)
    ]
    assert places == [(4, 1, 1, 0), (4, 0, 3, 0), (3, 1, 3, 0)]


@pytest.mark.parametrize("batch_blocks_max", [1, 100])
async def test_a_message_that_keeps_coming_is_told_from_its_first_place_when_that_is_forgotten(
    batch_blocks_max: int, lanes: Lanes, connection: Connection
) -> None:
    blocks = [[OTHERS[0], CREATE], [OTHERS[1], CREATE], [OTHERS[2], CREATE], [OTHERS[0], CREATE]]
    await index(lanes, blocks, batch_blocks_max=batch_blocks_max, replay_window_rows=2)
    await index(lanes, [*blocks, [CREATE]], batch_blocks_max=batch_blocks_max, replay_window_rows=2)
    assert await rows(connection, "SELECT min(height) FROM backbeat.signed_messages") == [(4,)]
    places = [(each.height, each.first_height, each.first_tx_index) for each in await read_replays(connection)]
    assert places == [(5, 1, 1), (4, 1, 1), (3, 1, 1), (2, 1, 1)]
