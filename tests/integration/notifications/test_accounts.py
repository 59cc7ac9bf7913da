"""Who hears of managers, what is said to tips, and collaborators (domain: chain and entities, 9.10, 9.11, 5.2.9)."""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import notification_reference
import pytest
from depth import at_depth

from backbeat.chain.proto import core_pb2
from builders.chain import GENESIS, WALLETS, entity
from builders.told import ToldChain
from harness.accounts_reference import Reference, Tip
from harness.said import Said

U1, U2, U3 = USERS = (3000001, 3000002, 3000003)
KEYS = {U1: 1, U2: 2, U3: 3}
APP, NOBODY = 5, 6  # wallets
TRACK = 2000001
BLOCKS = 60
PEOPLE = """
    INSERT INTO users (user_id, handle, handle_lc, wallet, is_current, created_at, updated_at)
    SELECT id, 'user' || id, 'user' || id, wallet, true, now(), now()
    FROM unnest(%s::int[], %s::text[]) AS u (id, wallet)
"""
MAKE_APP = """
    INSERT INTO developer_apps (address, user_id, name, created_at, txhash, is_current, updated_at)
    VALUES (%s, 7, 'App', now(), 'app', true, now())
"""
MAKE_TIP = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount) VALUES (%s, %s, %s, %s, %s)
"""
TIPS = (Tip(7, "S", U2, U1, 300_000_000), Tip(8, "R", U1, U3, 2**53 + 1), Tip(9, "Q", U3, U1, 5))


def wallet(key: int) -> str:
    return WALLETS[key].address.lower()


def at(block: int) -> Any:
    return GENESIS.replace(tzinfo=None) + timedelta(seconds=block)


@pytest.fixture
async def scene(chain: ToldChain) -> ToldChain:
    """Three users with wallets of their own, an app, three tips, and a track of the first user."""
    await chain.connection.execute(PEOPLE, [list(KEYS), [wallet(key) for key in KEYS.values()]])
    await chain.connection.execute(MAKE_APP, [wallet(APP)])
    for tip in TIPS:
        await chain.connection.execute(MAKE_TIP, tip)
    await say(chain, Said(U1, "Track/Create", TRACK, {"title": "A track", "owner_id": U1}))
    return chain


NONCES = iter(range(1, 10**9))


def transaction(said: Said) -> core_pb2.SignedTransaction:
    payload = json.dumps(said.payload)
    return entity(KEYS[said.actor], said.actor, said.pair, said.item, payload, next(NONCES))


async def say(chain: ToldChain, *said: Said) -> None:
    """Say it all in one block."""
    await chain.block(*map(transaction, said))


def ask(user: int, key: int) -> Said:
    return Said(user, "Grant/Create", 0, {"grantee_address": wallet(key)})


def revoke(user: int, key: int) -> Said:
    return Said(user, "Grant/Delete", 0, {"grantee_address": wallet(key)})


def answer(manager: int, user: int, word: str = "Approve") -> Said:
    return Said(manager, f"Grant/{word}", 0, {"grantor_user_id": user})


def react(user: int, signature: str, value: int) -> Said:
    return Said(user, "Tip/Update", user, {"reacted_to": signature, "reaction_value": value})


def name(*users: int) -> Said:
    return Said(U1, "Track/Update", TRACK, {"collaborators": users})


def credit(user: int, word: str = "Approve") -> Said:
    return Said(user, f"TrackCollaborator/{word}", TRACK)


async def heard(chain: ToldChain) -> list[tuple[Any, ...]]:
    return [(each.kind, each.user_ids, each.block_number) for each in await told(chain)]


async def told(chain: ToldChain) -> list[Any]:
    return [each for each in await chain.told() if not each.kind.startswith("tip_")]


async def test_scenario_141_a_user_who_is_asked_hears_and_an_app_does_not(scene: ToldChain) -> None:
    await say(scene, ask(U1, APP), ask(U1, KEYS[U2]), ask(U1, NOBODY))
    group = f"request_manager:grantee_user_id:{U2}:grantee_address:{wallet(2)}:user_id:{U1}"
    data = {"grantee_user_id": U2, "grantee_address": wallet(2), "user_id": U1}
    assert await told(scene) == [
        ("request_manager", f"{group}:updated_at:{at(2)}:created_at:{at(2)}", str(U1), [U2], data, 2, None, at(2))
    ]


async def test_scenario_142_who_asked_hears_of_the_first_approval(scene: ToldChain) -> None:
    await say(scene, ask(U1, KEYS[U2]))
    await say(scene, answer(U2, U1))
    await say(scene, answer(U2, U1))
    group = f"approve_manager_request:grantee_user_id:{U2}:grantee_address:{wallet(2)}:user_id:{U1}:created_at:{at(2)}"
    data = {"grantee_user_id": U2, "grantee_address": wallet(2), "user_id": U1}
    assert (await told(scene))[0] == ("approve_manager_request", group, str(U2), [U1], data, 3, None, at(3))
    assert len(await told(scene)) == 2


async def test_scenario_143_a_refusal_is_not_told(scene: ToldChain) -> None:
    await say(scene, ask(U1, KEYS[U2]), answer(U2, U1, "Reject"), answer(U2, U1))
    assert await heard(scene) == [("request_manager", [U2], 2)]


async def test_scenario_145_who_is_asked_again_hears_again(scene: ToldChain) -> None:
    await say(scene, ask(U1, KEYS[U2]), ask(U1, KEYS[U2]), answer(U2, U1), revoke(U1, KEYS[U2]))
    await say(scene, ask(U1, KEYS[U2]), answer(U2, U1))
    assert sorted(await heard(scene)) == [
        ("approve_manager_request", [U1], 2),
        ("approve_manager_request", [U1], 3),
        ("request_manager", [U2], 2),
        ("request_manager", [U2], 3),
    ]


async def test_an_app_with_the_wallet_of_a_user_agrees_at_once(scene: ToldChain) -> None:
    await scene.connection.execute(MAKE_APP, [wallet(KEYS[U2])])
    await say(scene, ask(U1, KEYS[U2]))
    assert await heard(scene) == [("approve_manager_request", [U1], 2)]


async def test_scenario_155_who_sent_a_tip_hears_what_is_said_to_it(scene: ToldChain) -> None:
    await say(scene, react(U1, "S", 3), react(U1, "S", 5), react(U3, "S", 3))
    data = {
        "sender_wallet": wallet(2),
        "reaction_type": "tip",
        "reacted_to": "S",
        "reaction_value": 3,
        "receiver_user_id": U1,
        "sender_user_id": U2,
        "tip_amount": "300000000",
    }
    group = "reaction:reaction_to:S:reaction_type:tip:reaction_value:3"
    assert await told(scene) == [("reaction", group, str(U1), [U2], data, None, 7, at(2))]


async def test_a_receiver_s_notification_has_the_last_word(scene: ToldChain) -> None:
    await say(scene, react(U1, "S", 3), react(U1, "S", 1))
    await scene.tell()
    assert await values(scene) == {"S": 1}
    await say(scene, react(U1, "S", 4), react(U1, "S", 3), react(U3, "R", 2))
    await scene.tell()
    assert await values(scene) == {"S": 3, "R": 2}
    assert len(await told(scene)) == 4


async def test_a_tip_that_only_its_receiver_s_notification_lacks_is_told(scene: ToldChain) -> None:
    await scene.connection.execute("DELETE FROM notification")
    await say(scene, react(U1, "S", 3))
    assert [each[0] for each in await heard(scene)] == ["reaction"]


async def test_collaborators_hear_of_a_track_and_its_owner_of_them(scene: ToldChain) -> None:
    await say(scene, name(U2, U3, U1))
    await say(scene, credit(U2), credit(U3, "Reject"), name(U2, U3))
    invites = [f"track_id:{TRACK}:collaborator_user_id:{user}:inviter_user_id:{U1}" for user in (U2, U3)]
    data = {"track_id": TRACK, "collaborator_user_id": U2, "inviter_user_id": U1}
    assert [each[1:4] for each in await told(scene)] == [
        (f"track_collaborator_accept:{invites[0]}", str(U2), [U1]),
        (f"track_collaborator_invite:{invites[0]}", str(U1), [U2]),
        (f"track_collaborator_invite:{invites[1]}", str(U1), [U3]),
    ]
    assert [each.data for each in await told(scene)][:2] == [data, data]


async def test_what_is_taken_back_within_a_batch_was_told(scene: ToldChain) -> None:
    await say(scene, name(U2), credit(U2), name(), ask(U1, KEYS[U2]), revoke(U1, KEYS[U2]))
    assert [each[0] for each in await heard(scene)] == [
        "request_manager",
        "track_collaborator_accept",
        "track_collaborator_invite",
    ]


async def values(chain: ToldChain) -> dict[str, int]:
    """Return what the receivers' notifications of tips say of reactions."""
    return {
        each.data["tx_signature"]: each.data["reaction_value"]
        for each in await chain.told("tip_receive")
        if "reaction_value" in each.data
    }


