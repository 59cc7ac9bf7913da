"""The digest over HTTP: for the operator alone, one at a time, the same as the database's own."""

import asyncio

import httpx
import msgspec
import psycopg
import pytest
from psycopg import AsyncConnection

from backbeat.api.state import State
from backbeat.clock import SystemClock
from backbeat.db import address
from backbeat.db.pool import Lanes
from backbeat.digest.answers import Asked, Digest
from backbeat.digest.compare import compare
from backbeat.digest.remote import BYTES_MAX, Remote
from backbeat.digest.rows import CHANGED
from backbeat.digest.side import Database
from backbeat.digest.state import seen
from backbeat.errors import DigestError
from backbeat.outgoing.client import Client, Limits
from backbeat.settings import WebSettings
from backbeat.web.site import site
from builders.filled import change, fill

TOKEN = "a-long-operator-token"  # noqa: S105 - made up
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def filled(database_url: str) -> str:
    with psycopg.connect(database_url, autocommit=True) as connection:
        fill(connection, 5)
    return database_url


@pytest.fixture
def app(lanes: Lanes) -> httpx.ASGITransport:
    return httpx.ASGITransport(app=site(lanes, SystemClock(), WebSettings(host="", token=TOKEN)))


def browser(app: httpx.ASGITransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=app, base_url="http://there")


async def test_it_says_what_the_database_says(filled: str, app: httpx.ASGITransport) -> None:
    async with browser(app) as client:
        answer = await client.get("/digest?key=5a&exact=1", headers=AUTHORIZED)
        some = await client.get("/digest?tables=plays,users", headers=AUTHORIZED)
    asked = Asked(key="5a", exact=True)
    async with (
        await address.connect(address.parse(filled), "test") as connection,
        seen(connection, asked, seconds=60) as state,
    ):
        assert msgspec.json.decode(answer.content, type=Digest) == await state.digest()
    assert [table["table"] for table in some.json()["tables"]] == ["plays", "users"]


@pytest.mark.parametrize("path", ["/digest", "/digest/parts?table=plays", "/digest/rows?table=plays"])
async def test_it_costs_so_it_is_the_operators(path: str, app: httpx.ASGITransport, lanes: Lanes) -> None:
    without = httpx.ASGITransport(app=site(lanes, SystemClock(), WebSettings(host="")))
    async with browser(app) as client, browser(without) as other:
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, headers=AUTHORIZED)).status_code == 200
        assert (await other.get(path, headers=AUTHORIZED)).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("digest?key=xyz", 400),
        (f"digest?key={'0' * 65}", 400),
        ("digest?exact=2", 400),
        ("digest?at=-1", 400),
        ("digest?at=77", 409),
        ("digest?tables=pg_class", 404),
        (f"digest?tables={'a,' * 500}", 400),
        ("digest/parts?table=pg_class", 404),
        ("digest/parts?table=plays&prefixes=0", 400),
        ("digest/parts?table=plays&prefixes=00,0000", 400),
        ("digest/parts?table=plays&prefixes=zz", 400),
        (f"digest/parts?table=plays&prefixes={'00,' * 33}00", 400),
        (f"digest/parts?table=plays&prefixes={'0' * 12}", 400),
        (f"digest/rows?table=plays&prefixes={'0' * 14}", 400),
        (f"digest/rows?table=plays&prefixes={'0' * 12}", 200),
    ],
)
async def test_what_cannot_be_asked_is_refused(query: str, status: int, app: httpx.ASGITransport) -> None:
    async with browser(app) as client:
        answer = await client.get(f"/{query}", headers=AUTHORIZED)
    assert answer.status_code == status, answer.text


async def test_one_digest_is_made_at_a_time(app: httpx.ASGITransport) -> None:
    parts: State = app.app.state.parts  # type: ignore[attr-defined]  # of the site
    async with browser(app) as client, parts.digesting:
        answer = await client.get("/digest", headers=AUTHORIZED)
    assert (answer.status_code, answer.json()["code"]) == (503, "digest_busy")


async def test_one_that_takes_too_long_is_given_up(
    app: httpx.ASGITransport, connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbeat.api.resources.digest.SECONDS_MAX", 0.2)
    async with browser(app) as client, connection.transaction():
        await connection.execute("LOCK TABLE plays IN ACCESS EXCLUSIVE MODE")
        answer = await client.get("/digest?tables=plays", headers=AUTHORIZED)
        assert (answer.status_code, answer.json()["code"]) == (503, "digest_timeout")
    async with browser(app) as client:
        assert (await client.get("/digest?tables=plays", headers=AUTHORIZED)).status_code == 200


@pytest.mark.usefixtures("filled")
async def test_a_row_is_found_by_asking_the_api(app: httpx.ASGITransport, twin: AsyncConnection) -> None:
    def disturb() -> None:
        with psycopg.connect(twin.info.dsn, password=twin.info.password, autocommit=True) as other:
            fill(other, 5)
            change(other, "tracks", ["track_id", "txhash"])

    await asyncio.to_thread(disturb)
    limits, asked = Limits(60.0, BYTES_MAX, 1), Asked(key="77")
    async with Client(SystemClock(), limits, transport=app) as client:
        here = Database(twin, asked, seconds=60)
        found = await compare(here, Remote(client, "http://there", TOKEN, asked))
        (table,) = found.differing
        assert (table.table, [row.how for row in table.differences]) == ("tracks", [CHANGED])
        with pytest.raises(DigestError) as refused:
            await compare(here, Remote(client, "http://there", "another-long-token", asked))
        assert refused.value.code == "digest_refused"
