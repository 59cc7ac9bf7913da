from collections.abc import Callable
from typing import Any, Final

INTERFACE: Final[int]

def read_block(
    block: bytes,
    count: int,
    check_hashes: bool,
    height: int,
    times: tuple[int, int, int],
    entity: Callable[..., object],
    means: tuple[Any, ...],
    /,
) -> list[Any] | None: ...
def number_rows(pieces: list[bytes], first_id: int, /) -> bytes: ...
