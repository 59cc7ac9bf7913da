"""Reading what the notifier says, and the settings that name it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from backbeat.derived.delists.notifier import notifier_of
from backbeat.derived.delists.statuses import Page, UserRow, page_of
from backbeat.errors import ConfigError
from backbeat.jobs.catalog import catalog
from backbeat.settings import JobsSettings, OutgoingSettings, Settings

NOW = datetime(2026, 5, 22, 12, tzinfo=UTC)
KEY = "01" * 32


def read(*rows: Any, rows_max: int = 100) -> Page:
    return page_of(UserRow, [msgspec.Raw(msgspec.json.encode(row)) for row in rows], ["MANUAL"], NOW, rows_max)


def row(created_at: str, number: int = 1, *, delisted: bool = True) -> dict[str, Any]:
    return {"createdAt": created_at, "userId": number, "delisted": delisted, "reason": "MANUAL"}


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-05-22 10:00:00+00", 0),
        ("2026-05-22 10:00:00.5+00", 500_000),
        ("2026-05-22 10:00:00.000001+00", 1),
        ("2026-05-22T10:00:00Z", 0),
        ("2026-05-22T10:00:00.123456789Z", 123_456),
        ("2026-05-22T12:00:00.1+02:00", 100_000),
        ("2026-05-22 10:00:00", 0),
    ],
)
def test_instants_in_every_spelling(text: str, microseconds: int) -> None:
    [status] = read(row(text)).statuses
    assert status.created_at == datetime(2026, 5, 22, 10, 0, 0, microseconds, tzinfo=UTC)


def test_a_day_ahead_is_the_most_that_clocks_differ() -> None:
    ahead = [NOW + timedelta(days=1), NOW + timedelta(days=1, microseconds=1)]
    page = read(*(row(each.isoformat()) for each in ahead))
    assert ([each.created_at for each in page.statuses], len(page.aside)) == (ahead[:1], 1)


def test_a_page_is_the_oldest_rows_in_order_whatever_the_answer_holds() -> None:
    page = read(*(row(f"2026-05-{day}", day) for day in (20, 18, 19, 17)), rows_max=3)
    assert [each.id for each in page.statuses] == [17, 18, 19]
    assert (page.rows, page.upto) == (4, datetime(2026, 5, 19, tzinfo=UTC))


def test_an_empty_page_reaches_nowhere() -> None:
    assert (read().upto, read().latest()) == (None, [])


def test_the_latest_of_each_counts() -> None:
    page = read(row("2026-05-18"), row("2026-05-19", delisted=False), row("2026-05-17", 2))
    assert {each.id: each.delisted for each in page.latest()} == {1: False, 2: True}


def settings(**columns: Any) -> Settings:
    return Settings(
        jobs=JobsSettings(**{"delegate_private_key": KEY, **columns}), outgoing=OutgoingSettings("http://p:1")
    )


@pytest.mark.parametrize("address", ["https://notifier", "https://notifier/", " https://notifier// "])
def test_an_address_is_taken_with_a_slash_at_its_end(address: str) -> None:
    notifier = notifier_of(settings(notifier_url=address))
    assert notifier is not None
    assert (notifier.host, notifier.proxy) == ("https://notifier/", "http://p:1")


@pytest.mark.parametrize("address", ["", "notifier", "ftp://notifier", "https://notifier/?a=b", "https://notifier/#a"])
def test_what_is_no_address_is_refused_before_anything_runs(address: str) -> None:
    with pytest.raises(ConfigError) as raised:
        catalog(settings(notifier_url=address))
    assert raised.value.code == "delist_notifier_invalid"


def test_without_a_key_there_is_no_notifier() -> None:
    assert notifier_of(Settings()) is None


def test_the_jobs_are_off_until_there_is_a_key() -> None:
    delists = {"delists.users", "delists.tracks"}
    assert not delists & {job.name for job in catalog(Settings())}
    assert delists <= {job.name for job in catalog(settings())}
