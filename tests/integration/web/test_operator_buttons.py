"""The buttons of the page: there for those who have a token to enter, and nothing without it."""

import re
from pathlib import Path
from typing import Any

import httpx
import psycopg

import backbeat.web
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS
from backbeat.web.site import site
from builders.indexed import seed

Connection = psycopg.AsyncConnection[Any]
JOB = JOBS[0].name
TOKEN = {"Authorization": "Bearer a-long-operator-token"}
SCRIPT = Path(backbeat.web.__file__).parent / "static" / "operator.js"


def buttons(text: str) -> set[str]:
    return set(re.findall(r'hx-post="(jobs/[^"]+)"', text))


async def test_every_job_has_its_buttons(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    for path in ("/", "/live"):
        found = buttons((await client.get(path)).text)
        assert found == {f"jobs/{job.name}/{action}" for job in JOBS if not job.lacks for action in ("run", "pause")}
    text = (await client.get("/")).text
    assert "static/operator.js" in text
    assert re.search(r'<form id="operator"[^>]* hidden>', text), "shown on demand"


async def test_a_button_leads_to_an_action(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    for address in buttons((await client.get("/")).text):
        assert (await client.post(f"/{address}")).status_code == 401
        assert (await client.post(f"/{address}", headers=TOKEN)).status_code == 202


async def test_a_paused_job_is_resumed(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await operate.pause(connection, JOB)
    found = buttons((await client.get("/live")).text)
    assert f"jobs/{JOB}/resume" in found
    assert f"jobs/{JOB}/pause" not in found


async def test_where_no_token_is_set_there_are_no_buttons(lanes: Lanes, connection: Connection) -> None:
    await seed(connection)
    transport = httpx.ASGITransport(app=site(lanes, SystemClock()))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        text = (await client.get("/")).text
    assert buttons(text) == set()
    assert "operator" not in text


async def test_the_token_is_in_no_answer(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    for path in ("/", "/live", "/status", "/metrics", "/static/operator.js"):
        assert "a-long-operator-token" not in (await client.get(path)).text


def test_the_token_stays_in_its_tab_and_goes_with_actions_alone() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert "sessionStorage" in text
    assert "localStorage" not in text
    assert "document.cookie" not in text
    assert re.search(r'verb === "post"\) detail\.headers\.Authorization', text)


async def test_giving_way_is_shown_with_its_reason(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await operate.resume(connection, JOB)
    await connection.execute(
        "UPDATE backbeat.jobs SET deferred_since = now() - interval '90 s', deferred_reason = '7 <b> behind'"
    )
    text = (await client.get("/")).text
    assert "gives way for 1 min: 7 &lt;b&gt; behind" in text
