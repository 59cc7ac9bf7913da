"""Errors raised on purpose, as the API answers them: the headers a client acts on."""

import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
import psycopg
import pytest
from starlette.requests import Request

from backbeat.api.failures import RequestError, on_error
from backbeat.api.public_reads import PublicReads
from backbeat.db.pool import Lanes
from backbeat.errors import BackbeatError, DatabaseError, JobError
from backbeat.observe.tree import Check
from backbeat.web.view import PROBLEMS_MAX, _shortened
from builders.indexed import seed, seed_rejected

REQUEST = Request({"type": "http", "method": "GET", "path": "/", "headers": []})


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (DatabaseError("a_code", "A sentence.", cure="A cure."), 503, {"retry-after": "2"}),
        (RequestError(401, "a_code", "A sentence.", cure="A cure."), 401, {"www-authenticate": "Bearer"}),
        (RequestError(429, "a_code", "A sentence.", cure="A cure."), 429, {"retry-after": "2"}),
        (RequestError(400, "a_code", "A sentence.", cure="A cure."), 400, {}),
        (JobError("a_code", "A sentence.", cure="A cure."), 409, {}),
        (JobError("job_unknown", "A sentence.", cure="A cure."), 404, {}),
    ],
)
async def test_each_kind_has_its_status_and_headers(error: BackbeatError, status: int, headers: dict[str, str]) -> None:
    answer = await on_error(REQUEST, error)
    told = {name: value for name, value in answer.headers.items() if name in {"retry-after", "www-authenticate"}}
    assert (answer.status_code, told) == (status, headers)
    assert json.loads(bytes(answer.body)) == {"code": error.code, "message": "A sentence.", "cure": "A cure."}


@pytest.mark.parametrize("surplus", [-1, 0, 1, 5])
def test_as_many_problems_as_fit_are_shown_and_the_rest_is_counted(surplus: int) -> None:
    failing = [Check(f"job {number}", ok=False, detail="", cure="") for number in range(PROBLEMS_MAX + surplus)]
    shown = _shortened(failing)
    if surplus <= 0:
        assert shown == failing
    else:
        assert shown[:-1] == failing[: PROBLEMS_MAX - 1]
        assert shown[-1].detail == f"{surplus + 1} further checks fail."
        assert len(shown) == PROBLEMS_MAX


async def test_refused_transactions_are_chosen_by_reason(
    client: httpx.AsyncClient, connection: psycopg.AsyncConnection[Any]
) -> None:
    await seed(connection)
    await seed_rejected(connection, 2, reason="r" * 100)
    for reason, found in (("r" * 100, 2), ("duplicate", 0)):
        answer = await client.get("/rejected", params={"reason": reason})
        assert (answer.status_code, len(answer.json()["transactions"])) == (200, found)


async def test_a_list_too_many_is_turned_away_and_the_next_is_not(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = PublicReads(lanes.reads)
    monkeypatch.setattr("backbeat.api.public_reads.TURN_SECONDS_MAX", 0.05)
    async with AsyncExitStack() as lists:
        for _ in range(lanes.reads.max_size):
            await lists.enter_async_context(reads._turns)  # as a list holds it, without a connection
        with pytest.raises(DatabaseError) as refused:
            async with reads.connection():
                pass
        assert refused.value.code == "reads_busy"
    monkeypatch.undo()
    async with reads.connection() as conn:
        await conn.execute("SELECT 1")
