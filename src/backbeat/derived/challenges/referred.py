"""``rd``: came through another user (domain: challenges, 3.14).

Once per user, whatever specifier an earlier program gave the row. Rows read per dirty user: its events, its challenge
rows and the user.
"""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

REFERRED = Derivation(
    "challenges.referred",
    dirty=(
        feeds.arrivals("rd:last_blocknumber"),
        feeds.standings("rd:last_user_block"),
        feeds.edits("rd", "arrival", "user"),
    ),
    parameters=terms_of("rd"),
    query=load(__package__, "referred.sql"),
    target=progress_of("rd"),
)

CHALLENGE = challenge.followed(
    "rd",
    keeper=REFERRED,
    facts=(load(__package__, "referred_facts.sql"),),
)
