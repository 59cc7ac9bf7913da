"""Files of rewards: CSV by the standard library, Parquet by pyarrow where it is installed."""

import csv
import importlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, TextIO

import msgspec

from backbeat.errors import ConfigError
from backbeat.reads.evidence.lines import COLUMNS, Line

NUMBERS: Final = {"user_id", "amount", "block_number", "height", "paid_slot"}
GROUP_ROWS: Final = 10_000  # of Parquet, which compresses group by group; some 10 MB of text


class RewardsFile(Protocol):
    """What lines are written to, as they come."""

    def write(self, lines: Sequence[Line]) -> None:
        """Append lines."""
        ...


class CsvFile:
    """Comma-separated values with a line of names, as RFC 4180 has them but for line feeds; nothing stands for NULL."""

    def __init__(self, target: TextIO) -> None:
        self._writer = csv.writer(target, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def write(self, lines: Sequence[Line]) -> None:
        """Append lines."""
        self._writer.writerows(msgspec.structs.astuple(each) for each in lines)


class ParquetFile:
    """A Parquet file. Raises ConfigError where pyarrow is not installed."""

    def __init__(self, path: Path) -> None:
        self._arrow, parquet = _pyarrow()
        fields = [(name, self._arrow.int64() if name in NUMBERS else self._arrow.string()) for name in COLUMNS]
        self._schema = self._arrow.schema(fields)
        self._stack = ExitStack()
        self._writer = self._stack.enter_context(parquet.ParquetWriter(path, self._schema))
        self._waiting: list[Line] = []

    def write(self, lines: Sequence[Line]) -> None:
        """Append lines, a group at a time."""
        self._waiting += lines
        if len(self._waiting) >= GROUP_ROWS:
            self._write_group()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if kind is None and self._waiting:
                self._write_group()

    def _write_group(self) -> None:
        rows = [msgspec.structs.asdict(each) for each in self._waiting]
        self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._schema))
        self._waiting = []


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ConfigError(
            "parquet_not_installed",
            f"Parquet is written by pyarrow, which cannot be imported: {error}",
            cure="Install it with `pip install 'backbeat[parquet]'`, or use --format csv.",
        ) from error
