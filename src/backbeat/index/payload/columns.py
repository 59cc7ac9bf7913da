"""How a value in a payload becomes a value in a column: a small vocabulary, and the one loop that speaks it.

A reader takes the value that was sent under a key and returns what to store, or KEEP where the rules say that such a
value changes nothing (on Create: the column's default stands). A key that was not sent never reaches its reader.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from backbeat.index.payload.bounds import INDEXED_WEIGHT_MAX, bounded_document, bounded_list, bounded_text
from backbeat.index.payload.metadata import Payload, int4, is_number
from backbeat.index.reject import Code, Reject

KEEP: Final = object()

Reader: TypeAlias = Callable[[Any, str], Any]
Columns: TypeAlias = Mapping[str, Reader]


def read_columns(payload: Payload, columns: Columns) -> dict[str, Any]:
    """Return the columns that the payload sets, with their values; raises Reject for a value that no column holds."""
    changes = {}
    for key, value in payload.items():
        read = columns.get(key)
        if read is not None and (stored := read(value, key)) is not KEEP:
            changes[key] = stored
    return changes


def each(keys: str, reader: Reader) -> Columns:
    """Return columns, named in one string, that are all read alike."""
    return dict.fromkeys(keys.split(), reader)


def sticky(value: Any, key: str) -> Any:
    """Text that, once set, can be replaced and not cleared."""
    return bounded_text(value, key) if isinstance(value, str) and value else KEEP


def clearable(value: Any, key: str) -> Any:
    """Text that null or "" clears."""
    if isinstance(value, str):
        return bounded_text(value, key) or None
    return None if value is None else KEEP


def erasable(value: Any, key: str) -> Any:
    """Text that null clears and "" keeps."""
    return None if value is None else sticky(value, key)


def flag(value: Any, _key: str) -> Any:
    """Read a truth value; nothing else counts."""
    return value if isinstance(value, bool) else KEEP


def count(value: Any, key: str) -> Any:
    """Read a whole number that cannot be cleared."""
    return int4(int(value), key) if is_number(value) else KEEP


def positive(value: Any, key: str) -> Any:
    """Read a whole number above 0 that cannot be cleared."""
    return int4(int(value), key) if is_number(value) and int(value) > 0 else KEEP


def reference(value: Any, _key: str) -> Any:
    """Read an id that its handler looks up, so that none is stored which no row has; null or 0 clears it."""
    if is_number(value):
        return int(value) or None
    return None if value is None else KEEP


def real(value: Any, key: str) -> Any:
    """Read a number, which null clears."""
    if is_number(value):
        return _float(value, key)
    return None if value is None else KEEP


def real_not_zero(value: Any, key: str) -> Any:
    """Read a number other than 0, which null clears."""
    return real(value, key) if value != 0 else KEEP


def document(value: Any, key: str) -> Any:
    """Read an object with something in it; whatever else is sent clears the column."""
    return bounded_document(value, key) if isinstance(value, dict) and value else None


def indexed_document(value: Any, key: str) -> Any:
    """Read an object as :func:`document` does, for a column of which every word is indexed."""
    return bounded_document(value, key, INDEXED_WEIGHT_MAX) if isinstance(value, dict) and value else None


def document_or_list(value: Any, key: str) -> Any:
    """Read an object or list with something in it; whatever else is sent clears the column."""
    return bounded_document(value, key) if isinstance(value, dict | list) and value else None


def sticky_document(value: Any, key: str) -> Any:
    """Read an object with something in it that can be replaced and not cleared."""
    return bounded_document(value, key) if isinstance(value, dict) and value else KEEP


def sticky_json(value: Any, key: str) -> Any:
    """Read any JSON value that can be replaced and not cleared."""
    return KEEP if value is None else bounded_document(value, key)


def sticky_list(value: Any, key: str) -> Any:
    """Read a list that can be replaced and not cleared."""
    return bounded_document(value, key) if isinstance(value, list) else KEEP


def list_of_documents(value: Any, key: str) -> Any:
    """Read a list of objects, which null clears."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return bounded_document(value, key)
    return None if value is None else KEEP


def texts(shape: Callable[[str], str]) -> Reader:
    """Return a reader of lists of text, each put into shape, which null clears; what is no text is dropped."""

    def read(value: Any, key: str) -> Any:
        if isinstance(value, list):
            said = (item for item in bounded_list(value, key) if isinstance(item, str))
            return tuple(shape(bounded_text(item, key)) for item in said)
        return None if value is None else KEEP

    return read


def one_of(*choices: str) -> Reader:
    """Return a reader of one of a few words, which null clears; an unknown word changes nothing."""
    known = frozenset(choices)

    def read(value: Any, _key: str) -> Any:
        if isinstance(value, str) and value in known:
            return value
        return None if value is None else KEEP

    return read


def _float(value: float, key: str) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON has whole numbers beyond every float
        raise Reject(Code.VALUE_OUT_OF_RANGE, key) from None
