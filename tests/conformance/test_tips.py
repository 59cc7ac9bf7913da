"""Scenario 155: reactions to tips. Notifications of them are made elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
from conformance.world import U1, U2, U3, W2, W3, B, World
from worst import act

from backbeat.index.reject import Code
from backbeat.index.rows.tips import ReactionRow, TipRow
from backbeat.index.rows.users import UserRow

WIRE_ACTS = {"Tip/Update": act.Act(act.OWNER, act.OWNER, {"reacted_to": act.TIP, "reaction_value": 3})}
WIRE_KEYS = {"Tip": ["reacted_to", "reaction_value"]}

S = "5wHu1qwD7q4L1J4r5Vh2pD7hXQjgX8Y2yU1n"
TIP = TipRow(slot=7, signature=S, sender_user_id=U2, receiver_user_id=U1)


def react(world: World, user: int = U1, **payload: Any) -> Code | None:
    return world.send(user, "Tip/Update", user, {"reacted_to": S, "reaction_value": 3, **payload})


def test_scenario_155_a_reaction(world: World) -> None:
    world.put(TIP)
    assert react(world, reaction_value=5) is Code.REACTION_INVALID
    assert react(world, U3) is Code.TIP_NOT_FOUND
    assert react(world) is None
    [reaction] = world.all(ReactionRow)
    assert reaction.but(id=1) == ReactionRow(
        id=1, reaction_value=3, sender_wallet=W2, reaction_type="tip", reacted_to=S, timestamp=B, blocknumber=10
    )


def test_a_second_reaction_replaces_the_first_with_a_new_row(world: World) -> None:
    world.put(
        TIP, ReactionRow(id=5, reaction_value=1, sender_wallet=W2, reaction_type="tip", reacted_to=S, timestamp=B)
    )
    for value in (4, 2, 2):
        world.next_block()
        assert react(world, reaction_value=value) is None
        [reaction] = world.all(ReactionRow)
        assert (reaction.reaction_value, reaction.timestamp, reaction.blocknumber) == (value, world.time, world.number)
    assert world.time == B + timedelta(minutes=3)


def test_reactions_to_other_things_stay(world: World) -> None:
    other = ReactionRow(id=5, reaction_value=1, sender_wallet=W2, reaction_type="post", reacted_to=S, timestamp=B)
    world.put(TIP, other)
    assert react(world) is None
    assert other in world.all(ReactionRow)
    assert len(world.all(ReactionRow)) == 2


@pytest.mark.parametrize("value", [0, 5, -1, "3", None, True, [], 4.5e300])
def test_four_words_are_known(world: World, value: Any) -> None:
    world.put(TIP)
    assert react(world, reaction_value=value) is Code.REACTION_INVALID


def test_a_number_is_cut_to_a_whole_one(world: World) -> None:
    world.put(TIP)
    assert react(world, reaction_value=4.9) is None
    assert [row.reaction_value for row in world.all(ReactionRow)] == [4]


@pytest.mark.parametrize("signature", ["", "unknown", None, 7, "x" * 300_000])
def test_a_tip_that_nobody_sent(world: World, signature: Any) -> None:
    world.put(TIP)
    assert react(world, reacted_to=signature) is Code.TIP_NOT_FOUND


@pytest.mark.parametrize("wallet", [None, ""])
def test_a_sender_without_a_wallet(world: World, wallet: str | None) -> None:
    world.put(TIP, world.the(UserRow, U2).but(wallet=wallet))
    assert react(world) is Code.TIP_NOT_FOUND


def test_reactions_are_signed_and_say_something(world: World) -> None:
    world.put(TIP, world.the(UserRow, U2).but(is_deactivated=True))
    assert world.send(U1, "Tip/Update", U1, "no JSON") is Code.METADATA_MISSING
    assert world.send(U1, "Tip/Update", U1, {"reacted_to": S, "reaction_value": 1}, by=W3) is Code.SIGNER_UNAUTHORIZED
    assert react(world, 3999999) is Code.SIGNER_UNKNOWN_USER
    assert react(world, 2**31) is Code.ID_OUT_OF_RANGE
    assert react(world) is None
    assert world.trips == 0
