"""Which standings of users a batch notes: those that single blocks would, however many blocks it has."""

from datetime import datetime
from typing import Any

import pytest

from backbeat.index.rows.users import UserRow
from backbeat.index.standing import standing_changes
from backbeat.index.state import IDENTITY, Key, State

AT = datetime(2026, 1, 1)  # noqa: DTZ001 - the network's columns hold naive UTC


def user(block: int, **columns: Any) -> UserRow:
    return UserRow(user_id=1, created_at=AT, updated_at=AT, blocknumber=block, **columns)


def verified(block: int) -> UserRow:
    return user(block, is_verified=True)


def gone(block: int) -> UserRow:
    return user(block, is_deactivated=True)


@pytest.mark.parametrize(
    ("stored", "made", "expected"),
    [
        (None, [user(5)], []),
        (None, [verified(5)], [5]),
        (None, [user(5), gone(5)], [5]),
        (None, [user(5), gone(6), user(7)], [6, 7]),
        (user(3), [user(5, name="n")], []),
        (verified(3), [verified(5)], []),
        (verified(3), [user(5)], [5]),
        (user(3), [gone(5), user(5)], []),
        (user(3), [gone(5), user(6)], [5, 6]),
        (user(3), [gone(5), user(6, is_deactivated=True, name="n")], [5]),
        (gone(3), [gone(4), user(5), user(6, is_verified=True, is_deactivated=True)], [5, 6]),
    ],
)
def test_standings(stored: UserRow | None, made: list[UserRow], expected: list[int]) -> None:
    state = State()
    key = Key(UserRow, IDENTITY, (1,))
    state.fill([key], [(key, stored)] if stored else [])
    for row in made:
        state.apply([row])
    assert list(standing_changes(state)) == [(block, 1) for block in expected]
