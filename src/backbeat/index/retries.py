"""How often a commit failed by now, and how long to wait before it is tried again."""

from typing import Final

from backbeat.chain.model import Block
from backbeat.db.outage import RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX, first_line, is_away
from backbeat.errors import DatabaseError

RETRIES_MAX: Final = 10  # for failures that are not the connection's; then the process stops, a block is never left out


class Retries:
    """Counts the failures since the last commit."""

    def __init__(self) -> None:
        self._wait_seconds = RETRY_SECONDS_FIRST
        self._refusals = 0

    def failed(self, error: Exception, block: Block) -> float:
        """Return the seconds to wait before ``block`` is tried again.

        Raises DatabaseError for the last of many failures in which the database did answer.
        """
        self._refusals += not is_away(error)
        if self._refusals > RETRIES_MAX:
            raise DatabaseError(
                "block_not_committed",
                f"Block {block.height} cannot be committed: {first_line(error)}",
                cure="Nothing was skipped. The message above names the cause; fix it and start again.",
            ) from error
        wait_seconds = self._wait_seconds
        self._wait_seconds = min(wait_seconds * 2, RETRY_SECONDS_MAX)
        return wait_seconds
