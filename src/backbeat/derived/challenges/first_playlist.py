"""``fp``: a playlist or album with a track in it (domain: challenges, 3.2).

An empty playlist earns nothing: that is what the product promises, and what the older network did. Rows read per dirty
owner: the challenge row, and what the user and the owner's playlists are and were.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

FIRST_PLAYLIST = Derivation(
    "challenges.first_playlist",
    dirty=(
        feeds.playlist_owners("fp:last_blocknumber"),
        feeds.standings("fp:last_user_block"),
        feeds.edits("fp", "lister", "user"),
    ),
    parameters=terms_of("fp"),
    query=load(__package__, "first_playlist.sql"),
    target=progress_of("fp"),
)

CHALLENGE = challenge.followed(
    "fp",
    keeper=FIRST_PLAYLIST,
    facts=(load(__package__, "first_playlist_facts.sql"),),
)
