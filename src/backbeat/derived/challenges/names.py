"""What people call the challenges, which the catalogue knows by an id alone (domain: challenges, 2)."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "b": "audio matching, buyer",
    "c": "first weekly comment",
    "cp": "comment pin",
    "cs": "cosign",
    "dvl": "daily volume leader",
    "e": "listen streak",
    "fp": "first playlist",
    "ft": "first tip",
    "l": "listen streak, legacy",
    "m": "mobile install",
    "o": "one shot",
    "p": "profile completion",
    "p1": "250 plays",
    "p2": "1,000 plays",
    "p3": "10,000 plays",
    "pc": "play counts, first try",
    "r": "referral",
    "rd": "referred",
    "rv": "referral by a verified user",
    "s": "audio matching, seller",
    "t": "tastemaker",
    "tp": "trending playlist",
    "tt": "trending track",
    "tut": "trending underground track",
    "u": "track upload",
    "v": "profile verified",
    "w": "remix contest winner",
}


def named(challenge_id: str) -> str:
    """Return a challenge's id with its name behind it, where it has one."""
    name = NAMES.get(challenge_id)
    return f"{challenge_id} ({name})" if name else challenge_id
