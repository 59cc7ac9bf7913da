"""What an address of the API is: a path, the struct of its parameters, and the function that answers."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backbeat.api import parameters
from backbeat.api.state import state_of

PACKED_BYTES_MIN = 1_000  # what fits into a packet gains nothing

P = TypeVar("P", bound=msgspec.Struct)


class Endpoint(msgspec.Struct, Generic[P], frozen=True):
    """One address."""

    path: str
    """As Starlette reads it."""
    answer: Callable[[Request, P], Awaitable[Response]]
    """Gets the request and its parameters."""
    parameters: type[P]
    """The struct of them."""
    acts: bool = False
    """It is a POST that needs the operator's token, and does not exist where none is set."""
    costs: bool = False
    """It is a GET of which the same is true: the answer takes the database long, or is the operator's alone."""
    packs: bool = False
    """The answer is long, has no secrets and is compressed for those who take gzip."""

    @property
    def is_operators(self) -> bool:
        """Whether it needs the operator's token."""
        return self.acts or self.costs

    def route(self) -> Route:
        """Return the route that leads here."""
        middleware = [Middleware(GZipMiddleware, minimum_size=PACKED_BYTES_MIN)] if self.packs else []
        return Route(self.path, self._answered, methods=["POST" if self.acts else "GET"], middleware=middleware)

    async def _answered(self, request: Request) -> Response:
        if self.is_operators:
            await state_of(request).require_operator(request)
        return await self.answer(request, parameters.read(request, self.parameters))
