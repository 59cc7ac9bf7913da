"""Fields of users (domain: chain and entities, 5.1.7; handles 5.1.3, verification 5.1.4, how they came 5.1.6)."""

from collections.abc import Callable
from typing import Any

from conformance.world import STAMPED, T1, T3, U1, U2, W4, V, World

from backbeat.index.reject import Code
from backbeat.index.rows.users import PayoutWalletRow, UserEventRow, UserRow
from fields.field import CLEARS, KEEPS, Cell, Field, Pair, Sets, cell, given
from fields.kinds import (
    IS_BOOL,
    IS_OBJECT,
    OTHERS,
    erasable,
    flag,
    ignored,
    null,
    others,
    sticky,
    text,
    unsent,
    whole,
    word,
)

NEW = 3_000_009
SOLANA = "AKnL4NNf3DGWZJS6cPknBuEGnVsV4A4m5tgebLHaRSZ9"
OLD_SOLANA = "So11111111111111111111111111111111111111112"
HISTORY = ("user_payout_wallet_history.*",)
PLAIN = (
    *("location", "website", "donation", "profile_picture", "profile_picture_sizes", "cover_photo"),
    *("cover_photo_sizes", "twitter_handle", "instagram_handle", "tiktok_handle"),
)
IGNORED = {
    "associated_wallets": {"0xab": {"signature": "0x"}},
    "associated_sol_wallets": {"x": {"signature": "0x"}},
    "collectibles": {"order": ["x"]},
    "metadata_multihash": "Qm",
    "user_id": U2,
    "wallet": W4,
    "is_verified": True,
    "verified_with_twitter": True,
    "verified_with_instagram": True,
    "verified_with_tiktok": True,
    "is_available": False,
    "creator_node_endpoint": "https://node.example",
    "isDeactivated": True,
    "allowAiAttribution": True,
    "playlistLibrary": {"contents": []},
}


def handle() -> tuple[Cell, ...]:
    """Lower-cased letters, digits, "_" and "." only, at most 30, not reserved, free."""
    return (
        *sticky(sample="New.One_1", most=30, beyond=Code.HANDLE_TOO_LONG, emoji=Code.HANDLE_ILLEGAL),
        cell("value", "of another user, in capitals", "BOB", Code.HANDLE_TAKEN),
        cell("value", "reserved", "Trending", Code.HANDLE_RESERVED),
        cell("value", "with a space", "al ice", Code.HANDLE_ILLEGAL),
        cell("value", "with a letter beyond a to z", "ålice", Code.HANDLE_ILLEGAL),
    )


def library() -> tuple[Cell, ...]:
    """Any JSON but null."""
    contents = {"contents": [{"playlist_id": "P8mWR", "type": "playlist"}]}
    return (
        cell("value", "", contents, Sets(contents)),
        *(cell("value", name, value, Sets(value)) for name, value in OTHERS.items()),
        cell("empty", "", "", Sets("")),
        cell("empty", "0", 0, Sets(0)),
        unsent(),
        null(KEEPS),
        cell("too long", "", {"contents": ["x" * 250_000]}, Code.DOCUMENT_TOO_LARGE),
        cell("NUL, surrogates", "", {"a\0": "b\ud800"}, Sets({"a": "b"})),
        cell("emoji", "", {"😀": "😀"}, Sets({"😀": "😀"})),
    )


def pick() -> tuple[Cell, ...]:
    """One of the user's own tracks; null and 0 take it back."""
    no = Code.ARTIST_PICK_INVALID
    return (
        *whole(null_is=CLEARS, zero_is=CLEARS, negative_is=no, sample=T1, beyond=no),
        cell("value", "of another user", T3, no),
        cell("value", "of nobody", 2_999_999, no),
    )


def payout(*, is_new: bool) -> tuple[Cell, ...]:
    """A Solana address; a new user's is not checked."""
    if is_new:
        return text()
    bad = Code.PAYOUT_WALLET_INVALID
    return (
        cell("value", "", SOLANA, Sets(SOLANA)),
        cell("value", "not one", "0OIl", bad),
        cell("value", "two letters less", SOLANA[:-2], bad),
        unsent(),
        null(CLEARS),
        cell("empty", "", "", KEEPS),
        *others({"a string"}, KEEPS),
        cell("too long", "", "1" * 5_001, bad),
        cell("NUL, surrogates", "", f"{SOLANA}\0\ud800", Sets(SOLANA)),
        cell("emoji", "", f"{SOLANA}😀", bad),
    )


