"""Answers as JSON."""

from typing import Any

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder(decimal_format="number")


def json_answer(body: Any, *, status: int = 200) -> Response:
    """Return ``body`` (structs, dates and bytes included; bytes become base64) as JSON."""
    return Response(_ENCODER.encode(body), status_code=status, media_type="application/json")
