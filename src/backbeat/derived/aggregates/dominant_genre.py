"""The genre that most of an artist's tracks have (domain: derived state, 4.11 and 8.5).

Counted are the tracks that ``track_count`` counts: what anybody can find. Rows read per owner: the owner's tracks.
"""

from backbeat.db.sql import load
from backbeat.incremental.change_feed import ChangeFeed
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.keys import CHANGED_IDS
from backbeat.incremental.merge import Shared, Target
from backbeat.incremental.sweep import Sweep

STREAM = "owned_tracks"
OWNERS_MAX = 1_000  # each with all its tracks

DOMINANT_GENRE = Derivation(
    "aggregates.dominant_genre",
    dirty=(
        Dirty(ChangeFeed("aggregates:dominant_genre", STREAM, OWNERS_MAX), CHANGED_IDS),
        Dirty(
            Sweep("aggregates:dominant_genre:sweep", "aggregate_user", "user_id", OWNERS_MAX),
            load(__package__, "dominant_genre_swept.sql"),
        ),
    ),
    query=load(__package__, "dominant_genre.sql"),
    target=Target(
        table="aggregate_user",
        key=("user_id",),
        values=("dominant_genre", "dominant_genre_count"),
        scope="user_id",
        shared=Shared(STREAM, OWNERS_MAX),
    ),
)
