"""What a handle may look like (domain: chain and entities, 5.1.3)."""

import re

from backbeat.index.reject import Code, Reject

CHARACTERS_MAX = 30
LEGAL = re.compile(r"[a-z0-9_.]*")
RESERVED = frozenset(
    {
        "admin", "audius", "api", "app", "blog", "contact", "dashboard", "dev", "developer", "docs", "download",
        "explore", "faq", "feed", "help", "home", "jobs", "legal", "library", "login", "logout", "manage", "media",
        "music", "news", "notifications", "oauth", "playlist", "playlists", "premium", "press", "privacy", "profile",
        "register", "search", "settings", "signup", "status", "support", "terms", "track", "tracks", "trending",
        "upload", "user", "users", "verify",
    }
)  # fmt: skip


def check_handle(handle_lc: str) -> None:
    """Reject a lower-cased handle that is not allowed; whether it is free is another question."""
    if not LEGAL.fullmatch(handle_lc):
        raise Reject(Code.HANDLE_ILLEGAL, "handle")
    if len(handle_lc) > CHARACTERS_MAX:
        raise Reject(Code.HANDLE_TOO_LONG, "handle")
    if handle_lc in RESERVED:
        raise Reject(Code.HANDLE_RESERVED, "handle")
