"""How long the interpreter is kept from everybody else, in processor time, so that a busy machine changes nothing."""

import sys
import threading
import time
from asyncio import Handle
from types import FrameType, TracebackType
from typing import Any, Self


class Holds:
    """Watches the turns of the event loop and, with ``calls``, every call into C; costs time itself with the latter."""

    def __init__(self, *, calls: bool = False) -> None:
        self.seconds = 0.0
        self.longest_seconds = 0.0
        self.longest = ""
        self._calls = calls
        self._local = threading.local()
        self._run = Handle._run

    def __enter__(self) -> Self:
        self.seconds = -time.process_time()
        run, note = self._run, self._note

        def timed(handle: Handle) -> None:
            began = time.thread_time()
            run(handle)
            note(time.thread_time() - began, repr(handle))

        if self._calls:
            threading.setprofile(self._profile)
            sys.setprofile(self._profile)
        else:
            Handle._run = timed  # type: ignore[method-assign, assignment]  # every turn of the loop goes through it
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sys.setprofile(None)
        threading.setprofile(None)
        Handle._run = self._run  # type: ignore[method-assign]  # as above
        self.seconds += time.process_time()

    def _note(self, seconds: float, what: str) -> None:
        if seconds > self.longest_seconds:
            self.longest_seconds, self.longest = seconds, what

    def _profile(self, _frame: FrameType, event: str, arg: Any) -> None:
        """Time calls into C; one that calls back into Python lets others in and is not timed as one."""
        began = self._local.__dict__.setdefault("began", [])
        if event == "c_call":
            began.append(time.thread_time())
        elif event == "call":
            began[:] = [float("inf")] * len(began)
        elif began and event != "return":
            self._note(time.thread_time() - began.pop(), repr(arg))
