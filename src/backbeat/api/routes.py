"""The API: what can be read, by anyone who reaches it, and what an operator can do with the token."""

from collections.abc import Sequence
from types import ModuleType

from starlette.routing import BaseRoute

from backbeat.api.resources import digest, health, jobs, metrics, rejected, replays, status

RESOURCES: Sequence[ModuleType] = (digest, health, jobs, metrics, rejected, replays, status)
"""Each has ``ENDPOINTS``; a new one is added here."""


def routes(*, operable: bool) -> list[BaseRoute]:
    """Return the route of every endpoint; those that need the token exist only where the site is ``operable``."""
    endpoints = [endpoint for resource in RESOURCES for endpoint in resource.ENDPOINTS]
    return [endpoint.route() for endpoint in endpoints if operable or not endpoint.is_operators]
