"""`backbeat adopt`, as an operator types it."""

import psycopg
import pytest
from integration.adopt.audience import PATIENCE
from integration.adopt.conftest import HANDED_OVER, foreign_url

from backbeat.cli import adopt
from builders.terminal import backbeat

__all__ = ["foreign_url"]

pytestmark = pytest.mark.newest


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adopt, "PATIENCE", PATIENCE)


def test_a_dry_run_an_adoption_a_release_and_a_purge(foreign_url: str) -> None:
    looked = backbeat("adopt", "--dry-run", "--database", foreign_url)
    assert looked.status == 0, looked.err
    assert f"chain dev: blocks 1 to {HANDED_OVER}" in looked.out
    assert "alembic_version" in looked.out
    assert "follows.on_follow" in looked.out
    told = backbeat("adopt", "--dry-run", "--json", "--keep-notify", "--database", foreign_url).json
    assert (told["refused"], told["chain_id"], len(told["disabled"])) == ([], "dev", 11)
    assert told["steps"][-1]["name"] == "switch"

    taken = backbeat("adopt", "--database", foreign_url)
    assert f"Adopted at height {HANDED_OVER} of dev" in taken.out
    assert backbeat("migrate", "--dry-run", "--json", "--database", foreign_url).json["pending"] == []
    again = backbeat("adopt", "--database", foreign_url)
    assert (again.status, "is Backbeat's already" in again.err) == (1, True)

    released = backbeat("adopt", "--release", "--database", foreign_url)
    assert f"begins at {HANDED_OVER + 1}" in released.out
    assert backbeat("adopt", "--purge", "--json", "--database", foreign_url).json == {"purged": True}


def test_what_forbids_it_is_listed_and_fails(foreign_url: str) -> None:
    with psycopg.connect(foreign_url, autocommit=True) as connection:
        connection.execute("CREATE UNIQUE INDEX odd ON shares (slot)")
    looked = backbeat("adopt", "--dry-run", "--database", foreign_url)
    assert (looked.status, "[unique_key_unknown]" in looked.out) == (1, True)


def test_options_that_clash(empty_database_url: str) -> None:
    refused = backbeat("adopt", "--release", "--dry-run", "--json", "--database", empty_database_url)
    assert (refused.status, "adopt_options_clash" in refused.err) == (1, True)
    empty = backbeat("adopt", "--dry-run", "--json", "--database", empty_database_url)
    assert [each["code"] for each in empty.json["refused"]] == ["nothing_to_adopt"]
