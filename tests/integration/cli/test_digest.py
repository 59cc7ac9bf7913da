"""`backbeat digest`: what it prints, and the exit statuses that scripts go by."""

import asyncio
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from conftest import new_database
from psycopg.sql import SQL

from backbeat.chain.networks import DEV
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.db.embedded import EmbeddedPostgres
from backbeat.db.pool import open_lanes
from backbeat.digest.content import CONTENT
from backbeat.settings import DatabaseSettings
from builders.chain import ListSource
from builders.indexing import index
from builders.terminal import backbeat

BLOCKS = 12
GENESIS_SECONDS = 1_780_000_000


def indexed(url: str, batch_blocks_max: int) -> None:
    maker = BlockMaker(7, 20.0, 1.0, DEV)
    made = [maker.block(height, (GENESIS_SECONDS + height) * 1_000_000) for height in range(1, BLOCKS + 1)]
    source = ListSource([], chain_id=made[0].chain_id)
    source.chain = made

    async def run() -> None:
        async with await open_lanes(url, DatabaseSettings()) as lanes:
            await index(lanes, source, batch_blocks_max=batch_blocks_max)

    asyncio.run(run())


@pytest.fixture(scope="module")
def here(module_database_url: str) -> str:
    indexed(module_database_url, 1)
    return module_database_url


@pytest.fixture(scope="module")
def there(postgres: EmbeddedPostgres, admin: psycopg.Connection, template: str) -> Any:
    with new_database(postgres, admin, template) as url:
        indexed(url, 100)
        yield url


def test_it_shows_each_table_and_the_whole(here: str) -> None:
    answer = backbeat("digest", "--database", here)
    assert answer.status == 0
    assert "plays" in answer.out
    assert f"Height {BLOCKS} of" in answer.out
    told = backbeat("digest", "show", "--database", here, "--json").json
    assert [table["table"] for table in told["tables"]] == sorted(CONTENT)
    assert told["digest"] in answer.out
    assert told["height"] == BLOCKS


def test_one_table_and_another_key(here: str) -> None:
    one = backbeat("digest", "--database", here, "--table", "plays", "--json").json
    other = backbeat("digest", "--database", here, "--table", "plays", "--key", "5a", "--json").json
    assert [table["table"] for table in one["tables"]] == ["plays"]
    assert one["digest"] != other["digest"]


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (("--table", "pg_class"), 2, "digest_table_unknown"),
        (("--at", "999"), 69, "digest_height_not_reached"),
        (("--key", "xyz"), 2, "argument_invalid"),
    ],
)
def test_what_cannot_be_told(here: str, arguments: tuple[str, ...], status: int, code: str) -> None:
    answer = backbeat("digest", "--database", here, *arguments, "--json")
    assert (answer.status, code in answer.err) == (status, True)


def test_batches_do_not_show(here: str, there: str) -> None:
    answer = backbeat("digest", "compare", there, "--database", here)
    assert (answer.status, answer.out.startswith("Equal: ")) == (0, True), answer.out
    told = backbeat("digest", "compare", there, "--database", here, "--at", str(BLOCKS), "--json").json
    assert (told["equal"], told["comparison"]["tables"]) == (True, len(CONTENT))
    assert told["comparison"]["rows"] > 100


def test_a_difference_is_shown_by_its_row(here: str, postgres: EmbeddedPostgres, admin: psycopg.Connection) -> None:
    with new_database(postgres, admin, urlsplit(here).path.strip("/")) as copy:
        assert backbeat("digest", "compare", copy, "--database", here, "--exact").status == 0
        with psycopg.connect(copy, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute("UPDATE users SET bio = 'another' WHERE user_id = (SELECT min(user_id) FROM users)")
            connection.execute("DELETE FROM plays WHERE id <= 30")
        answer = backbeat("digest", "compare", copy, "--database", here)
        assert answer.status == 1
        assert "users (base): " in answer.out
        assert "bio NULL / 'another'" in answer.out or "/ 'another'" in answer.out
        shown = {int(found) for found in re.findall("only here: id '([0-9]+)'", answer.out)}  # in order of their hashes
        assert len(shown) == 20
        assert shown < {*range(1, 31)}
        assert "and 10 more, see --json" in answer.out
        assert answer.out.rstrip().splitlines()[-1].startswith("Different: 2 of ")
        only = backbeat("digest", "compare", copy, "--database", here, "--table", "follows")
        assert only.status == 0


def test_an_instance_that_is_elsewhere_is_not_compared(here: str, database_url: str) -> None:
    answer = backbeat("digest", "compare", database_url, "--database", here, "--json")
    assert (answer.status, "digest_heights_differ" in answer.err) == (69, True)


def test_time_is_bounded(here: str, there: str) -> None:
    with psycopg.connect(there) as holder:
        holder.execute(SQL("LOCK TABLE plays IN ACCESS EXCLUSIVE MODE"))
        answer = backbeat("digest", "compare", there, "--database", here, "--seconds", "1", "--json")
    assert (answer.status, "digest_not_in_time" in answer.err) == (69, True)


def test_an_api_that_is_not_there(here: str, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret\n")
    arguments = ("http://127.0.0.1:9", "--database", here, "--token-file", str(token), "--json")
    answer = backbeat("digest", "compare", *arguments)
    assert (answer.status, "outgoing_unreachable" in answer.err) == (69, True)
