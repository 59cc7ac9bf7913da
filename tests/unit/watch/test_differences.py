"""A difference is certain once it has stood: for two looks between which both databases were at one height."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from backbeat.watch.differences import Kept, Kind, Seen, differing, judged, near
from backbeat.watch.side import Sight
from backbeat.watch.statements import shapes
from backbeat.watch.subjects import SUBJECTS

AT = datetime(2026, 1, 3, tzinfo=UTC)
FOLLOWS = SUBJECTS["aggregate_user"]
TRENDS = SUBJECTS["track_trending_scores"]


def seen(there: str = "5") -> Seen:
    return Seen(key=("1",), kind=Kind.DIFFERS, columns=("follower_count",), here=("4",), there=(there,))


def looks(*each: tuple[tuple[int, int], str, float], subject: str = "aggregate_user") -> Kept:
    """Return what is kept after looks: heights here and there, their value, seconds since the first."""
    kept = None
    for heights, there, seconds in each:
        kept = judged(SUBJECTS[subject], seen(there), kept, heights, AT + timedelta(seconds=seconds))
    assert kept is not None
    return kept


def test_one_look_is_not_enough() -> None:
    kept = looks(((10, 10), "5", 0))
    assert (kept.is_certain, kept.looks, kept.cause) == (False, 1, "")


def test_what_stands_while_both_were_at_one_height_is_certain() -> None:
    assert looks(((10, 10), "5", 0), ((10, 10), "5", 5)).is_certain
    assert looks(((10, 8), "5", 0), ((12, 10), "5", 5)).is_certain


@pytest.mark.parametrize(("first", "second"), [((10, 7), (12, 9)), ((7, 10), (9, 12))])
def test_what_stands_while_one_lags_is_not(first: tuple[int, int], second: tuple[int, int]) -> None:
    kept = looks((first, "5", 0), (second, "5", 60))
    assert not kept.is_certain
    assert (kept.here_height, kept.there_height) == first


def test_two_looks_too_near_each_other_count_as_one() -> None:
    assert not looks(((10, 10), "5", 0), ((10, 10), "5", 4)).is_certain


def test_what_moves_is_certain_where_both_looks_were_at_one_height() -> None:
    assert looks(((10, 10), "5", 0), ((12, 12), "6", 5)).is_certain
    assert not looks(((10, 10), "5", 0), ((12, 11), "6", 5)).is_certain
    assert not looks(((10, 9), "5", 0), ((12, 12), "6", 5)).is_certain


def test_a_job_of_theirs_has_its_time() -> None:
    assert TRENDS.patience_seconds > 3_600
    name = "track_trending_scores"
    short, long = TRENDS.patience_seconds - 1, TRENDS.patience_seconds
    assert not looks(((10, 10), "5", 0), ((99, 99), "5", short), subject=name).is_certain
    assert looks(((10, 10), "5", 0), ((99, 99), "5", long), subject=name).is_certain
    assert not looks(((10, 10), "5", 0), ((99, 99), "6", long), subject=name).is_certain


def test_counts_of_what_comes_out_by_itself_have_their_time() -> None:
    assert FOLLOWS.patience(("follower_count",)) == 0
    assert FOLLOWS.patience(("follower_count", "track_count")) == 300
    assert TRENDS.patience(("score",)) == TRENDS.patience_seconds


def test_what_is_certain_stays_so_and_its_cause_is_looked_for_again_when_it_changes() -> None:
    kept = msgspec.structs.replace(looks(((10, 10), "5", 0), ((10, 10), "5", 5)), cause="unknown")
    same = judged(FOLLOWS, seen("5"), kept, (11, 9), AT + timedelta(seconds=6))
    assert (same.is_certain, same.cause) == (True, "unknown")
    other = judged(FOLLOWS, seen("6"), kept, (11, 9), AT + timedelta(seconds=6))
    assert (other.is_certain, other.cause) == (True, "")
    assert other.first_at == AT


def test_rows_are_paired_by_key() -> None:
    shape, _ = shapes(SUBJECTS["scores of users"], (), ())
    here = Sight(1, {("1",): [("4",)], ("2",): [("4",)], ("3",): [("4",)], ("5",): [("4",), ("4",)]})
    there = Sight(1, {("1",): [("4",)], ("2",): [("5",)], ("4",): [("4",)], ("5",): [("4",)]})
    keys = [(str(n),) for n in range(1, 7)]
    assert {each.key[0]: each.kind for each in differing(shape, keys, here, there)} == {
        "2": Kind.DIFFERS,
        "3": Kind.MISSING_THERE,
        "4": Kind.MISSING_HERE,
        "5": Kind.REPEATED,
    }


@pytest.mark.parametrize(
    ("there", "columns"), [("1 2 3", None), ("1 3 2", "position 2"), ("1 2", "position 3"), ("1 2 3 4", "position 4")]
)
def test_lists_differ_from_a_place_on(there: str, columns: str | None) -> None:
    shape, _ = shapes(SUBJECTS["trending lists"], (), ())
    key = ("pnagD", "week")
    found = list(differing(shape, [key], Sight(1, {key: [("1 2 3",)]}), Sight(1, {key: [(there,)]})))
    assert [each.columns for each in found] == ([] if columns is None else [(columns,)])


def test_approximate_numbers_may_differ_in_their_last_digits() -> None:
    assert near("1234.5678901234", "1234.5678901235")
    assert not near("1234.5678", "1234.5679")
    shape, _ = shapes(TRENDS, (), ())
    key = ("1", "TRACKS", "pnagD", "week")
    here, near_by = Sight(1, {key: [("1234.5678901234", None)]}), Sight(1, {key: [("1234.5678901235", None)]})
    assert list(differing(shape, [key], here, near_by)) == []
