"""`backbeat adopt`, as an operator types it."""

import psycopg
import pytest
from integration.adopt.audience import PATIENCE
from integration.adopt.conftest import HANDED_OVER, foreign_template, foreign_url
from integration.adopt.test_refusals import TWO_CURRENT

from backbeat.cli import adopt
from builders.terminal import backbeat

__all__ = ["foreign_template", "foreign_url"]

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
    assert "Would do, once nothing is refused" in looked.out
    assert "follows.on_follow" in looked.out
    assert looked.out.index("set the cursor") < looked.out.index("[unique_key_unknown]")
    told = backbeat("adopt", "--dry-run", "--json", "--database", foreign_url)
    assert (told.status, told.json["refused"][0]["code"], told.json["left_out"]) == (1, "unique_key_unknown", [])
    assert told.json["steps"][-1]["name"] == "switch"


def test_what_cannot_be_known_is_left_out_and_said(foreign_url: str) -> None:
    with psycopg.connect(foreign_url, autocommit=True) as connection:
        connection.execute("INSERT INTO core_indexed_blocks (blockhash, chain_id, height) VALUES ('x', 'another', 1)")
    looked = backbeat("adopt", "--dry-run", "--database", foreign_url)
    assert (looked.status, "[chain_not_chosen]" in looked.out) == (1, True)
    assert "left out The chain, and the height" in " ".join(looked.out.split())
    assert "index users_current" in looked.out


def test_a_repair_says_by_when_counts_are_right(foreign_url: str) -> None:
    with psycopg.connect(foreign_url, autocommit=True) as connection:
        connection.execute(TWO_CURRENT)
    looked = backbeat("adopt", "--dry-run", "--repair-duplicates", "--database", foreign_url)
    assert "of 1 key of users" in " ".join(looked.out.split())
    for told in (looked, backbeat("adopt", "--repair-duplicates", "--database", foreign_url)):
        assert told.status == 0, told.err
        assert "aggregates.reconcile brings such counts right within 1 d" in " ".join(told.out.split())


def test_options_that_clash(empty_database_url: str) -> None:
    refused = backbeat("adopt", "--release", "--dry-run", "--json", "--database", empty_database_url)
    assert (refused.status, "adopt_options_clash" in refused.err) == (1, True)
    empty = backbeat("adopt", "--dry-run", "--json", "--database", empty_database_url)
    assert [each["code"] for each in empty.json["refused"]] == ["nothing_to_adopt"]
