"""Every kind of signer under every wire pair, grants and revocations in the same batch and in batches of their own."""

import pytest
from authority import (
    ADDRESS_OF,
    ID_OF,
    KINDS,
    MANAGER,
    MANAGES,
    NEWCOMER,
    SECOND,
    SECONDS,
    SIGNER_CODES,
    USER,
    VERIFIER,
    expected,
    rule_of,
)
from conformance.world import V, World
from worst.acts import ACTS, FIRST, wire_name

from backbeat.index.entities import ROUTES
from backbeat.index.reject import Code
from builders.chain import WALLETS

PAIRS = sorted("/".join(pair) for pair in ROUTES)


def say(world: World, pair: str) -> Code | None:
    """Send the pair's transaction, with the wallet that it is made for."""
    it = ACTS[pair]
    return world.send(it.user_id, wire_name(pair), it.entity_id, it.payload, by=WALLETS[it.key].address)


def begun(pair: str, *, commits_each: bool) -> World:
    """Return a world in which the pair's transaction can be sent."""
    world = World(commits_each=commits_each)
    for first, key, user_id, entity_id, payload in FIRST:
        assert world.send(user_id, first, entity_id, payload, by=WALLETS[key].address) is None
    for user_id, whose in ((MANAGER, MANAGES), (SECOND, SECONDS)):
        assert world.send(user_id, "User/Create", user_id, {"handle": whose}, by=ADDRESS_OF[whose]) is None
    for before in ACTS[pair].before:
        assert say(world, before) is None
    return world


def sign(world: World, kind: str, pair: str) -> Code | None:
    """Bring the kind of signer about and let it sign the pair's transaction."""
    it = ACTS[pair]
    ids = {**ID_OF, USER: it.user_id}
    for who, said, payload in KINDS[kind].steps:
        sent = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in payload.items()}
        code = world.send(ids[who], said, ids[who], sent)
        assert code is None or rule_of(pair) is NEWCOMER  # whom nobody has granted anything to, nor can
    by = {**ADDRESS_OF, USER: WALLETS[it.key].address, VERIFIER: V}[KINDS[kind].wallet]
    return world.send(it.user_id, wire_name(pair), it.entity_id, it.payload, by=by)


@pytest.mark.parametrize("commits_each", [False, True], ids=["one_batch", "batch_each"])
@pytest.mark.parametrize("pair", PAIRS)
def test_who_may_sign(pair: str, *, commits_each: bool) -> None:
    codes = {kind: sign(begun(pair, commits_each=commits_each), kind, pair) for kind in KINDS}
    refused = {kind: code if code in SIGNER_CODES else None for kind, code in codes.items()}
    assert refused == {kind: expected(kind, pair) for kind in KINDS}


@pytest.mark.parametrize("pair", PAIRS)
def test_what_may_be_signed_is_the_same_for_all_who_may(pair: str) -> None:
    allowed = [kind for kind in KINDS if expected(kind, pair) is None]
    assert len({sign(begun(pair, commits_each=False), kind, pair) for kind in allowed}) == 1


@pytest.mark.parametrize("user_id", [-1, 2**31])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_user_is_one_that_a_row_can_hold(pair: str, user_id: int) -> None:
    it = ACTS[pair]
    code = begun(pair, commits_each=False).send(user_id, wire_name(pair), it.entity_id, it.payload, by=V)
    assert code is Code.ID_OUT_OF_RANGE
