"""``cp``: a verified artist pinned the comment (domain: challenges, 3.10).

A pin is a column of the track, so the track's block marks it. The comment must be one on that very track. Rows read per
dirty pin: what the track, the comment and both users are and were, and the challenge row; per dirty user: the pinned
tracks of the user and the user's comments.
"""

import msgspec

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

COMMENT_PIN = Derivation(
    "challenges.comment_pin",
    dirty=(
        feeds.blocks("cp:last_blocknumber", "tracks", load(__package__, "comment_pin_tracks.sql")),
        feeds.blocks("cp:last_comment_block", "comments", load(__package__, "comment_pin_comments.sql")),
        feeds.blocks("cp:last_user_block", feeds.STANDING, load(__package__, "comment_pin_users.sql")),
        feeds.edits("cp", "user", "track", "comment", keys=load(__package__, "comment_pin_edits.sql")),
    ),
    parameters=terms_of("cp"),
    query=load(__package__, "comment_pin.sql"),
    target=msgspec.structs.replace(progress_of("cp"), scope="specifier", scope_type="text[]"),
)

CHALLENGE = challenge.followed(
    "cp",
    keeper=COMMENT_PIN,
    facts=(load(__package__, "comment_pin_facts.sql"),),
    every_seconds=120,
)