def told(key: str) -> Callable[[Any], dict[str, Any]]:
    """Return what says a value under ``events``."""
    return lambda value: {"events": given(key, value)}


def came(column: str) -> Callable[[World], Any]:
    """Return what reads how the user came; no row says what a row by default does."""

    def read(world: World) -> Any:
        rows = [row for row in world.all(UserEventRow, is_current=True) if row.user_id in {U1, NEW}]
        return getattr(rows[0] if rows else UserEventRow(id=0, user_id=U1), column)

    return read


def known(**columns: Any) -> Callable[[World], None]:
    """Return what puts how the user came."""
    return lambda world: world.put(UserEventRow(id=1, user_id=U1, **columns))


MOBILE = (
    cell("value", "true", True, Sets(True)),
    cell("value", "false", False, KEEPS),
    unsent(),
    null(KEEPS),
    *others(IS_BOOL, KEEPS),
)
NO_REFERRER = Code.ID_OUT_OF_RANGE
REFERRER = whole(
    zero_is=KEEPS,
    negative_is=KEEPS,
    sample=U2,
    beyond=NO_REFERRER,
    below=KEEPS,
)
EVENTS = (
    cell("value", "", {"referrer": U2, "is_mobile_user": True}, Sets((U2, True))),
    cell("empty", "", {}, KEEPS),
    unsent(),
    null(KEEPS),
    *others(IS_OBJECT, KEEPS),
)


def _events_of(world: World) -> Any:
    rows = [row for row in world.all(UserEventRow, is_current=True) if row.user_id in {U1, NEW}]
    return (rows[0].referrer, rows[0].is_mobile_user) if rows else None


def user_events(*, is_new: bool) -> tuple[Field, ...]:
    """Return the fields of how a user came; what was known before an update stays."""
    mobile = Field(
        "events.is_mobile_user",
        "user_events.is_mobile_user",
        MOBILE,
        default=False,
        also=("user_events.*",),
        says=told("is_mobile_user"),
        reads=came("is_mobile_user"),
    )
    referrer = Field(
        "events.referrer",
        "user_events.referrer",
        (*REFERRER, cell("value", "oneself", NEW if is_new else U1, KEEPS)),
        also=("user_events.*",),
        says=told("referrer"),
        reads=came("referrer"),
    )
    whole_object = Field("events", "user_events", EVENTS, also=("user_events.*",), reads=_events_of)
    if is_new:
        return whole_object, mobile, referrer
    return (
        whole_object._replace(held=None),
        mobile._replace(held=False),
        referrer._replace(held=None),
        *_events_that_stay(),
    )


def _events_that_stay() -> tuple[Field, ...]:
    stays = (cell("value", "", U2, KEEPS), unsent(), null(KEEPS))
    return (
        Field(
            "events.is_mobile_user, once true",
            "user_events.is_mobile_user",
            (cell("value", "false", False, KEEPS),),
            held=True,
            says=told("is_mobile_user"),
            reads=came("is_mobile_user"),
            holds=known(is_mobile_user=True),
        ),
        Field(
            "events.referrer, once set",
            "user_events.referrer",
            stays,
            held=77,
            says=told("referrer"),
            reads=came("referrer"),
            holds=known(referrer=77),
        ),
    )


def _history(world: World) -> None:
    world.put(
        PayoutWalletRow(
            user_id=U1,
            spl_usdc_payout_wallet=OLD_SOLANA,
            block_timestamp=STAMPED["created_at"],
            created_at=STAMPED["created_at"],
            blocknumber=9,
        )
    )


def _old_handle(world: World) -> None:
    world.put(world.the(UserRow, U1).but(handle="al ice", handle_lc="al ice"))


