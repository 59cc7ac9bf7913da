"""Apps that may be granted to act for users (domain: chain and entities, 5.7)."""

import re
from collections.abc import Iterator
from typing import Any

from backbeat.index.entities.access.redirect_uris import redirect_uri_wants, sent_redirect_uris, set_redirect_uris
from backbeat.index.payload.metadata import Payload, boolean, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.access import DeveloperAppRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.proofs import Proof, eth_signer, is_timely, proof_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, is_active_app, signer_wants
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

SIGNATURE = "app_signature"
MESSAGE_BEGINS = "Creating Audius developer app at "
SIGNED_WITHIN_SECONDS = 6 * 3_600
APPS_MAX = 5
NAME_CHARACTERS_MAX = 50
DESCRIPTION_CHARACTERS_MAX = 160
IMAGE_URL_CHARACTERS_MAX = 2_000
IMAGE_URL = re.compile(r"(?:https?://)?(?:[\w-]+\.)+[a-z]{2,63}(?::\d{1,5})?(?:/\S*)?", re.IGNORECASE)


def wants_of_create(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Create reads."""
    yield signer_wants(tx)
    yield every(DeveloperAppRow, "active", tx.user_id)
    proof = proof_of(tx.metadata or {}, SIGNATURE)
    if proof and (address := eth_signer(proof)):
        yield one(DeveloperAppRow, address)
        yield every(UserRow, "wallet", address)
        yield redirect_uri_wants(address)


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update and Delete read."""
    yield signer_wants(tx)
    if address := _sent_address(tx.metadata or {}):
        yield one(DeveloperAppRow, address)
        yield redirect_uri_wants(address)


@handles("DeveloperApp", "Create", wants=wants_of_create)
def create(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Register an app under the address that signed for it; a deleted one comes back to life, for its new creator."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    address = _proved_address(tx, payload)
    if is_active_app(state, address):
        raise Reject(Code.ALREADY_EXISTS, SIGNATURE)
    if state.many(UserRow, "wallet", address):
        raise Reject(Code.WALLET_IN_USE, SIGNATURE)
    described = _described(payload)
    if len(state.many(DeveloperAppRow, "active", tx.user_id)) >= APPS_MAX:
        raise Reject(Code.APP_LIMIT, "user_id")
    yield DeveloperAppRow(
        address=address,
        user_id=tx.user_id,
        is_personal_access=boolean(payload, "is_personal_access") is True,
        created_at=tx.block_time,
        updated_at=tx.block_time,
        **described,
        **stamp(tx),
    )
    yield from set_redirect_uris(tx, address, sent_redirect_uris(payload) or [], state)


@handles("DeveloperApp", "Update", wants=wants)
def update(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Describe an app again, as a whole: what is not said is empty. Where it redirects to stays unless it is said."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    stored = _own_app(tx, payload, state)
    yield stored.but(updated_at=tx.block_time, **_described(payload), **stamp(tx))
    if (uris := sent_redirect_uris(payload)) is not None:
        yield from set_redirect_uris(tx, stored.address, uris, state)


@handles("DeveloperApp", "Delete", wants=wants)
def delete(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Delete an app; grants to it stay and are worth nothing."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    yield _own_app(tx, payload, state).but(is_delete=True, updated_at=tx.block_time, **stamp(tx))


def _proved_address(tx: EntityTransaction, payload: Payload) -> str:
    """Return the address that signed a sound message, which an address sent beside it has to be."""
    proof = proof_of(payload, SIGNATURE)
    address = eth_signer(proof) if proof and _is_sound(proof, tx) else None
    if address is None or _sent_address(payload) not in {address, ""}:
        raise Reject(Code.APP_SIGNATURE_INVALID, SIGNATURE)
    return address


def _is_sound(proof: Proof, tx: EntityTransaction) -> bool:
    last_word = proof.message.rpartition(" ")[2]
    return proof.message.startswith(MESSAGE_BEGINS) and is_timely(last_word, tx.block_time, SIGNED_WITHIN_SECONDS)


def _sent_address(payload: Payload) -> str:
    return text(payload, "address").lower()


def _own_app(tx: EntityTransaction, payload: Payload, state: State) -> DeveloperAppRow:
    address = _sent_address(payload)
    stored = state.get(DeveloperAppRow, address) if address else None
    if stored is None or stored.is_delete:
        raise Reject(Code.NOT_FOUND, "address")
    if stored.user_id != tx.user_id:
        raise Reject(Code.NOT_OWNER, "user_id")
    return stored


def _described(payload: Payload) -> dict[str, Any]:
    """Return the columns that tell people what an app is."""
    name, description = text(payload, "name"), text(payload, "description")
    if not name:
        raise Reject(Code.NAME_MISSING, "name")
    if len(name) > NAME_CHARACTERS_MAX:
        raise Reject(Code.NAME_TOO_LONG, "name")
    if len(description) > DESCRIPTION_CHARACTERS_MAX:
        raise Reject(Code.DESCRIPTION_TOO_LONG, "description")
    return {"name": name, "description": description or None, "image_url": _image_url(payload)}


def _image_url(payload: Payload) -> str | None:
    """Return the picture's address; what does not look like one is dropped."""
    url = text(payload, "image_url")
    if len(url) > IMAGE_URL_CHARACTERS_MAX:
        raise Reject(Code.IMAGE_URL_TOO_LONG, "image_url")
    return url if IMAGE_URL.fullmatch(url) else None
