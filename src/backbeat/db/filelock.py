"""Locks between processes that vanish with their holder, whatever ends it."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory lock on a file, held by this object; the kernel drops it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def try_exclusive(self) -> bool:
        """Take the lock alone, or turn a shared hold into one; False when others hold it."""
        return self._try(fcntl.LOCK_EX)

    def try_shared(self) -> bool:
        """Take the lock beside other sharers; False when another process holds it alone."""
        return self._try(fcntl.LOCK_SH)

    def release(self) -> None:
        """Release the lock; does nothing when none is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self, kind: int) -> bool:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