def column(key: str, cells: tuple[Cell, ...], **more: Any) -> Field:
    """Return a field that fills the user's column of its name."""
    return Field(key, f"users.{key}", cells, **more)


CREATE = Pair(
    "User/Create",
    NEW,
    NEW,
    (
        column("handle", handle(), also=("users.handle_lc",)),
        column("name", sticky(most=32, beyond=Code.NAME_TOO_LONG)),
        column("bio", sticky(most=256, beyond=Code.BIO_TOO_LONG)),
        *(column(key, sticky()) for key in PLAIN),
        column("playlist_library", library()),
        column("artist_pick_track_id", ignored(T1)),
        column("allow_ai_attribution", flag(), default=False),
        column("is_deactivated", ignored(True), default=False),
        column("profile_type", word("label")),
        column("spl_usdc_payout_wallet", payout(is_new=True), also=HISTORY),
        column("coin_flair_mint", erasable()),
        *user_events(is_new=True),
        *(Field(key, "", ignored(sample)) for key, sample in IGNORED.items()),
    ),
    rows={UserRow: (NEW,)},
    by=W4,
    is_new=True,
)
UPDATE = Pair(
    "User/Update",
    U1,
    U1,
    (
        column("handle", handle(), held="alice", also=("users.handle_lc",)),
        column("name", sticky(most=32, beyond=Code.NAME_TOO_LONG), held="Alice"),
        column("bio", sticky(most=256, beyond=Code.BIO_TOO_LONG), held="hello"),
        *(column(key, sticky(), held="old") for key in PLAIN),
        column("playlist_library", library(), held={"contents": []}),
        column("artist_pick_track_id", pick(), held=T1 + 1),
        column("allow_ai_attribution", flag(), held=True),
        column("is_deactivated", flag(), held=True),
        column("profile_type", word("label"), held="label"),
        column("spl_usdc_payout_wallet", payout(is_new=False), held=OLD_SOLANA, also=HISTORY, holds=_history),
        column("coin_flair_mint", erasable(), held="old"),
        *user_events(is_new=False),
        # what is stored may break today's rules, and is sent again with every edit
        Field("name, as stored", "users.name", (cell("value", "too long", "n" * 40, KEEPS),), held="n" * 40),
        Field("bio, as stored", "users.bio", (cell("value", "too long", "b" * 300, KEEPS),), held="b" * 300),
        Field(
            "handle, as stored",
            "users.handle",
            (cell("value", "illegal", "al ice", KEEPS),),
            held="al ice",
            holds=_old_handle,
        ),
        Field(
            "spl_usdc_payout_wallet, as stored",
            "users.spl_usdc_payout_wallet",
            (cell("value", "not one", "0OIl", KEEPS),),
            held="0OIl",
            also=HISTORY,
        ),
        *(Field(key, "", ignored(sample)) for key, sample in IGNORED.items()),
    ),
    rows={UserRow: (U1,)},
)


def proved(platform: str) -> tuple[Field, ...]:
    """Return the fields of an account elsewhere, which counts as proved where the same transaction verifies."""
    key = f"{platform}_handle"
    return (
        column(key, sticky(), held="old"),
        Field(
            f"{key}, with is_verified",
            f"users.verified_with_{platform}",
            (
                cell("value", "", "al", Sets(True)),
                unsent(),
                null(KEEPS),
                cell("empty", "", "", KEEPS),
                *others({"a string"}, KEEPS),
            ),
            held=False,
            beside={"is_verified": True},
            also=(f"users.{key}",),
        ),
    )


VERIFY = Pair(
    "User/Verify",
    U1,
    U1,
    (
        column(
            "is_verified",
            (
                cell("value", "true", True, Sets(True)),
                cell("value", "false", False, KEEPS),
                unsent(),
                null(KEEPS),
                *others(IS_BOOL, KEEPS),
            ),
            held=False,
        ),
        Field("is_verified, once true", "users.is_verified", (cell("value", "false", False, KEEPS),), held=True),
        *proved("twitter"),
        *proved("instagram"),
        *proved("tiktok"),
    ),
    rows={UserRow: (U1,)},
    by=V,
)
PAIRS = (CREATE, UPDATE, VERIFY)
