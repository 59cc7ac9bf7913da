"""Who is mentioned in a comment (domain: chain and entities, 5.5.1 and 5.5.2)."""

from collections.abc import Iterable, Iterator

from backbeat.index.entities.metadata import Payload, integer, is_number, record_id
from backbeat.index.entities.stamp import stamp
from backbeat.index.entities.transaction import EntityTransaction
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.comments import CommentMentionRow
from backbeat.index.state import State

KEY = "mentions"
MENTIONS_MAX = 10  # whoever is named behind these is not told


def sent_mentions(payload: Payload) -> list[int]:
    """Return the users that the payload mentions, each once, in order; raises Reject unless it is a list of numbers."""
    sent = payload.get(KEY)
    if sent is None:
        return []
    if not isinstance(sent, list) or not all(map(is_number, sent)):
        raise Reject(Code.METADATA_INVALID, KEY)
    return list(dict.fromkeys(record_id(integer(user) or 0, KEY) for user in sent[:MENTIONS_MAX]))


def new_mentions(tx: EntityTransaction, users: Iterable[int]) -> Iterator[CommentMentionRow]:
    """Mention users."""
    for user_id in users:
        yield CommentMentionRow(
            comment_id=tx.entity_id,
            user_id=user_id,
            created_at=tx.block_time,
            updated_at=tx.block_time,
            **stamp(tx),
        )


def change_mentions(tx: EntityTransaction, users: list[int], state: State) -> Iterator[CommentMentionRow]:
    """Mention these users and nobody else; without any, everything stays as it is."""
    if not users:
        return
    known = {row.user_id: row for row in state.many(CommentMentionRow, "comment", tx.entity_id)}
    for user_id, row in known.items():
        is_delete = user_id not in users
        if is_delete != bool(row.is_delete):
            yield row.but(is_delete=is_delete, updated_at=tx.block_time, **stamp(tx))
    yield from new_mentions(tx, (user_id for user_id in users if user_id not in known))
