"""Whether a user hears of comments on a track, or of answers to a comment (domain: chain and entities, 5.2.12)."""

from collections.abc import Iterator

from backbeat.index.row import Change
from backbeat.index.rows.notices import CommentNotificationSettingRow
from backbeat.index.state import Key, State
from backbeat.index.wire.envelope import check_ids
from backbeat.index.wire.routing import handles
from backbeat.index.wire.signer import authorize, signer_wants
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import one


def wants(tx: EntityTransaction) -> Iterator[Key]:
    """Name what Mute and Unmute read."""
    yield signer_wants(tx)
    yield one(CommentNotificationSettingRow, tx.user_id, tx.entity_id, tx.entity_type)


@handles("Track", "Mute", wants=wants)
@handles("Comment", "Mute", wants=wants)
def mute(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Hear no more of comments on the track, or of answers to the comment; whether there is one is not asked."""
    yield _setting(tx, state, is_muted=True)


@handles("Track", "Unmute", wants=wants)
@handles("Comment", "Unmute", wants=wants)
def unmute(tx: EntityTransaction, state: State) -> Iterator[Change]:
    """Hear of comments on the track, or of answers to the comment, again."""
    yield _setting(tx, state, is_muted=False)


def _setting(tx: EntityTransaction, state: State, *, is_muted: bool) -> CommentNotificationSettingRow:
    check_ids(tx)
    authorize(tx, state)
    stored = state.get(CommentNotificationSettingRow, tx.user_id, tx.entity_id, tx.entity_type)
    return CommentNotificationSettingRow(
        user_id=tx.user_id,
        entity_id=tx.entity_id,
        entity_type=tx.entity_type,
        is_muted=is_muted,
        created_at=stored.created_at if stored else tx.block_time,
        updated_at=tx.block_time,
    )
