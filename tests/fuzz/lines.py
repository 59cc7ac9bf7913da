"""Which lines of the rules a transaction runs."""

import sys
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

from backbeat.index import entities
from backbeat.index.batch import Batch, Step
from fuzz.corpus import Line

RULES = str(Path(entities.__file__).parents[1])  # with what entities stand on: content, payload, wire


class Lines:
    """While entered, notes the lines that each transaction of a block runs, by its place."""

    def __init__(self) -> None:
        self.of: defaultdict[int, set[Line]] = defaultdict(set)
        self._handle = Batch._handle
        self._is_rule: dict[CodeType, bool] = {}
        self._running: set[Line] = set()

    def __enter__(self) -> Self:
        handle, lines = self._handle, self

        def watched(batch: Batch, step: Step) -> Any:
            lines._running, before = lines.of[step.index], sys.gettrace()
            sys.settrace(lines._call)
            try:
                return handle(batch, step)
            finally:
                sys.settrace(before)

        Batch._handle = watched  # type: ignore[method-assign, assignment]  # for as long as it is watched
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Batch._handle = self._handle  # type: ignore[method-assign]  # as above

    def _call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        code = frame.f_code
        if code not in self._is_rule:
            self._is_rule[code] = code.co_filename.startswith(RULES)
        return self._line if self._is_rule[code] else None

    def _line(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            self._running.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line
