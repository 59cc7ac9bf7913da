"""What a gated track or album costs, and since when (domain: chain and entities, 5.2.6)."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from backbeat.index.content.gating import with_split_list
from backbeat.index.payload.metadata import Payload
from backbeat.index.reject import Code, Reject
from backbeat.index.rows.playlists import AlbumPriceRow
from backbeat.index.rows.tracks import TrackPriceRow
from backbeat.index.state import State
from backbeat.index.wire.transaction import EntityTransaction

CENTS_MAX = 2**63 - 1
STREAM, DOWNLOAD = "stream", "download"


class Price(NamedTuple):
    """What a payload asks for."""

    cents: int
    splits: list[Any]
    access: str


def track_price(tx: EntityTransaction, payload: Payload, state: State) -> Iterator[TrackPriceRow]:
    """Append the price that the payload sets, if it is news; raises Reject for a price that is none."""
    price = _asked(payload, (STREAM, DOWNLOAD), tx.user_id)
    if price and _is_news(price, state.many(TrackPriceRow, "item", tx.entity_id), tx):
        yield TrackPriceRow(
            track_id=tx.entity_id,
            splits=price.splits,
            total_price_cents=price.cents,
            access=price.access,
            block_timestamp=tx.block_time,
            created_at=tx.block_time,
            blocknumber=tx.block_number,
        )


def album_price(tx: EntityTransaction, payload: Payload, state: State) -> Iterator[AlbumPriceRow]:
    """Append the price that the payload sets, if it is news; raises Reject for a price that is none."""
    price = _asked(payload, (STREAM,), tx.user_id)
    if price and _is_news(price, state.many(AlbumPriceRow, "item", tx.entity_id), tx):
        yield AlbumPriceRow(
            playlist_id=tx.entity_id,
            splits=price.splits,
            total_price_cents=price.cents,
            block_timestamp=tx.block_time,
            created_at=tx.block_time,
            blocknumber=tx.block_number,
        )


def _asked(payload: Payload, gates: tuple[str, ...], owner_id: int) -> Price | None:
    """Return the price behind the first gate that is closed."""
    for access in gates:
        if payload.get(f"is_{access}_gated") is True:
            return _price(payload.get(f"{access}_conditions"), access, owner_id)
    return None


def _price(conditions: Any, access: str, owner_id: int) -> Price | None:
    if not isinstance(conditions, dict) or "usdc_purchase" not in conditions:
        return None
    purchase = with_split_list(conditions, owner_id)["usdc_purchase"]
    cents, splits = purchase.get("price"), purchase.get("splits")
    if not isinstance(cents, int) or isinstance(cents, bool) or not 0 <= cents <= CENTS_MAX:
        raise Reject(Code.PRICE_INVALID, f"{access}_conditions")
    return Price(cents, splits, access)


def _is_news(price: Price, history: Sequence[TrackPriceRow | AlbumPriceRow], tx: EntityTransaction) -> bool:
    newest = max(history, key=lambda row: row.block_timestamp, default=None)
    if newest is None:
        return True
    access = newest.access if isinstance(newest, TrackPriceRow) else STREAM
    if price == (newest.total_price_cents, newest.splits, access):
        return False
    return all(row.block_timestamp != tx.block_time for row in history)
