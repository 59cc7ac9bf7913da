"""How a Core node is asked: how much at once, how long, how often."""

import msgspec


class NodeSettings(msgspec.Struct, frozen=True):
    """How a node is asked.

    What is fetched ahead takes ``chunks_ahead`` times ``message_bytes_max`` of memory at most.
    """

    chunk_blocks: int = 100
    """Blocks that one call asks for while catching up."""
    chunks_ahead: int = 2
    """Calls under way at once while catching up."""
    call_seconds: float = 15.0
    """How long one call may take."""
    message_bytes_max: int = 32 * 2**20
    """The largest answer that is taken; after a larger one, less is asked for."""
    wrong_answers_max: int = 3
    """Wrong answers in a row before one becomes an error."""
    serve_seconds_max: float = 120.0
    """How long the node may fail to serve a block at or below its head; 0: no limit."""
    open_attempts: int = 5
    """Calls that may fail at the start before the node counts as unreachable."""