def history(draw: Random) -> list[list[Said]]:
    return [[_said(draw) for _ in range(draw.randint(1, 9))] for _ in range(BLOCKS)]


def _said(draw: Random) -> Said:
    user, other = draw.sample(USERS, 2)
    return draw.choice(
        (
            ask(user, KEYS[other]),
            revoke(user, KEYS[other]),
            answer(user, other, draw.choice(("Approve", "Approve", "Reject"))),
            react(user, draw.choice("SRQX"), draw.randint(1, 4)),
            name(*draw.sample(USERS, draw.randint(0, 3))),
            credit(user, draw.choice(("Approve", "Approve", "Reject"))),
        )
    )


def batches(draw: Random, blocks: Sequence[Sequence[Said]]) -> Iterator[Sequence[Sequence[Said]]]:
    first = 0
    while first < len(blocks):
        last = first + draw.randint(1, 25)
        yield blocks[first:last]
        first = last


@pytest.mark.parametrize("seed", range(at_depth(2, 4, 60)))
async def test_batches_and_runs_do_not_show(seed: int, scene: ToldChain) -> None:
    draw = Random(seed)
    blocks = history(draw)
    reference = Reference({user: wallet(key) for user, key in KEYS.items()}, TIPS, {TRACK: U1})
    for number, block in enumerate(blocks, 2):
        reference.block(number, at(number), block)
    for batch in batches(draw, blocks):
        together = draw.choice((1, 3, 100))
        await scene.blocks([list(map(transaction, block)) for block in batch], together=together)
        if draw.random() < 0.4:
            await scene.tell()
    found = await told(scene)
    assert {(each.group_id, each.specifier): (each.kind, *each[3:]) for each in found} == reference.told
    assert await values(scene) == reference.reacted
    rows = ({"type": each.kind, **each._asdict()} for each in await scene.told())
    assert [why for row in rows if (why := notification_reference.unlike(row))] == []
