from collections.abc import Callable
from typing import Any, Final

INTERFACE: Final[int]

def read_plays(
    block: bytes,
    count: int,
    check_hashes: bool,
    *,
    transaction: Callable[..., Any],
    play: Callable[..., Any],
    kind: object,
    instant: Callable[[int, int], object],
    sha256: Callable[[bytes], Any],
    text_bytes_max: int,
    plays_free: int,
    plays_max: int,
    play_bytes_min: int,
) -> list[Any] | None: ...
