"""``m``: the mobile app was used (domain: challenges, 3.14). Rows read per dirty user: its events and challenge row."""

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation

MOBILE_INSTALL = Derivation(
    "challenges.mobile_install",
    dirty=(
        feeds.arrivals("m:last_blocknumber"),
        feeds.standings("m:last_user_block"),
        feeds.edits("m", "arrival", "user"),
    ),
    parameters=terms_of("m"),
    query=load(__package__, "mobile_install.sql"),
    target=progress_of("m"),
)

CHALLENGE = challenge.followed(
    "m",
    keeper=MOBILE_INSTALL,
    facts=(load(__package__, "mobile_install_facts.sql"),),
)
