from typing import Any

import httpx
import psycopg
import pytest

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS
from backbeat.web.site import site

Connection = psycopg.AsyncConnection[Any]
JOB = JOBS[0].name
TOKEN = {"Authorization": "Bearer a-long-operator-token"}


async def test_every_job_is_listed(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/jobs")).json()
    assert {job["name"] for job in listed} == {job.name for job in JOBS}
    assert {job["state"] for job in listed if not job["off_reason"]} == {"waiting"}
    assert {job["name"] for job in listed if job["off_reason"]} == {job.name for job in JOBS if job.lacks}


async def test_an_operator_pauses_and_resumes(client: httpx.AsyncClient, connection: Connection) -> None:
    assert (await client.post(f"/jobs/{JOB}/pause", headers=TOKEN)).status_code == 202
    assert (await operate.show(connection, JOB)).state == "paused"
    assert (await client.post(f"/jobs/{JOB}/resume", headers=TOKEN)).status_code == 202
    assert (await operate.show(connection, JOB)).state == "waiting"


async def test_an_operator_asks_for_a_run(client: httpx.AsyncClient, connection: Connection) -> None:
    assert (await client.post(f"/jobs/{JOB}/run", headers=TOKEN)).status_code == 202
    asked = await (await connection.execute("SELECT name FROM backbeat.jobs WHERE run_requested")).fetchall()
    assert asked == [(JOB,)]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "a-long-operator-token"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic a-long-operator-token"},
        {"Authorization": "Bearer a-long-operator-tokenx"},
        {"Authorization": "Bearer \u00e9"},
    ],
)
async def test_without_the_token_nothing_is_done(
    client: httpx.AsyncClient, connection: Connection, headers: dict[str, str]
) -> None:
    sent = {name.encode(): value.encode() for name, value in headers.items()}
    answer = await client.post(f"/jobs/{JOB}/pause", headers=sent)
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_required"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (await operate.show(connection, JOB)).state == "waiting"


@pytest.mark.parametrize("action", ["pause", "resume", "run"])
async def test_where_no_token_is_set_there_are_no_actions(lanes: Lanes, action: str) -> None:
    transport = httpx.ASGITransport(app=site(lanes, SystemClock()))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        answer = await client.post(f"/jobs/{JOB}/{action}", headers={"Authorization": "Bearer "})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_actions_are_posts(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/jobs/{JOB}/pause", headers=TOKEN)).status_code == 405


async def test_a_job_that_does_not_exist(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get("/jobs/%3Cscript%3E/history"),
        await client.post("/jobs/nothing/pause", headers=TOKEN),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "job_unknown")
        assert "`backbeat jobs list` lists the jobs." in answer.json()["cure"]


async def test_the_history_of_a_job_that_never_ran(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"/jobs/{JOB}/history")).json() == []
