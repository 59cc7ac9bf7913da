"""Who may act: those who know the token."""

import hmac

import structlog
from starlette.requests import Request

from backbeat.api.failures import RequestError
from backbeat.clock import Clock
from backbeat.errors import ConfigError

TOKEN_CHARACTERS_MIN = 16  # of 4 bits each: at the eight tries a second below, guessing takes 10^10 years
REFUSED_SECONDS = 1.0  # so long a wrong token waits for its answer
PATH_CHARACTERS_MAX = 200  # of a path in the log
REFUSED_AT_ONCE_MAX = 8  # waiting so; further wrong tries are turned away, the right one never is

log = structlog.get_logger(__name__)


def check_token(token: str) -> None:
    """Raise ConfigError for a token that is too short or that no header can carry; an empty one means none."""
    if token and (len(token) < TOKEN_CHARACTERS_MIN or not all("!" <= character <= "~" for character in token)):
        raise ConfigError(
            "web_token_weak",
            f"The setting web.token is shorter than {TOKEN_CHARACTERS_MIN} characters, or not of ASCII without spaces.",
            cure="Make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`, or leave it empty.",
        )


class Operator:
    """Knows the token; raises ConfigError for one that could be guessed."""

    def __init__(self, token: str, clock: Clock) -> None:
        check_token(token)
        self._token = token.encode()
        self._clock = clock
        self._refusing = 0

    async def require(self, request: Request) -> None:
        """Raise RequestError unless the request carries the token: compared in constant time, refused slowly."""
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        is_known = hmac.compare_digest(given.strip().encode(), self._token)
        if is_known and scheme.lower() == "bearer":
            return
        if given:
            await self._refuse_slowly(request)
        raise RequestError(
            401,
            "token_required",
            "This action needs the operator's token.",
            cure="Send `Authorization: Bearer TOKEN` with the token of the setting web.token.",
        )

    async def _refuse_slowly(self, request: Request) -> None:
        if self._refusing >= REFUSED_AT_ONCE_MAX:
            raise RequestError(
                429, "token_tries", "Too many requests with a wrong token are waiting.", cure="Ask again later."
            )
        client = request.client.host if request.client else ""
        log.warning("operator_refused", path=request.url.path[:PATH_CHARACTERS_MAX], client=client)
        self._refusing += 1
        try:
            await self._clock.sleep(REFUSED_SECONDS)
        finally:
            self._refusing -= 1
