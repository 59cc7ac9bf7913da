"""Who may act: whoever knows the token."""

import hmac

from starlette.requests import Request

from backbeat.api.failures import RequestError


def require_token(request: Request, token: str) -> None:
    """Raise RequestError unless the request carries the token; compared in constant time."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    is_known = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not token or not is_known:
        raise RequestError(
            401,
            "token_required",
            "This action needs the operator's token.",
            cure="Send `Authorization: Bearer TOKEN` with the token of the setting web.token.",
        )
