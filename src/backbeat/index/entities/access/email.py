"""Encrypted email addresses, and who holds keys to them (domain: chain and entities, 5.11)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from backbeat.index.payload.bounds import bounded_list, bounded_text
from backbeat.index.payload.metadata import Payload, boolean, integer, record_id, text
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change
from backbeat.index.rows.access import EmailAccessRow, EncryptedEmailRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import payload_of
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.stamp import with_zone
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every

OWNER, GRANTS = "email_owner_user_id", "access_grants"


class Access(NamedTuple):
    """A key that is handed on."""

    receiver: int
    grantor: int
    key: str
    is_initial: bool


class Sent(NamedTuple):
    """Whose address a payload is about, and the keys in it."""

    owner: int
    accesses: list[Access]


def wants_of_add(tx: EntityTransaction) -> Iterator[Key]:
    """Name what AddEmail reads."""
    yield signer_wants(tx)
    if sent := _readable(tx.metadata):
        yield every(EncryptedEmailRow, "owner", sent.owner)
        yield from _key_wants(sent)


def wants_of_update(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Update reads."""
    yield signer_wants(tx)
    if sent := _readable(tx.metadata):
        yield from _grantor_wants(sent)
        yield from _key_wants(sent)


@handles("EncryptedEmail", "AddEmail", wants=wants_of_add)
def add_email(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Keep a user's first encrypted address, with the keys to it; any later one changes nothing."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    sent = _read(payload)
    email = _said(payload, "encrypted_email")
    if state.many(EncryptedEmailRow, "owner", sent.owner):
        return
    now = with_zone(tx.block_time)
    yield EncryptedEmailRow(
        id=state.fresh_id(), email_owner_user_id=sent.owner, encrypted_email=email, created_at=now, updated_at=now
    )
    yield from _new_keys(tx, sent, state)


@handles("EmailAccess", "Update", wants=wants_of_update)
def update_access(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Hand keys to an address on, each from one who holds a key, be it since this very transaction."""
    record_id(tx.user_id, "user_id")
    payload = payload_of(tx)
    authorize(tx, state)
    sent = _read(payload)
    received: set[int] = set()
    for access in sent.accesses:
        if access.grantor not in received and not state.many(EmailAccessRow, "receiver", sent.owner, access.grantor):
            raise Reject(Code.NO_EMAIL_ACCESS, GRANTS)
        received.add(access.receiver)
    yield from _new_keys(tx, sent, state)


def _new_keys(tx: EntityTransaction, sent: Sent, state: State) -> Iterator[EmailAccessRow]:
    """Yield a row for each key that its receiver has not got from its grantor before, or further up in the list."""
    now = with_zone(tx.block_time)
    first = {(access.receiver, access.grantor): access for access in reversed(sent.accesses)}
    for access in first.values():
        if not state.many(EmailAccessRow, "key", sent.owner, access.receiver, access.grantor):
            yield EmailAccessRow(
                id=state.fresh_id(),
                email_owner_user_id=sent.owner,
                receiving_user_id=access.receiver,
                grantor_user_id=access.grantor,
                encrypted_key=access.key,
                is_initial=access.is_initial,
                created_at=now,
                updated_at=now,
            )


def _grantor_wants(sent: Sent) -> set[Key]:
    return {every(EmailAccessRow, "receiver", sent.owner, access.grantor) for access in sent.accesses}


def _key_wants(sent: Sent) -> set[Key]:
    return {every(EmailAccessRow, "key", sent.owner, access.receiver, access.grantor) for access in sent.accesses}


def _readable(payload: Payload | None) -> Sent | None:
    try:
        return _read(payload or {})
    except Reject:
        return None


def _read(payload: Payload) -> Sent:
    """Return whose address it is and the keys that are handed on; raises Reject."""
    owner, grants = _id(payload, OWNER), payload.get(GRANTS)
    if not isinstance(grants, list):
        raise Reject(Code.METADATA_INVALID, GRANTS)
    return Sent(owner, [_access(grant) for grant in bounded_list(grants, GRANTS)])


def _access(grant: Any) -> Access:
    if not isinstance(grant, dict):
        raise Reject(Code.METADATA_INVALID, GRANTS)
    return Access(
        receiver=_id(grant, "receiving_user_id"),
        grantor=_id(grant, "grantor_user_id"),
        key=_said(grant, "encrypted_key"),
        is_initial=boolean(grant, "is_initial") is True,
    )


def _id(payload: Payload, key: str) -> int:
    number = integer(payload.get(key))
    if number is None:
        raise Reject(Code.METADATA_INVALID, key)
    return record_id(number, key)


def _said(payload: Payload, key: str) -> str:
    said = text(payload, key)
    if not said:
        raise Reject(Code.METADATA_INVALID, key)
    return bounded_text(said, key)
