"""The world that is fuzzed: users, who may act for whom, and things that are made anew in every era."""

import json
import re
from collections.abc import Iterator
from random import Random
from typing import Any

from authority import ADDRESS_OF, APP, APP_KEY, MANAGER, MANAGER_KEY, SECOND, SECOND_KEY
from worst.act import ALBUM, COMMENT, EVENT, FOREIGN, NEW, OTHER, OWNER, PLAYLIST, TRACK
from worst.acts import FIRST, signed

from backbeat.chain.networks import DEV
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Signer
from builders.chain import WALLETS
from builders.proofs import SIGNED_AT, app_signature, signed_text

USERS = {OWNER: 1, OTHER: 2, MANAGER: MANAGER_KEY, SECOND: SECOND_KEY}
"""Whose wallet is which key."""

STOPPED_KEY, DELETED_KEY, DASHBOARD_KEY = 4, 3, 4
ACTING = (APP_KEY, MANAGER_KEY, SECOND_KEY, STOPPED_KEY, DELETED_KEY)
"""Keys of an app, a manager, one who was never answered, an app that was stopped and one that was deleted."""

THINGS = (TRACK, FOREIGN, PLAYLIST, ALBUM, COMMENT, EVENT)
ERA_IDS = 10  # between a thing and the same thing of the next era
OWN_SHARE, ACTING_SHARE = 0.75, 0.95  # cumulated
NAMED = re.compile("|".join(rf"\b{thing}\b" for thing in THINGS))


def people() -> Iterator[core_pb2.SignedTransaction]:
    """Yield what makes the users and lets some of them, and some apps, act for others."""
    for pair, key, user_id, entity_id, payload in FIRST:
        if pair == "User/Create":
            yield signed(key, user_id, pair, entity_id, payload)
    for user_id, key in ((MANAGER, MANAGER_KEY), (SECOND, SECOND_KEY)):
        yield signed(key, user_id, "User/Create", user_id, {"handle": f"acts{key}"})
    for key in (APP_KEY, STOPPED_KEY, DELETED_KEY):
        yield _bare(OTHER, "DeveloperApp/Create", {"name": "App", "app_signature": app_signature(key)})
        yield _bare(OWNER, "Grant/Create", {"grantee_address": WALLETS[key].address})
    yield _bare(OTHER, "Grant/Create", {"grantee_address": ADDRESS_OF[APP]})
    yield _bare(OWNER, "Grant/Delete", {"grantee_address": WALLETS[STOPPED_KEY].address})
    yield _bare(OTHER, "DeveloperApp/Delete", {"address": WALLETS[DELETED_KEY].address})
    for user_id in (MANAGER, SECOND):
        yield _bare(OWNER, "Grant/Create", {"grantee_address": WALLETS[USERS[user_id]].address})
    yield _bare(MANAGER, "Grant/Approve", {"grantor_user_id": OWNER})


def _bare(user_id: int, pair: str, payload: dict[str, Any]) -> core_pb2.SignedTransaction:
    return signed(USERS[user_id], user_id, pair, 0, payload)


def things(era: int) -> Iterator[core_pb2.SignedTransaction]:
    """Yield what makes the tracks, playlists, comment and contest of an era."""
    for pair, key, user_id, entity_id, payload in FIRST:
        if pair != "User/Create":
            made = signed(key, user_id, pair, entity_id, payload)
            move(made, era)
            yield sign(made, WALLETS[key])


def move(made: core_pb2.SignedTransaction, era: int, fresh: int = 0, now: int = SIGNED_AT) -> None:
    """Let an entity transaction be about the things of an era and of the time ``now``, in Unix seconds.

    What it creates gets an id by ``fresh``.
    """
    wire, shift = made.manage_entity, era * ERA_IDS
    if wire.action == "Create" and wire.entity_id in NEW.values():
        wire.entity_id += fresh
        if wire.entity_type == "User":
            wire.user_id = wire.entity_id
    elif wire.entity_id in THINGS:
        wire.entity_id += shift
    wire.metadata = NAMED.sub(lambda found: str(int(found[0]) + shift), wire.metadata)
    if wire.entity_type == "DashboardWalletUser" and str(SIGNED_AT) in wire.metadata:
        wire.metadata = _proved_again(wire.metadata, now)


def _proved_again(metadata: str, now: int) -> str:
    """Return a payload in which what a dashboard wallet and its user signed is as old as the block."""
    try:
        body = json.loads(metadata)
        for name, key in (("wallet_signature", DASHBOARD_KEY), ("user_signature", USERS[OWNER])):
            if name in body["data"]:
                message = body["data"][name]["message"].replace(str(SIGNED_AT), str(now))
                body["data"][name] = signed_text(key, message)
        return json.dumps(body, separators=(",", ":"))
    except (ValueError, LookupError, TypeError, AttributeError):  # spoilt
        return metadata


def signer_for(made: core_pb2.SignedTransaction, draw: Random) -> Signer:
    """Return the user's own signer mostly, sometimes one who may act for somebody, or any; a new user's is new."""
    wire, chance = made.manage_entity, draw.random()
    if wire.entity_type == "User" and wire.action == "Create" and chance < OWN_SHARE:
        return Signer(draw.randbytes(32), DEV)
    own = USERS.get(wire.user_id)
    if own and chance < OWN_SHARE:
        return WALLETS[own]
    return WALLETS[draw.choice(ACTING) if chance < ACTING_SHARE else draw.randrange(1, 10)]


def sign(made: core_pb2.SignedTransaction, signer: Signer) -> core_pb2.SignedTransaction:
    """Sign what is said now, unless it cannot be signed."""
    wire = made.manage_entity
    try:
        wire.signature = signer.sign(
            wire.user_id, wire.entity_type, wire.entity_id, wire.action, wire.metadata, wire.nonce
        )
    except (ValueError, OverflowError):  # negative ids, text that is not Unicode
        return made
    wire.signer = signer.address
    return made
