"""Every state that people meet is told on the first page, as HTML alone; and what it costs to show."""

from typing import Any

import httpx
import psycopg
import pytest

from backbeat.observe.reader import StatusReader
from builders.states import JOB_PAGE, STATES
from builders.waiting import eventually

BYTES_MAX = 100_000
STATEMENTS_MAX = 30
PAGES = (
    "",
    "?jobs=all",
    JOB_PAGE,
    "rejected",
    "rejected/test-chain:1.1.-1",
    "explain/reward?user=1&challenge=p",
    "explain/score?kind=track&id=5",
    "explain/count?kind=user&id=5",
)


def _of(client: httpx.AsyncClient) -> StatusReader:
    transport: Any = client._transport
    reader: StatusReader = transport.app.state.parts.status
    return reader


async def test_each_state_is_told_on_the_first_page(
    client: httpx.AsyncClient, connection: psycopg.AsyncConnection[Any]
) -> None:
    for state in STATES:
        await state.bring_about(connection)

        async def is_told(words: str = state.says) -> bool:
            return words in (await client.get("/")).text

        assert await eventually(is_told, tries_max=100), (state.name, (await client.get("/")).text)
        for path in state.paths:
            answer = await client.get(f"/{path}", headers={"Accept": "text/html"})
            assert answer.status_code == 200, (state.name, path)


async def test_what_a_page_costs_is_counted(
    client: httpx.AsyncClient, connection: psycopg.AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of all states together: bytes as they are before they are compressed, and statements while it is shown."""
    counted: list[object] = []
    execute = psycopg.AsyncCursor.execute

    async def counting(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        counted.append(query)
        return await execute(cursor, query, *arguments, **options)

    for state in STATES:
        await state.bring_about(connection)
    monkeypatch.setattr(psycopg.AsyncCursor, "execute", counting)
    costs = {}
    for path in PAGES:
        _of(client)._read_at = float("-inf")  # a status is shown for a second
        counted.clear()
        answer = await client.get(f"/{path}", headers={"Accept": "text/html"})
        costs[path] = (len(answer.content), len(counted))
    dear = {path: cost for path, cost in costs.items() if cost[0] > BYTES_MAX or cost[1] > STATEMENTS_MAX}
    assert dear == {}, costs
    assert all(statements for _, statements in costs.values()), "none was counted"
