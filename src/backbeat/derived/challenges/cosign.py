"""``cs``: a verified artist reposted or saved a remix of the artist's own track (domain: challenges, 3.5).

An artist's cosigns pay five times in any thirty days, counted by when the cosign happened, not by when it was noticed:
a backlog pays what it would have paid in time. Rows read per dirty cosign: the two actions, the remix and its parents,
three users, and the artist's cosigns so far.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.judged import judged_once

COSIGN = judged_once(
    "challenges.cosign",
    "cs",
    dirty=(
        feeds.blocks("cs:last_blocknumber", "reposts", load(__package__, "cosign_reposts.sql")),
        feeds.blocks("cs:last_save_block", "saves", load(__package__, "cosign_saves.sql")),
        feeds.edits("cs", "act", keys=load(__package__, "cosign_edits.sql"), rebuilds=False),
    ),
    query=load(__package__, "cosign.sql"),
)

CHALLENGE = challenge.judged_once(
    "cs",
    keeper=COSIGN,
    facts=(load(__package__, "cosign_facts.sql"),),
)
