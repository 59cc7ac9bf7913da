"""The users that a track names as its collaborators (domain: chain and entities, 5.2.9)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import Payload, integer, record_id
from backbeat.index.reject import Reject
from backbeat.index.row import Change, Gone
from backbeat.index.rows.tracks import TrackCollaboratorRow
from backbeat.index.state import Key, State
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

KEY = "collaborators"
COLLABORATORS_MAX = 50


def sent_collaborators(tx: EntityTransaction, payload: Payload) -> list[int] | None:
    """Return the users named, the owner aside, each once; None if the payload says nothing of collaborators.

    An explicit null names no user. Raises Reject for what can be no id.
    """
    sent = payload.get(KEY, ...)
    if sent is not None and not isinstance(sent, list):
        return None
    numbers = (integer(item.get("user_id") if isinstance(item, dict) else item) for item in sent or ())
    users = dict.fromkeys(number for number in numbers if number and number != tx.user_id)
    return [record_id(user, KEY) for user in users][:COLLABORATORS_MAX]


def change_collaborators(tx: EntityTransaction, users: list[int], state: State) -> Iterator[Change]:
    """Ask those named for the first time, drop those no longer named, leave the others as they answered."""
    known = {row.collaborator_user_id: row for row in state.many(TrackCollaboratorRow, "track", tx.entity_id)}
    for user, row in known.items():
        if user not in users:
            yield Gone(row)
    for user in users:
        if user not in known:
            yield TrackCollaboratorRow(
                track_id=tx.entity_id,
                collaborator_user_id=user,
                invited_by=tx.user_id,
                created_at=tx.block_time,
                updated_at=tx.block_time,
                txhash=tx.tx_hash,
                blocknumber=tx.block_number,
            )


def collaborator_wants(tx: EntityTransaction, payload: Payload) -> Iterator[Key]:
    """Name what :func:`change_collaborators` reads of a payload that names any, and what is new of them."""
    if not payload.get(KEY):
        return
    yield every(TrackCollaboratorRow, "track", tx.entity_id)
    try:
        users = sent_collaborators(tx, payload)
    except Reject:  # the handler will say so
        return
    yield from (one(TrackCollaboratorRow, tx.entity_id, user) for user in users or ())
