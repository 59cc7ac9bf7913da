"""The payload of an entity transaction: from hostile text to a dict that PostgreSQL can hold, and typed access to it.

Domain: chain and entities, 4.2. After :func:`parse` every string is free of what text columns refuse, every number is
finite and the nesting is shallow, so no handler has to look again.
"""

import json
import re
from typing import Any, NoReturn, TypeAlias

import msgspec

from backbeat.index.reject import Code, Reject

Payload: TypeAlias = dict[str, Any]

CHARACTERS_MAX = 307_200  # no larger transaction enters the chain (domain 1.7)
DEPTH_MAX = 64  # real payloads nest five deep; the server's JSON parser and ours are recursive
INT4_MAX = 2**31 - 1
INT8_MAX = 2**63 - 1

SHORT = 10_000  # characters; real payloads have up to 5,800
EXPONENTS = re.compile("[0-9][eE][+-]?[0-9]")
EXPONENTS_MAX = 100  # the fast parser takes 17 us for a number like 1e308, and holds the interpreter lock meanwhile

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse(metadata: str) -> Payload | None:
    """Return the payload, None without one; never raises.

    Whatever is not a JSON object of reasonable size and depth is no metadata. ``{"data": {...}}`` is unwrapped.
    """
    decoded = _decode(metadata)
    if not isinstance(decoded, dict):
        return None
    if "\\u" in metadata:  # only an escape can spell what cannot be stored
        decoded = _storable(decoded)
    data = decoded.get("data")
    return data if isinstance(data, dict) else decoded


def present(payload: Payload, key: str) -> bool:
    """Tell whether the key was sent, even with null."""
    return key in payload


def text(payload: Payload, key: str) -> str:
    """Return a string, "" for any other value or none."""
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def boolean(payload: Payload, key: str) -> bool | None:
    """Return true or false, None for any other value or none."""
    value = payload.get(key)
    return value if isinstance(value, bool) else None


def integer(value: Any) -> int | None:
    """Return a JSON number truncated toward zero, None for any other value."""
    return int(value) if is_number(value) else None


def is_number(value: Any) -> bool:
    """Tell whether the value is a JSON number (a bool is none, though Python thinks so)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def int4(value: int, field: str) -> int:
    """Return the value if an integer column holds it; raises Reject."""
    if not -INT4_MAX <= value <= INT4_MAX:
        raise Reject(Code.VALUE_OUT_OF_RANGE, field)
    return value


def int8(value: int, field: str) -> int:
    """Return the value if a bigint column holds it; raises Reject."""
    if not -INT8_MAX <= value <= INT8_MAX:
        raise Reject(Code.VALUE_OUT_OF_RANGE, field)
    return value


def record_id(value: int, field: str) -> int:
    """Return the value if it can be the id of a row; raises Reject (domain 4.3)."""
    if not 0 <= value <= INT4_MAX:
        raise Reject(Code.ID_OUT_OF_RANGE, field)
    return value


def _decode(metadata: str) -> Any:
    if not metadata or len(metadata) > CHARACTERS_MAX or _is_deep(metadata):
        return None
    if len(metadata) > SHORT and len(EXPONENTS.findall(metadata)) > EXPONENTS_MAX:
        return _decode_slowly(metadata)
    try:
        return msgspec.json.decode(metadata)
    except (msgspec.DecodeError, UnicodeEncodeError):
        # an unpaired surrogate is the one thing that the fast parser refuses and the rules do not
        return _decode_slowly(metadata) if "\\ud" in metadata.lower() else None


def _decode_slowly(metadata: str) -> Any:
    try:
        return json.loads(metadata, parse_constant=_refuse, parse_float=_finite)
    except ValueError:  # not JSON, or a number with more digits than a column holds
        return None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return number


def _is_deep(metadata: str) -> bool:
    """Tell whether brackets nest deeper than allowed; those inside strings are not told apart unless it matters."""
    if metadata.count("{") + metadata.count("[") <= DEPTH_MAX:
        return False
    depth = 0
    for token in TOKENS.finditer(metadata):
        depth += STEPS.get(token.group(), 0)
        if depth > DEPTH_MAX:
            return True
    return False


TOKENS = re.compile(r'"(?:[^"\\]++|\\.?)*+"?|[{}\[\]]', re.DOTALL)  # strings, whole, to step over; and brackets
STEPS = {"{": 1, "[": 1, "}": -1, "]": -1}


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
