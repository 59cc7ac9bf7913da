import asyncio
import base64
from typing import Any

import httpx
import psycopg
import pytest

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.web.site import site
from builders.indexed import seed, seed_counts, seed_rejected
from builders.waiting import eventually

Connection = psycopg.AsyncConnection[Any]

SECURITY_HEADERS = {  # written out: what the program believes is not what is tested
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


async def test_the_status_is_one_json_tree(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_counts(connection)
    status = (await client.get("/status")).json()
    assert status["headline"] == "At the tip: block 1,234, 0 behind"
    assert status["indexer"]["lag_blocks"] == 0
    assert {"reason": "duplicate", "count": 1_530, "replayed": 0} in status["rejected"]


async def test_healthz_asks_only_whether_the_database_answers(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


async def test_readyz_names_what_fails_with_its_cure(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection, height=1, head=500)
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    (failing,) = (check for check in answer.json()["failing"] if check["name"] == "lag")
    assert "499 blocks behind" in failing["detail"]
    assert failing["cure"]


async def test_metrics_are_served_as_prometheus_takes_them(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "backbeat_lag_blocks 0.0" in answer.text
    assert answer.headers["content-encoding"] == "gzip"
    plain = await client.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "backbeat_lag_blocks 0.0" in plain.text


async def test_rejected_transactions_are_paged(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    first = (await client.get("/rejected", params={"limit": 2})).json()
    assert [(row["height"], row["tx_index"]) for row in first["transactions"]] == [(2, 0), (1, 1)]
    assert {row["raw_bytes"] for row in first["transactions"]} == {2}
    second = (await client.get("/rejected", params={"limit": 2, "after": first["next"]})).json()
    assert [(row["height"], row["tx_index"]) for row in second["transactions"]] == [(1, 0)]
    assert second["next"] is None
    assert first["next"] == "test-chain:1.1.-1", "also right once the database went over to another chain"
    assert {(row["chain_id"], row["followed"]) for row in first["transactions"]} == {("test-chain", True)}
    assert (await client.get("/rejected/test-chain:1.1.-1")).json()["height"] == 1
    assert (await client.get("/rejected/else:1.1.-1")).status_code == 404


async def test_the_bytes_come_one_transaction_at_a_time(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    row = (await client.get("/rejected/1.1.-1")).json()
    assert (row["height"], row["tx_index"], row["reason"]) == (1, 1, "not_owner")
    assert base64.b64decode(row["raw"]) == b"\x00\xff"
    assert (row["became"], row["tried_at"], row["new_reason"]) == (None, None, None)
    await connection.execute("DELETE FROM backbeat.rejected_bytes WHERE tx_index = 1")
    await connection.execute("UPDATE backbeat.rejected_transactions SET became = 'applied', tried_by = '9.9'")
    row = (await client.get("/rejected/1.1.-1")).json()
    assert (row["raw"], row["raw_bytes"], row["became"], row["tried_by"]) == (None, None, "applied", "9.9")
    for position, status in (("9.9.-1", 404), ("1.1", 400), (f"{2**63}.0.0", 400), ("1.1.-2", 400), ("+1.1.0", 400)):
        assert (await client.get(f"/rejected/{position}")).status_code == status


async def test_a_page_is_bounded_in_bytes_whatever_was_refused(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    await seed(connection)
    await seed_rejected(connection, 200, detail="\x01" * 30_000)  # six bytes each in JSON
    await connection.execute(
        "UPDATE backbeat.rejected_transactions "
        "SET entity_type = detail, action = detail, signer = detail, field = detail"
    )
    await connection.execute("UPDATE backbeat.rejected_bytes SET raw = convert_to(repeat(chr(1), 30000), 'UTF8')")
    answer = await client.get("/rejected", params={"limit": 200})
    assert len(answer.json()["transactions"]) == 200
    assert len(answer.content) < 1_500_000
    assert {row["raw_bytes"] for row in answer.json()["transactions"]} == {30_000}


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=201", "limit=x", "limit=99999999999999", "limit=%D9%A1", "limit=1&limit=2"),
        *("after=1", "after=1_0.0.0", "after=+1.0.0", "after=%D9%A1.0.0", "after=" + "9" * 1_000 + ".0.0"),
        *("reason=" + "x" * 101, "reason=a%00b", "reason=%00", "reason=%ff", "reason=%c0%80", "reason=%ed%a0%80"),
        *("after=1.0.0%0a", "%00=1", "after=:1.0.0", "after=a%00b:1.0.0"),
    ],
)
async def test_a_parameter_that_cannot_be_is_refused_with_its_cure(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/rejected?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "parameter_invalid"
    assert set(answer.json()) == {"code", "message", "cure"}


async def test_what_does_not_exist_is_a_json_error_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    answer = await client.post("/status")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/live", "/status", "/metrics", "/nothing", "/static/page.css", "/history.json"])
async def test_every_answer_carries_the_security_headers_and_no_cors(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Origin": "https://elsewhere.example"})
    for name, value in SECURITY_HEADERS.items():
        assert answer.headers.get_list(name) == [value]
    assert not [name for name in answer.headers if name.startswith("access-control")]
    kept = "public, max-age=86400" if path.startswith("/static") else "no-store"
    assert answer.headers["cache-control"] == kept


@pytest.mark.parametrize("path", ["/status/", "/static", "/jobs/", "/rejected/"])
async def test_nothing_leads_elsewhere(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in {400, 404}
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/jobs/a%00b/history", "/jobs/%ff/history", "/%c0%af", "/static/%00", "/%0d%0aX:%20y"]
)
async def test_a_path_that_is_no_text_is_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (400, "parameter_invalid")


async def test_an_address_of_any_length_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/rejected?reason=" + "x" * 3_000)
    assert (answer.status_code, answer.json()["code"]) == (414, "address_too_long")


async def test_probes_are_answered_while_lists_wait(
    client: httpx.AsyncClient, lanes: Lanes, connection: Connection
) -> None:
    await seed(connection)
    async with connection.transaction():
        await connection.execute("LOCK TABLE backbeat.rejected_transactions")
        slow = [asyncio.create_task(client.get("/rejected")) for _ in range(lanes.reads.max_size * 3)]
        assert await eventually(lambda: _is_waiting(connection))
        for path in ("/healthz", "/metrics", "/status", "/"):
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/readyz")).json()["checks"]
    answers = await asyncio.gather(*slow)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert 200 in {answer.status_code for answer in answers}


async def test_a_flood_of_lists_takes_nothing_from_the_page_and_the_probes(
    client: httpx.AsyncClient, lanes: Lanes, connection: Connection
) -> None:
    await seed(connection)
    async with connection.transaction():
        await connection.execute("LOCK TABLE backbeat.rejected_transactions")
        flood = [asyncio.create_task(client.get("/rejected")) for _ in range(100)]
        assert await eventually(lambda: _is_waiting(connection, lanes.reads.max_size))
        assert await _sessions(lanes) == {"backbeat/reads": lanes.reads.max_size}
        for path in ("/", "/live", "/status", "/livez", "/healthz", "/metrics", "/history.json", "/jobs"):
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/readyz")).json()["checks"]
        assert (await _sessions(lanes)).keys() == {"backbeat/reads", "backbeat/status"}
        assert (await _sessions(lanes))["backbeat/reads"] == lanes.reads.max_size
    answers = await asyncio.gather(*flood)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 503} <= {"reads_busy"}


async def _sessions(lanes: Lanes) -> dict[str, int]:
    """Return how many sessions each of the two lanes has, as of now: a transaction sees them as it first saw them."""
    async with lanes.control.connection() as connection:
        found = await connection.execute(SESSIONS)
        return dict(await found.fetchall())


SESSIONS = """
    SELECT application_name, count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name IN ('backbeat/reads', 'backbeat/status')
    GROUP BY application_name
"""


async def test_the_database_is_asked_while_status_charts_and_lists_wait(lanes: Lanes, connection: Connection) -> None:
    await seed(connection)
    app = site(lanes, SystemClock())
    transport = httpx.ASGITransport(app=app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://site") as client,
        app.router.lifespan_context(app),
    ):
        async with connection.transaction():
            await connection.execute("LOCK TABLE backbeat.rejected_transactions, backbeat.indexer")
            slow = [asyncio.create_task(client.get(path)) for path in ("/rejected", "/rejected", "/status")]
            assert await eventually(lambda: _is_waiting(connection, 3))
            assert (await client.get("/healthz")).status_code == 200
        await asyncio.gather(*slow)


async def _is_waiting(connection: Connection, at_least: int = 2) -> bool:
    found = await (await connection.execute(WAITING)).fetchone()
    return bool(found and found[0] >= at_least)


WAITING = (
    "SELECT count(*) FROM pg_locks WHERE NOT granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


async def test_livez_asks_the_parts_and_never_the_database(lanes: Lanes) -> None:
    parts = {"index": True, "jobs": True}
    transport = httpx.ASGITransport(app=site(lanes, SystemClock(), alive=lambda: parts))
    await lanes.close()  # there is no database to ask
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/livez")
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "parts": parts})
        parts["jobs"] = False
        answer = await client.get("/livez")
        assert (answer.status_code, answer.json()["ok"]) == (503, False)
        assert (await client.get("/healthz")).status_code == 503
