"""What became of a refused transaction, or of a refused play, in a replay."""

import msgspec

from backbeat.codes import Outcome
from backbeat.index.rejected.picking import Refused


class Tried(msgspec.Struct, frozen=True):
    """One that was tried."""

    refused: Refused
    """The transaction."""
    play_index: int
    """The place of the play; -1 for the whole transaction."""
    became: Outcome
    """How it ended."""
    code: str = ""
    """Why it is refused still; empty if it is not."""
    field: str = ""
    """The payload key or envelope field at fault; empty if none is."""
    detail: str = ""
    """What is wrong, for people."""
    message: bytes | None = None
    """What was signed in it, where it is refused no more."""
