"""To add an endpoint takes its query, its resource and one list: here is one more, as it would be added."""

from types import ModuleType
from typing import Annotated, Any

import httpx
import msgspec
import psycopg
import pytest
from msgspec import Meta
from psycopg import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from backbeat.api import routes
from backbeat.api.answer import json_answer
from backbeat.api.endpoint import Endpoint
from backbeat.api.parameters import Limit
from backbeat.api.state import state_of
from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.db.query import every
from backbeat.reads.page import ROWS_DEFAULT, Page
from backbeat.web.site import site
from builders.indexed import seed, seed_rejected

# reads/heights.py and reads/heights.sql
HEIGHTS = """
SELECT height, count(*) AS transactions
FROM backbeat.rejected_transactions
WHERE height < %(before)s
GROUP BY height
ORDER BY height DESC
LIMIT %(limit)s
"""


class Height(msgspec.Struct, frozen=True):
    height: int
    transactions: int


async def read_heights(connection: AsyncConnection[Any], *, before: int, limit: int) -> list[Height]:
    return await every(connection, Height, HEIGHTS, {"before": before, "limit": limit})


# api/resources/heights.py
class Many(msgspec.Struct, frozen=True, kw_only=True):
    before: Annotated[int, Meta(ge=0)] = 2**63 - 1
    limit: Limit = ROWS_DEFAULT


async def many(request: Request, asked: Many) -> Response:
    async with state_of(request).reads.connection() as connection:
        found = await read_heights(connection, before=asked.before, limit=asked.limit)
    return json_answer(Page.of(found, asked.limit, lambda row: row.height).named("heights"))


heights = ModuleType("heights")
heights.ENDPOINTS = (Endpoint("/rejected/heights", many, Many),)  # type: ignore[attr-defined]  # made here


async def test_an_endpoint_takes_its_query_its_resource_and_one_list(
    lanes: Lanes, connection: psycopg.AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "RESOURCES", (heights, *routes.RESOURCES))
    await seed(connection)
    await seed_rejected(connection, 5)
    transport = httpx.ASGITransport(app=site(lanes, SystemClock()))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        page = (await client.get("/rejected/heights", params={"limit": 1})).json()
        assert page == {"heights": [{"height": 3, "transactions": 1}], "next": "3"}
        rest = (await client.get("/rejected/heights", params={"before": page["next"]})).json()
        assert rest["heights"] == [{"height": 2, "transactions": 2}, {"height": 1, "transactions": 2}]
        refused = await client.get("/rejected/heights", params={"before": "x"})
        assert (refused.status_code, refused.json()["code"]) == (400, "parameter_invalid")
        assert (await client.get("/rejected/1.1.-1")).status_code == 200
