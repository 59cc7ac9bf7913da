"""Who may sign for whom (domain: chain and entities, 4.4 and 7.1)."""

from datetime import datetime
from typing import ClassVar

from backbeat.index.row import Row


class GrantRow(Row, frozen=True, kw_only=True):
    """A user lets an address (an app, or another user's wallet) act for it; ``is_approved`` None is pending."""

    table: ClassVar[str] = "grants"
    identity: ClassVar[tuple[str, ...]] = ("grantee_address", "user_id")
    versioned: ClassVar[bool] = True

    grantee_address: str
    user_id: int
    is_revoked: bool = False
    is_approved: bool | None = None
    is_current: bool = True
    created_at: datetime
    updated_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class DeveloperAppRow(Row, frozen=True, kw_only=True):
    """An application, known by the address that it signs with."""

    table: ClassVar[str] = "developer_apps"
    identity: ClassVar[tuple[str, ...]] = ("address",)
    versioned: ClassVar[bool] = True

    address: str
    user_id: int | None
    name: str
    description: str | None = None
    image_url: str | None = None
    is_personal_access: bool = False
    is_current: bool = True
    is_delete: bool = False
    created_at: datetime
    updated_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None
