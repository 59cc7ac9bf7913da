"""A real Prometheus scrapes the page, with the rules that are shipped: labels are ours, an alert fires and clears."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from processes import free_port
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backbeat.observe import metrics
from backbeat.observe.tree import Status
from backbeat.web.server import WebServer
from builders.statuses import job, status
from builders.waiting import eventually

ALERTS = Path(__file__).parents[3] / "docs" / "reference" / "alerts.yml"
PROMETHEUS = shutil.which("prometheus")
CONFIG = """
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
scrape_configs:
  - job_name: backbeat
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROMETHEUS is None, reason="the package prometheus is not installed"),
]


class Seen:
    """The state that the scraped server tells of."""

    def __init__(self, seen: Status) -> None:
        self.status = seen

    async def answer(self, _: Request) -> Response:
        """Tell it."""
        return Response(metrics.render(self.status), media_type=metrics.CONTENT_TYPE)


@asynccontextmanager
async def served(seen: Seen) -> AsyncIterator[int]:
    """Serve ``seen`` and yield the port."""
    server = WebServer(Starlette(routes=[Route("/metrics", seen.answer)]), "127.0.0.1", 0)
    server.bind()
    task = asyncio.create_task(server.run())
    try:
        yield httpx.URL(server.url).port or 0
    finally:
        server.drain()
        await task


@asynccontextmanager
async def prometheus(folder: Path, port: int) -> AsyncIterator[httpx.AsyncClient]:
    """Run Prometheus over the server at ``port`` and yield a client of its API."""
    config = folder / "prometheus.yml"
    config.write_text(CONFIG.format(rules=ALERTS, port=port))
    own = free_port()
    options = (f"--config.file={config}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{own}")
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(str(PROMETHEUS), *options, stdout=log, stderr=log)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{own}/api/v1/") as client:
            yield client
    finally:
        process.terminate()
        await process.wait()


async def test_an_alert_on_a_job_names_the_job_and_clears_when_it_succeeds(tmp_path: Path) -> None:
    seen = Seen(status(jobs=(job("trending.tracks", failures=5), job("scores.score"))))
    async with served(seen) as port, prometheus(tmp_path, port) as client:

        async def firing() -> list[Any]:
            try:
                answer = await client.get("alerts")
            except httpx.TransportError:
                return []  # it is still starting
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                return []  # likewise
            alerts = answer.json()["data"]["alerts"]
            return [one for one in alerts if one["labels"]["alertname"] == "BackbeatJobFailing"]

        async def fires() -> bool:
            return bool(await firing())

        async def is_clear() -> bool:
            return not await firing()

        assert await eventually(fires)
        (alert,) = await firing()
        assert alert["labels"]["job_name"] == "trending.tracks"
        assert alert["labels"]["job"] == "backbeat"
        assert "backbeat jobs history trending.tracks" in alert["annotations"]["summary"]
        names = (await client.get("labels")).json()["data"]
        assert not [name for name in names if name.startswith("exported_")]
        seen.status = status(jobs=(job("trending.tracks"), job("scores.score")))
        assert await eventually(is_clear)
