"""What a person may have meant."""

import pytest

from backbeat.nearest import meant, or_listed

KNOWN = ("trending.tracks", "user_listening_history", "hourly_play_counts")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("trending.track", "trending.tracks"),
        ("Trending.Tracks", "trending.tracks"),
        ("hourly", "hourly_play_counts"),
        ("user_listening_histories", "user_listening_history"),
    ],
)
def test_the_nearest_is_offered(name: str, near: str) -> None:
    assert meant(name, KNOWN) == f"Did you mean {near}? "


@pytest.mark.parametrize("name", ["", "zz", "weather"])
def test_nothing_is_offered_where_nothing_is_near(name: str) -> None:
    assert meant(name, KNOWN) == ""


def test_few_names_are_listed_and_of_many_the_place() -> None:
    assert or_listed("zz", KNOWN, listed="`x`", what="them") == f"There are {', '.join(KNOWN)}."
    many = [f"name-{number}" for number in range(50)]
    assert or_listed("zz", many, listed="`x`", what="them") == "`x` lists them."
    assert or_listed("name-7", many, listed="`x`", what="them").startswith("Did you mean name-7? ")
