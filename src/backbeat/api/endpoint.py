"""What an address of the API is: a path, the struct of its parameters, and the function that answers."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from backbeat.api import parameters
from backbeat.api.state import state_of

P = TypeVar("P", bound=msgspec.Struct)


class Endpoint(msgspec.Struct, Generic[P], frozen=True):
    """One address. ``answer`` gets the request and its parameters.

    ``acts``: it is a POST that needs the operator's token, and does not exist where none is set. ``costs``: it is a GET
    of which the same is true, because the answer takes the database long.
    """

    path: str
    answer: Callable[[Request, P], Awaitable[Response]]
    parameters: type[P]
    acts: bool = False
    costs: bool = False

    @property
    def is_operators(self) -> bool:
        """Whether it needs the operator's token."""
        return self.acts or self.costs

    def route(self) -> Route:
        """Return the route that leads here."""
        return Route(self.path, self._answered, methods=["POST" if self.acts else "GET"])

    async def _answered(self, request: Request) -> Response:
        if self.is_operators:
            await state_of(request).require_operator(request)
        return await self.answer(request, parameters.read(request, self.parameters))
