"""What becomes of plays when they are read: kept, or refused with a reason, before anything is written."""

from datetime import datetime, timedelta

from backbeat.chain.model import Block, Kind, Play, Transaction
from backbeat.index.applied import PLAYED, PLAYS_LISTED_MAX, PLAYS_TOGETHER_MAX, Applied
from backbeat.index.reject import Code

NOON = datetime(2026, 5, 22, 12)  # noqa: DTZ001 - block times are naive UTC


def transaction(*track_ids: int | None, beyond: int = 0, size: int = 1_000) -> Transaction:
    plays = tuple([Play(1, track_id, None, "", "", "", "") for track_id in track_ids])
    refused = beyond > 0 or None in track_ids
    return Transaction("AB", Kind.PLAYS, b"x" * size, plays, plays_beyond=beyond, has_plays_to_refuse=refused)


def block(height: int, time: datetime = NOON) -> Block:
    return Block("test", height, f"{height:064x}", time, (), 1_000)


def test_sound_plays_are_kept_as_they_are() -> None:
    applied, heard = Applied(), transaction(1, 2, 3)
    applied.add_plays(block(7), [(0, heard)])
    [kept] = applied.plays
    assert (kept.height, kept.track_ids, applied.rejections) == (7, [1, 2, 3], [])
    assert applied.tallies() == {PLAYED: 1}


def test_a_play_without_a_track_is_refused_and_the_others_are_kept() -> None:
    applied = Applied()
    applied.add_plays(block(7), [(3, transaction(1, None, 2))])
    assert [play.track_id for _, play in applied.plays[0].heard()] == [1, 2]
    [refused] = applied.rejections
    assert (refused.code, refused.field, refused.play_index, refused.refused_plays, refused.tx_index) == (
        Code.VALUE_OUT_OF_RANGE, "track_id", 1, 1, 3,
    )  # fmt: skip


def test_plays_beyond_what_a_transaction_may_have_are_refused_together() -> None:
    applied = Applied()
    applied.add_plays(block(7), [(0, transaction(1, 2, beyond=4))])
    assert len(applied.plays[0]) == 2
    [refused] = applied.rejections
    assert (refused.code, refused.play_index, refused.refused_plays) == (Code.TOO_MANY_PLAYS, 2, 4)


def test_of_many_refused_plays_the_first_few_are_listed() -> None:
    applied = Applied()
    applied.add_plays(block(7), [(0, transaction(*[None] * 20))])
    applied.add_plays(block(7), [(1, transaction(*[None] * 20, size=60))])
    assert [list(each.heard()) for each in applied.plays] == [[]]
    listed = [[each.play_index for each in applied.rejections if each.tx_index == at] for at in (0, 1)]
    assert listed == [list(range(PLAYS_LISTED_MAX)), [0, 1]]
    assert {each.refused_plays for each in applied.rejections} == {20}
    assert applied.tallies() == {PLAYED: 2}


def test_plays_of_a_block_are_kept_together_with_the_times_that_it_allows() -> None:
    applied = Applied()
    for at, heard_in in enumerate((block(7), block(7), block(8, NOON + timedelta(days=60)))):
        applied.add_plays(heard_in, [(at, transaction(1 + at))])
    first, second = applied.plays
    assert [[play.track_id for _, play in each.heard()] for each in (first, second)] == [[1, 2], [3]]
    assert [play.played_at for each in (first, second) for _, play in each.heard()] == [NOON] * 2 + [
        NOON + timedelta(days=60)
    ]
    assert applied.tallies() == {PLAYED: 3}


def test_plays_of_a_large_block_are_kept_in_pieces() -> None:
    applied = Applied()
    for at in range(3):
        applied.add_plays(block(7), [(at, transaction(*range(PLAYS_TOGETHER_MAX)))])
    assert [len(each) for each in applied.plays] == [PLAYS_TOGETHER_MAX] * 3


def test_what_pieces_of_a_block_came_to_is_added_up() -> None:
    total, other = Applied(), Applied()
    total.add_plays(block(7), [(0, transaction(1))])
    other.add_plays(block(7), [(1, transaction(2, None))])
    total.add(other)
    assert [[play.track_id for _, play in each.heard()] for each in total.plays] == [[1], [2]]
    assert (total.tallies(), len(total.rejections)) == ({PLAYED: 2}, 1)
