"""What the columns of the base tables take, judged without a database."""

import math
import re
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from backbeat.index.row import Row

ENUMS = {
    ("tracks", "parental_warning"): {"explicit", "explicit_content_edited", "not_explicit", "no_advice_available"},
    ("users", "profile_type"): {"label"},
    ("saves", "save_type"): {"track", "playlist", "album"},
    ("reposts", "repost_type"): {"track", "playlist", "album"},
    ("shares", "share_type"): {"track", "playlist"},
    ("track_price_history", "access"): {"stream", "download"},
    ("events", "event_type"): {"remix_contest", "live_event", "new_release"},
    ("events", "entity_type"): {"track", "collection", "user"},
    ("track_collaborators", "status"): {"pending", "accepted", "rejected"},
    ("associated_wallets", "chain"): {"eth", "sol"},
}
INDEXED_TEXT = {
    ("tracks", "track_cid"),
    ("tracks", "genre"),
    ("users", "handle_lc"),
    ("users", "wallet"),
    ("track_routes", "slug"),
    ("track_routes", "title_slug"),
    ("playlist_routes", "slug"),
    ("playlist_routes", "title_slug"),
    ("developer_apps", "address"),
    ("grants", "grantee_address"),
    ("oauth_redirect_uris", "redirect_uri"),
    ("associated_wallets", "wallet"),
    ("dashboard_wallet_users", "wallet"),
    ("notification", "group_id"),
    ("reactions", "reacted_to"),
}
BIGINT = {"total_price_cents", "track_timestamp_s"}
ENTRY_BYTES_MAX = 2_700


def refusals(row: Row) -> list[str]:
    """Return what PostgreSQL would refuse about a row."""
    found = [
        f"{row.table}.{name} = {getattr(row, name)!r}"
        for name, types in _columns(type(row)).items()
        if not _fits(row.table, name, getattr(row, name), types)
    ]
    territories = getattr(row, "territory_codes", None)
    if territories is not None and not (territories and all(re.fullmatch("[A-Z]{2}", code) for code in territories)):
        found.append(f"territory_codes = {territories!r}")
    return found


def _fits(table: str, name: str, value: Any, types: tuple[type, ...] | None) -> bool:
    if types is None:
        return _is_json(value)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return False
    if (table, name) in ENUMS and value is not None and value not in ENUMS[table, name]:
        return False
    if not _is_plain(value, name):
        return False
    return (table, name) not in INDEXED_TEXT or len(str(value).encode()) < ENTRY_BYTES_MAX


@cache
def _columns(row: type[Row]) -> dict[str, tuple[type, ...] | None]:
    """Return what each column takes; None: any JSON."""
    hints = get_type_hints(row, include_extras=True)
    return {name: _types(hints[name]) for name in row.__struct_fields__}


def _types(hint: Any) -> tuple[type, ...] | None:
    if getattr(hint, "__metadata__", None) == ("jsonb",):
        return None
    parts = get_args(hint) if get_origin(hint) in {UnionType, Union} else (hint,)
    return tuple(NoneType if part is None else get_origin(part) or part for part in parts)


def _is_plain(value: Any, name: str) -> bool:
    if isinstance(value, bool | NoneType | datetime):
        return True
    if isinstance(value, int):
        return value.bit_length() <= (63 if name in BIGINT else 31)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, tuple):
        return all(_is_plain(item, name) for item in value)
    return isinstance(value, str) and _is_text(value)


def _is_text(value: str) -> bool:
    return not re.search("[\x00\ud800-\udfff]", value)


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_text(key) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, str):
        return _is_text(value)
    return bool(msgspec.json.encode(value)) and (not isinstance(value, float) or math.isfinite(value))
