"""The page of one job, and actions from it."""

from collections import Counter
from typing import Any

import httpx
import psycopg

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.jobs.catalog import JOBS, catalog
from backbeat.jobs.runner import Runner
from backbeat.jobs.store import register
from backbeat.settings import JobsSettings, Settings, WebSettings
from backbeat.web.site import site
from builders.indexed import seed

Connection = psycopg.AsyncConnection[Any]
BROWSER = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
TOKEN = {"Authorization": "Bearer a-long-operator-token"}
JOB = "hourly_play_counts"
RUN = """
    INSERT INTO backbeat.job_runs (
        name, slot, run, ticks, started_at, finished_at, seconds, outcome, keys, rows_read, inserted, updated, deleted,
        moved, error, cure
    )
    VALUES (
        %(job)s, %(run)s, %(run)s, 1,
        now() - make_interval(secs => %(ago)s), now() - make_interval(secs => %(ago)s - 1),
        %(seconds)s, %(outcome)s, 1, 2, 3, 0, 0, %(moved)s, %(error)s, %(cure)s
    )
"""


async def ran(connection: Connection, run: int, **changes: Any) -> None:
    values = {"job": JOB, "run": run, "ago": 600 - run * 30, "seconds": 0.1, "outcome": "changed"}
    values |= {"moved": '{"plays": [3, 9]}', "error": "", "cure": ""}
    await connection.execute(RUN, values | changes)


async def page(client: httpx.AsyncClient, name: str = JOB) -> httpx.Response:
    return await client.get(f"/jobs/{name}", headers=BROWSER)


async def test_a_job_that_never_ran_has_a_page(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    answer = await page(client)
    assert answer.status_code == 200
    assert f"<h1>{JOB}</h1>" in answer.text
    assert "It has not run yet." in answer.text
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


async def test_programs_get_the_same_job_as_json(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    answer = await client.get(f"/jobs/{JOB}")
    assert answer.json()["name"] == JOB
    assert (await client.get("/jobs/nothing")).json()["code"] == "job_unknown"


async def test_its_runs_errors_with_cures_and_positions_are_shown(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    await seed(connection)
    await register(connection, JOBS)
    for run in range(1, 6):
        await ran(connection, run)
    await ran(connection, 6, outcome="failed", moved="{}", error="no <room>", cure="Make `room`.")
    text = (await page(client)).text
    assert "no &lt;room&gt;" in text
    assert "Make <code>room</code>." in text
    assert '<td class="name">plays</td><td class="number">9</td>' in text
    assert "How long runs took, of 6 runs: half up to 100 ms, at most 100 ms; 1 failed" in text
    assert 'class="bars failed"' in text


async def test_it_says_whom_a_job_waits_for(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await register(connection, JOBS)
    groups = Counter(each.group for each in JOBS)
    [[group, _]] = groups.most_common(1)
    job, other, *_ = [each for each in JOBS if each.group == group]
    await connection.execute(
        "UPDATE backbeat.jobs SET holder = gen_random_uuid(), lease_until = clock_timestamp() + interval '20 s' "
        "WHERE name = %s",
        [other.name],
    )
    assert f"{other.name} runs, and jobs of the group {job.group} take turns." in (await page(client, job.name)).text


async def test_an_unknown_job_has_a_page_that_says_so(client: httpx.AsyncClient) -> None:
    answer = await page(client, "%3Cscript%3E")
    assert answer.status_code == 404
    assert "There is no job &#39;&lt;script&gt;&#39;." in answer.text


async def test_a_job_is_audited_from_its_page(client: httpx.AsyncClient, connection: Connection, lanes: Lanes) -> None:
    await seed(connection)
    await Runner(lanes, catalog(Settings()), JobsSettings(), SystemClock()).run_until_idle()
    assert f'hx-post="../jobs/{JOB}/audit"' in (await page(client)).text
    answer = await client.post(f"/jobs/{JOB}/audit", headers=TOKEN)
    assert answer.status_code == 200
    assert answer.json()["said"].startswith(f"{JOB}: nothing was compared")
    assert (await client.post(f"/jobs/{JOB}/audit")).status_code == 401


async def test_one_audit_is_made_at_a_time(lanes: Lanes) -> None:
    app = site(lanes, SystemClock(), WebSettings(host="", token=TOKEN["Authorization"].split()[1]))
    transport = httpx.ASGITransport(app=app)
    async with app.state.parts.digesting, httpx.AsyncClient(transport=transport, base_url="http://site") as browser:
        answer = await browser.post(f"/jobs/{JOB}/audit", headers=TOKEN)
    assert (answer.status_code, answer.json()["code"]) == (503, "audit_busy")


async def test_asked_is_not_done(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    answer = await client.post(f"/jobs/{JOB}/run", headers=TOKEN)
    assert answer.json()["said"] == f"{JOB} is asked to run; a worker takes it up."


async def test_a_token_is_checked_when_it_is_entered(client: httpx.AsyncClient) -> None:
    assert (await client.get("/operator", headers=TOKEN)).status_code == 200
    assert (await client.get("/operator", headers={"Authorization": "Bearer wrong"})).status_code == 401
