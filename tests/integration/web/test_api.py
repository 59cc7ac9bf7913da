import base64
from typing import Any

import httpx
import psycopg
import pytest

from backbeat.api.headers import SECURITY_HEADERS
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.web.site import site
from builders.indexed import seed, seed_counts, seed_rejected

Connection = psycopg.AsyncConnection[Any]


async def test_the_status_is_one_json_tree(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_counts(connection)
    status = (await client.get("/status")).json()
    assert status["headline"] == "At the tip: block 1,234, 0 behind"
    assert status["indexer"]["lag_blocks"] == 0
    assert {"reason": "duplicate", "count": 1_530} in status["rejected"]


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


async def test_rejected_transactions_are_paged_with_their_raw_bytes(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    first = (await client.get("/rejected", params={"limit": 2})).json()
    assert [(row["height"], row["tx_index"]) for row in first["transactions"]] == [(2, 0), (1, 1)]
    assert base64.b64decode(first["transactions"][0]["raw"]) == b"\x00\xff"
    second = (await client.get("/rejected", params={"limit": 2, "after": first["next"]})).json()
    assert [(row["height"], row["tx_index"]) for row in second["transactions"]] == [(1, 0)]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=99999999999999", "limit=%D9%A1", "after=1", "reason=" + "x" * 101],
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
        assert answer.headers[name] == value
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert ("max-age" in answer.headers["cache-control"]) is path.startswith("/static")


async def test_livez_asks_the_parts_and_never_the_database(lanes: Lanes) -> None:
    parts = {"index": True, "jobs": True}
    transport = httpx.ASGITransport(app=site(lanes.reads, SystemClock(), alive=lambda: parts))
    await lanes.close()  # there is no database to ask
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/livez")
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "parts": parts})
        parts["jobs"] = False
        answer = await client.get("/livez")
        assert (answer.status_code, answer.json()["ok"]) == (503, False)
        assert (await client.get("/healthz")).status_code == 503
