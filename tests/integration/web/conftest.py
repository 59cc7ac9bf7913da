from collections.abc import AsyncIterator

import httpx
import pytest

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.settings import WebSettings
from backbeat.web.site import site


class Instant(SystemClock):
    """A clock that does not sleep."""

    async def sleep(self, seconds: float) -> None:
        """Return at once."""


TOKEN = "a-long-operator-token"  # noqa: S105 - made up


@pytest.fixture
async def client(lanes: Lanes) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the site; its history is not sampled."""
    app = site(lanes, Instant(), WebSettings(host="", token=TOKEN))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as browser:
        yield browser
