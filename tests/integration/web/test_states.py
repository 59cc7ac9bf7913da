"""Every state that people meet is told on the first page, as HTML alone; and what it costs to show."""

from typing import Any

import httpx
import psycopg

from builders.states import STATES
from builders.waiting import eventually


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
