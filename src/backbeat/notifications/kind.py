"""What a kind of notification is: who hears of what, and what the row says."""

import msgspec


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One form that rows of ``notification`` have. A type has several where its rows differ by their cause.

    In ``group_id`` and ``specifier`` a name in braces stands for a value; the rest is text.
    """

    type: str
    """As ``notification.type`` holds it."""
    cause: str
    """What sets it off."""
    recipients: str
    """Who stands in ``user_ids``."""
    group_id: str
    """With the specifier, the identity: there is no second row of both."""
    specifier: str
    """Mostly who did it, or what it was."""
    data: tuple[str, ...]
    """The keys that ``data`` has in every row."""
    also: tuple[str, ...] = ()
    """The keys that ``data`` has in some rows; ``*`` is any."""
    later: tuple[str, ...] = ()
    """The keys that another statement adds to rows that are there."""
    source: str
    """The file that makes the rows, below ``src/backbeat``."""
    test: str
    """The file whose tests cover it, below ``tests``."""
