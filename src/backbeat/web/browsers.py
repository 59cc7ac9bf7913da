"""Addresses that are pages to browsers: the same address answers programs with JSON, or with nothing."""

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match, Route
from starlette.types import Scope

from backbeat.api.endpoint import PACKED_BYTES_MIN

PACKED = (Middleware(GZipMiddleware, minimum_size=PACKED_BYTES_MIN),)
HTML = "text/html"


class BrowserRoute(Route):
    """A route that is one only to those who ask for HTML by name; to others the next route of that address answers."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether the request is for this page."""
        wanted = Headers(scope=scope).get("accept", "") if scope["type"] == "http" else ""
        if not any(part.strip().partition(";")[0] == HTML for part in wanted.split(",")):
            return Match.NONE, {}
        return super().matches(scope)
