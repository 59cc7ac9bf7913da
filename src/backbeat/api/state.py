"""What answers are made from: the same for every request of a site."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec
from starlette.requests import Request

from backbeat.api.operator import Operator
from backbeat.api.public_reads import PublicReads
from backbeat.db.pool import Pool
from backbeat.observe.metrics import Labels
from backbeat.observe.reader import StatusReader
from backbeat.settings import JobsSettings

Alive = Callable[[], Mapping[str, bool]]
"""Says of each part of this process whether it runs."""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of one site."""

    status: StatusReader
    """The status of Backbeat and the history of the charts."""
    reads: PublicReads
    """Connections for what anyone may ask."""
    control: Pool
    """The lane on which an operator's actions are passed on."""
    operator: Operator | None
    """Knows the token; None where none is set, and then there are no actions."""
    jobs: JobsSettings | None
    """The runner's settings, for intervals and pauses."""
    labels: Labels
    """What counters of the metrics have from the start."""
    alive: Alive
    """Says of each part of this process whether it runs."""
    digesting: asyncio.Lock
    """Held by the one answer that reads whole tables."""

    async def require_operator(self, request: Request) -> None:
        """Raise RequestError unless the request carries the operator's token."""
        assert self.operator is not None  # noqa: S101 - without one there is no address that acts
        await self.operator.require(request)


def state_of(request: Request) -> State:
    """Return what the site of a request is made from."""
    state: State = request.app.state.parts
    return state
