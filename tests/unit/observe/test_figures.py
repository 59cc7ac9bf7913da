import pytest

from backbeat.observe import figures


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, figures.NOTHING),
        (0, "0 s"),
        (0.012, "12 ms"),
        (1.25, "1.2 s"),
        (59.9, "59 s"),
        (61, "1 min 1 s"),
        (3_660, "1 h 1 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(seconds: float | None, told: str) -> None:
    assert figures.span(seconds) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.25, "0.25 s"), (30, "30 s"), (600, "10 min"), (90, "90 s"), (3_600, "1 h")]
)
def test_a_cadence_is_told_as_it_would_be_set(seconds: float, told: str) -> None:
    assert figures.cadence(seconds) == told


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0 bytes"), (999, "999 bytes"), (11_400_000, "11.4 MB"), (44e9, "44.0 GB")]
)
def test_a_size_is_told_in_its_largest_unit(value: float, told: str) -> None:
    assert figures.size(value) == told


def test_rates_keep_a_digit_only_while_it_says_something() -> None:
    told = [figures.rate(value) for value in (None, 0.0, 0.26, 20.13, 1_234.5)]
    assert told == [figures.NOTHING, "0", "0.3", "20.1", "1,234"]


def test_nouns_follow_their_number() -> None:
    assert [figures.plural(number, "block") for number in (0, 1, 1_200)] == ["0 blocks", "1 block", "1,200 blocks"]
