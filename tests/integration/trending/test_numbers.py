"""The worked numbers of the domain, section 2.10, to 1e-12 of their size."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from backbeat.cli.trending import Version
from backbeat.cli.trending_tables import OF_PLAYLISTS, OF_TRACKS
from backbeat.derived.trending.playlists import PERIODS
from backbeat.incremental.recurring import days

NOW = datetime(2026, 5, 20, 12)  # noqa: DTZ001 - the network's columns hold naive UTC
DAY = timedelta(days=1)

DECAYS = {
    7: {
        -3: 1,
        7: 1,
        8: 0.1930697728883249,
        9: 0.03727593720314941,
        10: 0.007196856730011518,
        11: 0.001389495494373138,
        12: 0.0002682695795279725,
        13: 0.00005179474679231214,
        14: 0.00001,
        15: 0.00001,
        4_000: 0.00001,
    },
    30: {
        30: 1,
        31: 0.6812920690579615,
        32: 0.4641588833612777,
        35: 0.1467799267622069,
        40: 0.02154434690031885,
        45: 0.003162277660168379,
        50: 0.0004641588833612777,
        59: 0.00001467799267622069,
        60: 0.00001,
        61: 0.00001,
    },
    365: {
        365: 1,
        366: 0.968950006261369,
        400: 0.3315491701287472,
        500: 0.01414767033672742,
        729: 0.00001032044990492787,
        730: 0.00001,
    },
}


@pytest.fixture(scope="module")
def session(module_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        yield connection


def exact(value: float) -> Any:
    return pytest.approx(value, rel=1e-12, abs=0)


def one(session: psycopg.Connection, query: str, *values: Any) -> Any:
    found = session.execute(query.encode(), values).fetchone()
    assert found is not None
    return found[0]


@pytest.mark.parametrize(("period", "days"), [(period, days) for period, row in DECAYS.items() for days in row])
def test_decay(session: psycopg.Connection, period: int, days: int) -> None:
    assert one(session, "SELECT backbeat.trending_decay(%s, %s)", days, period) == exact(DECAYS[period][days])


@pytest.mark.parametrize("period", DECAYS)
def test_decay_stays_the_very_same_number_from_twice_the_period_on(session: psycopg.Connection, period: int) -> None:
    decays = "SELECT count(DISTINCT backbeat.trending_decay(d, %s)) FROM generate_series(%s::int, %s::int) AS d"
    assert one(session, decays, period, 2 * period, 20 * period) == 1
    assert one(session, decays, period, -period, period) == 1


@pytest.mark.parametrize(
    ("released", "created", "days"),
    [
        (None, 9 * DAY - timedelta(minutes=1), 8),
        (None, 9 * DAY, 9),
        (None, -timedelta(microseconds=1), -1),
        (DAY, 100 * DAY, 1),
        (100 * DAY, DAY, 1),
        (-3 * DAY, 100 * DAY, 100),
        (timedelta(), 100 * DAY, 0),
        (-timedelta(microseconds=1), 100 * DAY, 100),
    ],
)
def test_age(session: psycopg.Connection, released: timedelta | None, created: timedelta, days: int) -> None:
    release_date = None if released is None else NOW - released
    age = one(session, "SELECT backbeat.trending_age(%s, %s, %s)", release_date, NOW - created, NOW)
    assert age == days


@pytest.mark.parametrize(
    ("counts", "factor", "score"),
    [
        ((120, 4, 9, 15, 40), "3500", 1_166_025),
        ((120, 4, 9, 15, 40), "3500 * backbeat.trending_decay(10, 7)", 8_391.71486861168),
        ((120, 4, 9, 15, 40), "(1 + log(1 + 3500::float8))", 1_513.8976017013704),
        ((900, 12, 30, 80, 200), "12000 * backbeat.trending_decay(45, 30)", 58_894.25914297589),
        ((25_000, 0, 0, 300, 1_200), "12000", 301_044_000),
        ((1, 2, 3, 10, 20), "700", 74_690),
        ((1, 0, 0, 10, 20), "1", 3.7),
        ((1, 2, 3, 10, 20), "700 * backbeat.trending_decay(20, 7)", 0.7469),
        ((1, 8, 15, 10, 20), "2600 * backbeat.trending_decay(400, 365)", 360_931.05758555676),
    ],
)
def test_scores(session: psycopg.Connection, counts: tuple[int, ...], factor: str, score: float) -> None:
    base = "backbeat.trending_base(%s, %s, %s, %s, %s)"
    assert one(session, f"SELECT {base} * {factor}", *counts) == exact(score)


def test_magnitude_never_falls_as_scores_rise(session: psycopg.Connection) -> None:
    rising = """
        SELECT bool_and(magnitude >= before) FROM (
            SELECT backbeat.magnitude(s) AS magnitude, lag(backbeat.magnitude(s)) OVER (ORDER BY s) AS before
            FROM (
                SELECT power(1.003::float8, n) AS s FROM generate_series(-8000, 16000) AS n
                UNION ALL VALUES (0), (1e-320), (5e-324)
            ) AS scores
        ) AS pairs
    """
    assert one(session, rising)
    assert one(session, "SELECT backbeat.magnitude(0)") == 0


def test_the_formula_that_people_read_is_the_one_that_scores(session: psycopg.Connection) -> None:
    alone = [[int(place == at) for at in range(5)] for place in range(5)]
    play, repost, save, of_reposts, of_saves = (
        one(session, "SELECT backbeat.trending_base(%s, %s, %s, %s, %s)", *counts) for counts in alone
    )
    assert (play, save) == (1, 1)
    rest = f"{repost:g} reposts + saves, and of all time reposts / {1 / of_reposts:g} + saves / {1 / of_saves:g}"
    assert OF_TRACKS.endswith(f"base = plays + {rest}")
    assert OF_PLAYLISTS.endswith(f"base = 1 + {rest}")


def test_the_program_goes_by_the_schemas_formula_and_ranges(session: psycopg.Connection) -> None:
    assert one(session, "SELECT backbeat.trending_version()") == Version.PNAGD
    ranges = one(session, "SELECT array_agg(days ORDER BY days) FROM backbeat.playlist_ranges")
    assert days(ranges) == PERIODS
