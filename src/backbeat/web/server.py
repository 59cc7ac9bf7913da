"""The web server inside our own event loop. Why uvicorn: docs/decisions/0007-web-server.md."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import structlog
import uvicorn
from starlette.types import ASGIApp

from backbeat.codes import Part
from backbeat.errors import ConfigError
from backbeat.web.protocol import Bounds, bounded

GRACE_SECONDS = 2  # how long answers under way may take once we close
BACKLOG = 128
PORT_MAX = 65_535

log = structlog.get_logger(__name__)


class WebServer:
    """The service that answers for one ASGI application; signals are left to the program that runs it."""

    name = Part.WEB

    def __init__(self, app: ASGIApp, host: str, port: int, bounds: Bounds | None = None) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._is_serving = False
        self._server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="on",
                ws="none",
                http=bounded(bounds or Bounds()),
                loop="asyncio",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    @property
    def url(self) -> str:
        """Where the page is; with port 0 the port is known once :meth:`bind` has run."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}/"

    def bind(self, port: socket.socket | None = None) -> None:
        """Take the port, or go on with one that :func:`listen` took; raises ConfigError for one that is in use."""
        if self._socket is None:
            self._socket = port or listen(self._host, self._port)
            self._port = self._socket.getsockname()[1]

    async def run(self) -> None:
        """Answer requests until drained or cancelled; the port is free again when this returns."""
        if self._server.should_exit:
            return
        self.bind()
        assert self._socket is not None  # noqa: S101 - bind sets it or raises
        log.info("web_started", url=self.url)
        self._is_serving = True
        serving = asyncio.ensure_future(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.shield(serving)
        finally:
            self._server.should_exit = True
            await serving
            log.info("web_stopped", url=self.url)

    def drain(self) -> None:
        """Stop accepting, and let answers under way finish for two seconds."""
        self._server.should_exit = True
        if not self._is_serving and self._socket is not None:
            self._socket.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the program's own handlers stay in place


def listen(host: str, port: int) -> socket.socket:
    """Take a port, so that a busy one is known before anything else starts; raises ConfigError."""
    if not 0 <= port <= PORT_MAX:
        raise _unusable(host, port, f"ports end at {PORT_MAX}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = "the port is in use" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
        raise _unusable(host, port, why) from error


def _unusable(host: str, port: int, why: str) -> ConfigError:
    return ConfigError(
        "web_address_unusable",
        f"The status page cannot listen on {host} port {port}: {why}.",
        cure="Stop what uses the port, or choose another with web.port (0: any free one) and web.host.",
    )
