"""What a teller of acts sees: a row as it was and as it is, and the rest as the transaction leaves it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from backbeat.index.acts import act as acts
from backbeat.index.acts.act import Act, Changed, Moment, acts_of, flip
from backbeat.index.row import Change, Gone, Row
from backbeat.index.rows.playlists import PlaylistTrackRow
from backbeat.index.rows.social import FollowRow, SaveRow, ShareRow
from backbeat.index.state import IDENTITY, Key, NotLoaded, State
from backbeat.index.wire.transaction import EntityRules, EntityTransaction

AT = datetime(2026, 1, 2)  # noqa: DTZ001 - block times are naive UTC
TX = EntityTransaction(
    user_id=1, entity_type="User", entity_id=2, action="Follow", signer="", metadata=None, pubkey=None, tx_hash="A",
    block_hash="b", block_number=7, block_time=AT, rules=EntityRules(),
)  # fmt: skip


def follow(follower: int, *, is_delete: bool = False) -> FollowRow:
    return FollowRow(follower_user_id=follower, followee_user_id=2, is_delete=is_delete, created_at=AT)


def entry(track_id: int, *, is_removed: bool = False) -> PlaylistTrackRow:
    return PlaylistTrackRow(playlist_id=9, track_id=track_id, is_removed=is_removed, created_at=AT, updated_at=AT)


def known(*rows: Any, absent: tuple[Key, ...] = ()) -> State:
    state = State()
    keys = [Key(type(row), IDENTITY, row.key()) for row in rows]
    state.fill([*keys, *absent], zip(keys, rows, strict=True))
    return state


def told(state: State, *changes: Change) -> list[tuple[str, int, int, int]]:
    return [(act.kind, act.actor_id, act.item_id, act.delta) for act in acts_of(TX, state, changes)]


@pytest.mark.parametrize(
    ("old", "new", "delta"),
    [
        (None, False, 1), (None, True, 0), (True, False, 1), (False, True, -1), (False, False, 0), (True, True, 0)
    ],
)  # fmt: skip
def test_a_relation_begins_or_ends(old: bool | None, new: bool, delta: int) -> None:
    before = None if old is None else follow(1, is_delete=old)
    assert flip(Changed(before, follow(1, is_delete=new))) == delta


def test_what_was_is_asked_for_all_at_once() -> None:
    with pytest.raises(NotLoaded) as miss:
        told(State(), follow(1), follow(3))
    assert {key.value for key in miss.value.keys} == {(1, 2), (3, 2)}


def test_what_a_handler_loaded_by_another_index_is_known() -> None:
    state = State()
    by_playlist = Key(PlaylistTrackRow, "playlist", (9,))
    state.fill([by_playlist], [(by_playlist, entry(5))])
    assert told(state, entry(5, is_removed=True)) == [("entry", 1, 9, -1)]


def test_rows_that_nobody_tells_of_cost_no_look_up() -> None:
    share = ShareRow(user_id=1, share_item_id=2, share_type="track", created_at=AT, txhash="A")
    assert told(State(), share) == []


def test_the_last_change_of_a_row_within_a_transaction_counts() -> None:
    absent = (Key(FollowRow, IDENTITY, (1, 2)),)
    assert told(known(absent=absent), follow(1), follow(1, is_delete=True)) == []
    assert told(known(absent=absent), follow(1), Gone(follow(1))) == []


def test_the_first_row_of_what_is_kept_once_alone_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    def shares(row: Changed, _moment: Moment) -> Iterator[Act]:
        yield Act(kind="share", actor_id=row.new.user_id, item_id=row.new.share_item_id)

    tellers: dict[type[Row], list[acts.Teller]] = {ShareRow: [shares]}
    monkeypatch.setattr(acts, "TELLERS", tellers)
    share = ShareRow(user_id=1, share_item_id=2, share_type="track", created_at=AT, txhash="A")
    assert told(known(share), share) == []
    assert told(known(absent=(Key(ShareRow, IDENTITY, share.key()),)), share) == [("share", 1, 2, 0)]


def test_a_moment_is_the_end_of_a_transaction() -> None:
    state = known(follow(1), follow(4), absent=(Key(FollowRow, IDENTITY, (3, 2)),))
    moment = Moment(TX, state, [follow(1, is_delete=True), follow(3), Gone(follow(4))])
    assert moment.rows == [follow(1, is_delete=True), follow(3)]
    assert moment.get(FollowRow, 1, 2) == follow(1, is_delete=True)
    assert (moment.get(FollowRow, 3, 2), moment.get(FollowRow, 4, 2)) == (follow(3), None)
    assert moment.before(FollowRow, 1, 2) == follow(1)
    assert (moment.before(FollowRow, 3, 2), moment.before(FollowRow, 4, 2)) == (None, follow(4))
    with pytest.raises(NotLoaded):
        moment.get(SaveRow, 1, 2, "track")


def test_a_moment_answers_by_an_index_what_the_transaction_made_of_it() -> None:
    state = State()
    key = Key(PlaylistTrackRow, "playlist", (9,))
    state.fill([key], [(key, entry(5)), (key, entry(6)), (key, entry(7))])
    moment = Moment(TX, state, [entry(5, is_removed=True), Gone(entry(6)), entry(8)])
    assert {row.track_id for row in moment.many(PlaylistTrackRow, "playlist", 9)} == {7, 8}
