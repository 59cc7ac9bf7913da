"""Who is mentioned in a comment (domain: chain and entities, 5.5.1 and 5.5.2)."""

from collections.abc import Iterable, Iterator

from backbeat.index.payload.metadata import Payload, integer, is_number, record_id
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.comments import CommentMentionRow
from backbeat.index.state import Key, State
from backbeat.index.wire.stamp import stamp
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every, one

KEY = "mentions"
LISTED_MAX = 1_000  # a comment has 400 characters
MENTIONS_MAX = 10  # users named behind these are not told


def sent_mentions(payload: Payload) -> list[int]:
    """Return the users that the payload mentions, each once, in order; raises Reject unless it is a list of numbers."""
    sent = payload.get(KEY)
    if sent is None:
        return []
    if not isinstance(sent, list) or len(sent) > LISTED_MAX or not all(map(is_number, sent)):
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
    """Mention these users and no others; without any, everything stays as it is."""
    if not users:
        return
    state.need(one(CommentMentionRow, tx.entity_id, user_id) for user_id in users)
    for row in state.many(CommentMentionRow, "comment", tx.entity_id):
        if row.user_id not in users:
            yield row.but(is_delete=True, updated_at=tx.block_time, **stamp(tx))
    for user_id in users:
        known = state.get(CommentMentionRow, tx.entity_id, user_id)
        if known is None:
            yield from new_mentions(tx, (user_id,))
        elif known.is_delete:
            yield known.but(is_delete=False, updated_at=tx.block_time, **stamp(tx))


def mention_wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what :func:`change_mentions` reads."""
    try:
        users = sent_mentions(tx.metadata or {})
    except Reject:  # the handler will say so
        return
    if users:
        yield every(CommentMentionRow, "comment", tx.entity_id)
    for user_id in users:
        yield one(CommentMentionRow, tx.entity_id, user_id)
