"""`backbeat watch`, as an operator types it."""

import asyncio
import json
from pathlib import Path

import psycopg
import pytest
from foreign_database import make_foreign
from integration.watch.conftest import LeapingClock, Pair, grown, pair

from backbeat.cli import watch as verb
from backbeat.errors import Exit
from backbeat.watch import differences, watching
from backbeat.watch.side import Side
from backbeat.watch.store import Store
from backbeat.watch.watching import Watch
from builders.terminal import backbeat

__all__ = ["grown", "pair"]

pytestmark = pytest.mark.newest


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> LeapingClock:
    """The time of the verb, in which every job of theirs has its turn between two looks."""
    made = LeapingClock()
    monkeypatch.setattr(verb, "CLOCK", made)
    return made


def once(pair: Pair, *more: str) -> list[str]:
    return ["watch", "--once", "--database", pair.there, "--into", pair.here, *more]


def test_equal_but_for_known_defects_is_fine(pair: Pair, clock: LeapingClock) -> None:
    del clock
    equal = backbeat(*once(pair))
    assert equal.status == Exit.OK, equal.err
    assert "Equal for" in equal.out
    assert "Not compared are wallets: their key" in equal.out
    pair.spoil("UPDATE aggregate_user SET follower_count = follower_count - 3 WHERE user_id = 9012")
    drifted = backbeat(*once(pair, "--json"))
    assert drifted.status == Exit.OK
    assert drifted.json["verdict"] == "equal"
    assert "but for these known defects of theirs: counts that are not" in drifted.json["sentence"]
    assert drifted.json["not_compared"].keys() >= {"wallets"}
    [found] = drifted.json["watch"]["differences"]
    assert (found["subject"], found["cause"], found["key"]) == ("aggregate_user", "count_drifted", ["9012"])


def test_what_no_defect_explains_fails(pair: Pair, clock: LeapingClock) -> None:
    del clock
    pair.spoil("UPDATE users SET bio = 'other' WHERE user_id = 9006 AND is_current")
    told = backbeat(*once(pair))
    assert told.status == Exit.FAILURE
    assert "9006: bio None / other" in told.out
    assert "Different: 1 row for no known reason, in users." in told.out


def test_what_must_stand_longer_is_not_verified(pair: Pair, clock: LeapingClock) -> None:
    clock.leap /= 180
    pair.spoil("UPDATE track_trending_scores SET score = 1 WHERE track_id = 8010 AND time_range = 'week'")
    told = backbeat(*once(pair))
    assert told.status == Exit.UNVERIFIED
    assert "looked at again" in told.out


def test_a_look_that_may_not_take_long_says_that_it_has_only_begun(pair: Pair, clock: LeapingClock) -> None:
    del clock
    told = backbeat(*once(pair, "--seconds", "1", "--json"))
    assert (told.status, told.json["verdict"]) == (Exit.UNVERIFIED, "begun")


@pytest.mark.parametrize(("kind", "code"), [("empty", "watched_is_empty"), ("ours", "watched_is_ours")])
def test_a_database_that_is_no_other_indexers_is_refused(
    pair: Pair, empty_database_url: str, kind: str, code: str
) -> None:
    there = {"empty": empty_database_url, "ours": pair.here}[kind]
    refused = backbeat(*once(Pair(pair.here, there), "--json"))
    assert (refused.status, json.loads(refused.err)["error"]["code"]) == (Exit.CONFIG, code)


def test_what_is_compared_with_must_be_ours_and_both_be_named(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = backbeat(*once(Pair(pair.there, pair.there), "--json"))
    assert (refused.status, json.loads(refused.err)["error"]["code"]) == (Exit.CONFIG, "database_foreign")
    monkeypatch.delenv("BACKBEAT_DATABASE_URL", raising=False)
    unnamed = backbeat("watch", "--once", "--json", "--data-dir", str(tmp_path))
    assert (unnamed.status, json.loads(unnamed.err)["error"]["code"]) == (Exit.USAGE, "watch_without_database")


@pytest.mark.slow
def test_our_database_follows_the_chain_meanwhile(
    database_url: str, empty_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (differences, watching):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.2)
    chain = tmp_path / "chain.pb"
    assert backbeat("simulate", "--record", str(chain), "--blocks", "20").status == Exit.OK
    source = ("--recording", str(chain))
    done = backbeat("index", *source, "--exit-at-tip", "--database", database_url)
    assert done.status == Exit.OK, done.err
    make_foreign(database_url)
    told = backbeat(
        *once(Pair(empty_database_url, database_url), "--json", "--rows-per-second", "100000"),
        *source,
        env={"BACKBEAT_WEB_PORT": "0"},
    )
    found = told.json["watch"]
    assert [each for each in found["differences"] if each["cause"] == "unknown"] == []
    assert (found["rounds"], found["there_height"]) == (1, 20)
    assert told.status in {Exit.OK, Exit.UNVERIFIED}  # their jobs have not run, and are given their time


async def test_it_tells_how_it_stands_until_it_is_stopped(
    pair: Pair, clock: LeapingClock, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there = Side(pair.here, clock, is_ours=True), Side(pair.there, clock, is_ours=False)
    stop = asyncio.Event()
    async with await psycopg.AsyncConnection.connect(pair.here, autocommit=True) as session:
        watch = Watch(here, there, Store(session), database="theirs", clock=clock, rows_per_second=1e6)
        await watch.begin()
        ends = watch.step

        async def some() -> None:
            await ends()
            if watch.rows > 400:
                stop.set()

        watch.step = some  # type: ignore[method-assign]  # it ends after some steps
        await verb._until_stopped(watch, session, stop, as_json=False)
    await here.close()
    await there.close()
    assert "So far equal in" in capsys.readouterr().out
