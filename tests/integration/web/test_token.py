import asyncio
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.errors import ConfigError
from backbeat.jobs.catalog import JOBS
from backbeat.settings import WebSettings
from backbeat.web.site import site
from builders.waiting import eventually

TOKEN = "a-long-operator-token"  # noqa: S105 - made up
ADDRESS = f"/jobs/{JOBS[0].name}/pause"


class Held(SystemClock):
    """A clock on which those who sleep wait to be woken."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.woken = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until woken."""
        self.asked.append(seconds)
        await self.woken.wait()


@pytest.mark.parametrize(
    "token", ["hunter2", "fifteen-letters", "sixteen letters!", "sixteen-letters\n", "sixteen-lettérs!"]
)
async def test_a_token_that_is_weak_or_cannot_be_sent_is_refused(lanes: Lanes, token: str) -> None:
    with pytest.raises(ConfigError) as refused:
        site(lanes, SystemClock(), WebSettings(host="", token=token))
    assert refused.value.code == "web_token_weak"
    assert token not in refused.value.message + refused.value.cure


async def test_wrong_tokens_wait_are_bounded_and_logged_and_the_right_one_goes_through(lanes: Lanes) -> None:
    clock = Held()
    transport = httpx.ASGITransport(site(lanes, clock, WebSettings(host="", token=TOKEN)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

        async def tried(token: str) -> httpx.Response:
            return await client.post(ADDRESS, headers={"Authorization": f"Bearer {token}"})

        with capture_logs() as logged:
            wrong = [asyncio.create_task(tried(f"wrong-{at}")) for at in range(8)]

            async def all_wait() -> bool:
                return len(clock.asked) == 8

            assert await eventually(all_wait)
            turned_away = await tried("wrong-9")
            assert (await tried(TOKEN)).status_code == 202
            clock.woken.set()
            answers = await asyncio.gather(*wrong)
    assert clock.asked == [1.0] * 8
    assert (turned_away.status_code, turned_away.json()["code"]) == (429, "token_tries")
    assert turned_away.headers["retry-after"] == "2"
    assert {answer.status_code for answer in answers} == {401}
    refused: list[Any] = [line for line in logged if line["event"] == "operator_refused"]
    assert len(refused) == 8
    assert {(line["path"], line["client"], line["log_level"]) for line in refused} == {
        (ADDRESS, "127.0.0.1", "warning")
    }
    assert "wrong" not in str(logged)


async def test_without_any_token_the_answer_comes_at_once(lanes: Lanes) -> None:
    clock = Held()
    transport = httpx.ASGITransport(site(lanes, clock, WebSettings(host="", token=TOKEN)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.post(ADDRESS)).status_code == 401
    assert clock.asked == []


async def test_tokens_are_compared_in_constant_time(lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(given: bytes, known: bytes) -> bool:
        compared.append((given, known))
        return given == known

    monkeypatch.setattr("backbeat.api.operator.hmac.compare_digest", compare)
    transport = httpx.ASGITransport(site(lanes, SystemClock(), WebSettings(host="", token=TOKEN)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.post(ADDRESS, headers={"Authorization": f"Bearer {TOKEN}"})
    assert compared == [(TOKEN.encode(), TOKEN.encode())]
