"""Who may sign for whom, and read whose email (domain: chain and entities, 4.4, 5.11 and 7.1)."""

from datetime import datetime
from typing import ClassVar

from backbeat.index.row import Index, Row

APPS_KEPT_IN_SIGHT = 50
"""How many active apps of a user are read; there are five at most where the rules were kept from the start."""


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
    indexes: ClassVar[dict[str, Index]] = {
        "active": Index(("user_id",), unless="is_delete", newest="created_at", at_most=APPS_KEPT_IN_SIGHT)
    }

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


class RedirectUriRow(Row, frozen=True, kw_only=True):
    """Where an app lets its users be sent once they have signed in."""

    table: ClassVar[str] = "oauth_redirect_uris"
    identity: ClassVar[tuple[str, ...]] = ("client_id", "redirect_uri")
    indexes: ClassVar[dict[str, Index]] = {"app": Index(("client_id",))}

    client_id: str
    redirect_uri: str
    created_at: datetime


class EncryptedEmailRow(Row, frozen=True, kw_only=True):
    """A user's email address, which nobody reads without a key."""

    table: ClassVar[str] = "encrypted_emails"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {"owner": Index(("email_owner_user_id",))}

    id: int
    email_owner_user_id: int
    encrypted_email: str
    created_at: datetime
    updated_at: datetime


class EmailAccessRow(Row, frozen=True, kw_only=True):
    """A key to a user's email address, for one receiver, given by one who had it already."""

    table: ClassVar[str] = "email_access"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {
        "key": Index(("email_owner_user_id", "receiving_user_id", "grantor_user_id")),
        # whether a receiver has any is all that is asked; in this order the unique index has the answer first
        "receiver": Index(("email_owner_user_id", "receiving_user_id"), newest="grantor_user_id", at_most=1),
    }

    id: int
    email_owner_user_id: int
    receiving_user_id: int
    grantor_user_id: int
    encrypted_key: str
    is_initial: bool = False
    created_at: datetime
    updated_at: datetime
