"""A small world, and acts in it; the scenarios of an area declare one (``WIRE_ACTS``) for each of their wire pairs."""

from typing import Any, NamedTuple

OWNER, OTHER = 3_000_001, 3_000_002
TRACK, FOREIGN, PLAYLIST, ALBUM, COMMENT, EVENT = 2_000_001, 2_000_002, 400_001, 400_002, 4_000_001, 900_001
NEW = {"User": 3_100_000, "Track": 2_100_000, "Playlist": 410_000, "Comment": 4_100_000, "Event": 910_000}
TIP = "tip-of-other-to-owner"  # the signature of a tip, of which another indexer writes
FREE_KEY = 9  # a wallet of which nobody has made a user


class Act(NamedTuple):
    """What is said to whom; ``before`` makes it so that it can be said, ``key`` is the wallet that signs."""

    user_id: int
    entity_id: int
    payload: dict[str, Any] | None = None
    before: tuple[str, ...] = ()
    key: int = 1


CONTEST = {"event_type": "remix_contest", "entity_type": "track", "entity_id": TRACK, "end_date": "2030-01-01"}
ABOUT = {"entity_id": TRACK, "body": "hi"}
