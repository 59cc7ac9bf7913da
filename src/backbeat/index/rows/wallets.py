"""Wallets that a user has besides the one it signs with, and what is in them (domain: chain and entities, 5.9, 7.1)."""

from datetime import datetime
from typing import ClassVar

from backbeat.index.row import Index, Json, Row


class AssociatedWalletRow(Row, frozen=True, kw_only=True):
    """A wallet that a user proved to have: current, or taken back (``is_delete``) since."""

    table: ClassVar[str] = "associated_wallets"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {
        "own": Index(("user_id", "wallet", "chain")),
        "holder": Index(("wallet", "chain"), only="is_current"),
    }

    id: int
    user_id: int
    wallet: str
    chain: str
    is_current: bool = True
    is_delete: bool = False
    created_at: datetime
    updated_at: datetime
    blockhash: str
    blocknumber: int


class DashboardWalletRow(Row, frozen=True, kw_only=True):
    """Which user a wallet of the protocol's dashboard is assigned to."""

    table: ClassVar[str] = "dashboard_wallet_users"
    identity: ClassVar[tuple[str, ...]] = ("wallet",)

    wallet: str
    user_id: int
    is_delete: bool = False
    created_at: datetime
    updated_at: datetime
    txhash: str
    blockhash: str | None
    blocknumber: int | None


class CollectiblesRow(Row, frozen=True, kw_only=True):
    """How a user shows its collectibles."""

    table: ClassVar[str] = "collectibles"
    identity: ClassVar[tuple[str, ...]] = ("user_id",)

    user_id: int
    data: Json
    created_at: datetime
    updated_at: datetime
    blockhash: str
    blocknumber: int
