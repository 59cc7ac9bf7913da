"""What a change asks of others, and which of their locks keep it waiting."""

from collections.abc import Sequence
from enum import StrEnum

_READS = ("AccessShareLock", "RowShareLock")
_WRITES = ("RowExclusiveLock",)
_MAINTAINS = ("ShareUpdateExclusiveLock",)
_STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")


class Lock(StrEnum):
    """What others have to do without while a step runs; each is waited for briefly, and given up and tried again."""

    NONE = "none"
    """Nothing."""
    BESIDE = "others go on reading and writing"
    """SHARE UPDATE EXCLUSIVE."""
    WRITERS = "writers wait, for milliseconds"
    """SHARE ROW EXCLUSIVE."""
    ALL = "readers and writers wait, for milliseconds"
    """ACCESS EXCLUSIVE."""

    @property
    def waits_for(self) -> Sequence[str]:
        """The modes, as pg_locks has them, that keep it waiting; of none, those that keep a row from being written."""
        if self is Lock.ALL:
            return (*_READS, *_WRITES, *_MAINTAINS, *_STRONG)
        if self is Lock.WRITERS:
            return (*_WRITES, *_MAINTAINS, *_STRONG)
        return (*_MAINTAINS, *_STRONG) if self is Lock.BESIDE else _STRONG
