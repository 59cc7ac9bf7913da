"""How work that takes long tells how far it is."""

from collections.abc import Callable

Tell = Callable[[int], None]
"""Is called now and then with how many things are done, of a size that the caller knows."""


def tell_nobody(_done: int) -> None:
    """Take note of nothing."""
