"""How much a payload may say where the network sets no bound: more than any honest one, less than what hurts.

docs/decisions/0018-bounded-transactions.md has the figures. A value is judged before anything is computed from it.
"""

from typing import Any

import msgspec

from backbeat.index.reject import Code, Reject

TEXT_CHARACTERS_MAX = 5_000  # the longest recorded text without a bound of its own has 133
ITEMS_MAX = 1_000  # of a list of texts; there are 249 territories, and no client sends as many keys
DOCUMENT_WEIGHT_MAX = 250_000  # a track of three hours in segments of six seconds: 1,800 of some 120
INDEXED_WEIGHT_MAX = 10_000  # each word of such a document is an entry of an index; the largest recorded has 115
PLAIN_MIN, PLAIN_MAX = 1e-17, 1e17  # numbers beyond them are written out with up to 310 digits
NODE_WEIGHT = 8  # what PostgreSQL takes for a value besides its text
WEIGHT_OF_BYTE_MAX = 80
"""What a byte of JSON weighs at most: ``1e18`` weighs 318. Real documents are so short that nothing more is asked."""


def bounded_text(value: str, key: str) -> str:
    """Return the text; raises Reject for one that is too long."""
    if len(value) > TEXT_CHARACTERS_MAX:
        raise Reject(Code.TEXT_TOO_LONG, key)
    return value


def bounded_list(value: list[Any], key: str) -> list[Any]:
    """Return the list; raises Reject for one of too many items."""
    if len(value) > ITEMS_MAX:
        raise Reject(Code.DOCUMENT_TOO_LARGE, key)
    return value


def bounded_document(value: Any, key: str, weight_max: int = DOCUMENT_WEIGHT_MAX) -> Any:
    """Return a JSON value; raises Reject for one that weighs too much."""
    if len(msgspec.json.encode(value)) * WEIGHT_OF_BYTE_MAX <= weight_max:
        return value
    left = weight_max
    waiting = [value]
    while waiting:
        node = waiting.pop()
        left -= _weight(node)
        if left < 0:
            raise Reject(Code.DOCUMENT_TOO_LARGE, key)
        if isinstance(node, dict):
            waiting += node.keys()
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return value


def _weight(node: Any) -> int:
    """Return what a node takes without what is in it; a number, as many digits as it has when it is written out."""
    if isinstance(node, str):
        return NODE_WEIGHT + len(node)
    if isinstance(node, dict | list):
        return NODE_WEIGHT * (1 + len(node) // NODE_WEIGHT)
    if isinstance(node, bool) or node is None:
        return NODE_WEIGHT
    return NODE_WEIGHT + (node.bit_length() // 3 if isinstance(node, int) else _digits(node))


def _digits(number: float) -> int:
    return 17 if number == 0 or PLAIN_MIN <= abs(number) <= PLAIN_MAX else 310
