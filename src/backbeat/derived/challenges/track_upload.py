"""``u``: three public tracks at the end of a block (domain: challenges, 3.1).

Rows read per dirty owner: the challenge row, and what the user and the owner's tracks are and were.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

TRACK_UPLOAD = Derivation(
    "challenges.track_upload",
    dirty=(
        feeds.track_owners("u:last_blocknumber"),
        feeds.standings("u:last_user_block"),
        feeds.edits("u", "owner", "user"),
    ),
    parameters=terms_of("u"),
    query=load(__package__, "track_upload.sql"),
    target=progress_of("u"),
)

CHALLENGE = challenge.followed(
    "u",
    keeper=TRACK_UPLOAD,
    facts=(load(__package__, "track_upload_facts.sql"),),
)
