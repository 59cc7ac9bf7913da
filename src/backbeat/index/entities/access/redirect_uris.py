"""Where an app lets its users be sent once they have signed in (domain: chain and entities, 5.7)."""

from collections.abc import Iterator

from backbeat.index.payload.metadata import Payload
from backbeat.index.row import Change, Gone
from backbeat.index.rows.access import RedirectUriRow
from backbeat.index.state import Key, State
from backbeat.index.wire.stamp import with_zone
from backbeat.index.wire.transaction import EntityTransaction
from backbeat.index.wire.wanted import every

KEY = "redirect_uris"
URIS_MAX = 50
URI_CHARACTERS_MAX = 2_000
URI_BYTES_MAX = 2_600  # with the app's address an entry of an index, which takes 2,704; a URI is ASCII


def redirect_uri_wants(address: str) -> Key:
    """Name what :func:`set_redirect_uris` reads."""
    return every(RedirectUriRow, "app", address)


def sent_redirect_uris(payload: Payload) -> list[str] | None:
    """Return the first URIs that were sent, none of them for null; None where nothing of use was sent."""
    sent = payload.get(KEY)
    if sent is None:
        return [] if KEY in payload else None
    if not isinstance(sent, list) or not all(map(_is_uri, sent)):
        return None
    return list(dict.fromkeys(sent[:URIS_MAX]))


def set_redirect_uris(tx: EntityTransaction, address: str, uris: list[str], state: State) -> Iterator[Change]:
    """Put the URIs in the place of those that the app had."""
    stored = {row.redirect_uri: row for row in state.many(RedirectUriRow, "app", address)}
    for uri, row in stored.items():
        if uri not in uris:
            yield Gone(row)
    for uri in uris:
        if uri not in stored:
            yield RedirectUriRow(client_id=address, redirect_uri=uri, created_at=with_zone(tx.block_time))


def _is_uri(value: object) -> bool:
    return isinstance(value, str) and len(value) <= URI_CHARACTERS_MAX and len(value.encode()) <= URI_BYTES_MAX
