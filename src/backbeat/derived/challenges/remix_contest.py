"""``w``: a remix contest was won (domain: challenges, 3.12).

Five prizes a contest, in the host's order, and five a host in any seven days. A prize beyond that is not refused but
waits until the week has room: its row is dated with the moment from which there was room, by the chain's clock. Rows
read per dirty host, for each block that changed any of them: the host's contests, their winners' tracks and owners;
and the prizes paid so far.
"""

from datetime import timedelta

import msgspec

from backbeat.db.sql import load
from backbeat.derived.challenges import challenge, feeds
from backbeat.derived.challenges.catalog import terms_of
from backbeat.derived.challenges.progress import progress_of
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.due import Due, chain_time

PRIZES = ("backbeat", "contest_prizes")
WEEK = timedelta(days=7)


REMIX_CONTEST_WINNER = Derivation(
    "challenges.remix_contest_winner",
    dirty=(
        feeds.blocks("w:last_blocknumber", "events", load(__package__, "remix_contest_events.sql")),
        feeds.blocks("w:last_track_block", "tracks", load(__package__, "remix_contest_tracks.sql")),
        feeds.blocks("w:last_user_block", feeds.STANDING, load(__package__, "remix_contest_users.sql")),
        feeds.edits("w", "user", "track", "host", keys=load(__package__, "remix_contest_edits.sql")),
        Dirty(
            Due("challenges:w:week_is_over", PRIZES, "paid_at", feeds.ROWS_MAX, WEEK, chain_time),
            load(__package__, "remix_contest_due.sql"),
        ),
    ),
    parameters=terms_of("w"),
    query=load(__package__, "remix_contest.sql"),
    # keys are hosts, rows belong to winners: nothing ties a row to a key
    target=msgspec.structs.replace(progress_of("w"), scope=None),
)

CHALLENGE = challenge.followed(
    "w",
    keeper=REMIX_CONTEST_WINNER,
    facts=(load(__package__, "remix_contest_facts.sql"),),
    every_seconds=120,
)
