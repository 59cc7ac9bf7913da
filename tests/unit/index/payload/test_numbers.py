"""Numbers of a payload: what counts, what clears and what changes nothing."""

from typing import Any

import pytest

from backbeat.index.payload.columns import KEEP, count, positive, reference


@pytest.mark.parametrize("value", [0, -1, 0.5, None, "5", True, [], {}])
def test_what_must_be_above_0_is_kept_otherwise(value: Any) -> None:
    assert positive(value, "key") is KEEP


@pytest.mark.parametrize(("value", "read"), [(1, 1), (1.9, 1), (2**31 - 1, 2**31 - 1)])
def test_what_is_above_0_is_a_whole_number(value: Any, read: int) -> None:
    assert positive(value, "key") == read


def test_a_count_may_be_0_and_a_reference_is_cleared_by_it() -> None:
    assert (count(0, "key"), count(None, "key")) == (0, KEEP)
    assert (reference(0, "key"), reference(None, "key"), reference(5, "key")) == (None, None, 5)
    assert reference("5", "key") is KEEP
