"""What the indexer writes about a user (domain: chain and entities, 5.1 and 7.1)."""

from datetime import datetime
from typing import Any, ClassVar

from backbeat.index.row import Index, Json, Past, Row


def _judged_by(row: "UserRow") -> tuple[Any, ...]:
    return (
        row.is_verified,
        row.is_deactivated,
        row.is_available,
        row.handle_lc is not None,
        row.name is not None,
        row.bio is not None,
        row.profile_picture is not None or row.profile_picture_sizes is not None,
        row.cover_photo is not None or row.cover_photo_sizes is not None,
    )


class UserRow(Row, frozen=True, kw_only=True):
    """A user; one current row per id, updated in place."""

    table: ClassVar[str] = "users"
    after: ClassVar[tuple[str, ...]] = ()
    identity: ClassVar[tuple[str, ...]] = ("user_id",)
    versioned: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {
        # a user who ever had the wallet keeps it from others, superseded rows included
        "wallet": Index(("wallet",), history=True),
        "handle": Index(("handle_lc",)),
    }
    past: ClassVar[Past | None] = Past(
        (
            *("is_verified", "is_deactivated", "is_available"),
            *("has_handle", "has_name", "has_bio", "has_picture", "has_cover"),
        ),
        _judged_by,
    )

    user_id: int
    is_current: bool = True
    wallet: str | None = None
    handle: str | None = None
    handle_lc: str | None = None
    name: str | None = None
    bio: str | None = None
    location: str | None = None
    website: str | None = None
    donation: str | None = None
    profile_picture: str | None = None
    profile_picture_sizes: str | None = None
    cover_photo: str | None = None
    cover_photo_sizes: str | None = None
    twitter_handle: str | None = None
    instagram_handle: str | None = None
    tiktok_handle: str | None = None
    is_verified: bool = False
    verified_with_twitter: bool | None = False
    verified_with_instagram: bool | None = False
    verified_with_tiktok: bool | None = False
    is_deactivated: bool = False
    is_available: bool = True
    is_storage_v2: bool = False
    has_collectibles: bool = False
    allow_ai_attribution: bool = False
    artist_pick_track_id: int | None = None
    profile_type: str | None = None
    playlist_library: Json = None
    spl_usdc_payout_wallet: str | None = None
    coin_flair_mint: str | None = None
    created_at: datetime
    updated_at: datetime
    txhash: str = ""
    blockhash: str | None = None
    blocknumber: int | None = None


class UserEventRow(Row, frozen=True, kw_only=True):
    """What is known of how a user came; superseded versions are kept beside the current one."""

    table: ClassVar[str] = "user_events"
    identity: ClassVar[tuple[str, ...]] = ("id",)
    indexes: ClassVar[dict[str, Index]] = {"user": Index(("user_id",), only="is_current")}

    id: int
    user_id: int
    referrer: int | None = None
    is_mobile_user: bool = False
    is_current: bool = True
    blockhash: str | None = None
    blocknumber: int | None = None


class UserPubkeyRow(Row, frozen=True, kw_only=True):
    """The public key that signed a user's creation."""

    table: ClassVar[str] = "user_pubkeys"
    identity: ClassVar[tuple[str, ...]] = ("user_id",)
    keep_first: ClassVar[bool] = True

    user_id: int
    pubkey_base64: str


class PayoutWalletRow(Row, frozen=True, kw_only=True):
    """A payout wallet and since when a user has it."""

    table: ClassVar[str] = "user_payout_wallet_history"
    identity: ClassVar[tuple[str, ...]] = ("user_id", "block_timestamp")
    keep_first: ClassVar[bool] = True
    indexes: ClassVar[dict[str, Index]] = {"user": Index(("user_id",), newest="block_timestamp", at_most=1)}

    user_id: int
    spl_usdc_payout_wallet: str | None
    block_timestamp: datetime
    created_at: datetime
    blocknumber: int
