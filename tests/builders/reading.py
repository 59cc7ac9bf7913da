"""Decoding by either reader of blocks: Python's, the reference, and the one in C, built for the tests."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import msgspec

from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block, Transaction
from backbeat.chain.native import NativeReader
from backbeat.chain.play_times import PlayTimes
from backbeat.chain.proto import core_pb2
from backbeat.chain.signatures import Verifier

SOURCES: Final = Path(__file__).parents[2] / "native/src/backbeat_native"
FLAGS: Final = ("-std=c11", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wconversion", "-Werror")


BLOCK_SECONDS: Final = 1_767_323_045  # 2026-01-02 03:04:05 UTC


class Reads:
    """Decodes by Python alone or with ``native``; plays as they are heard, which is all that rows of them say."""

    def __init__(self, native: NativeReader | None = None) -> None:
        self._native = native

    def block(self, served: core_pb2.Block, verifier: Verifier | None = None, **how: Any) -> Block:
        return as_heard(decode_block(served, verifier, native=self._native, **how))

    def signed(self, signed: core_pb2.SignedTransaction) -> Transaction:
        """Decode one transaction, as the only one of a block."""
        block = core_pb2.Block(height=1, hash="a" * 64, chain_id="dev", timestamp={"seconds": BLOCK_SECONDS})
        block.transactions.add(transaction=signed)
        (transaction,) = self.block(block).transactions
        return transaction


def as_heard(block: Block) -> Block:
    """Return a block whose plays are objects, each dated as the block lets it be."""
    times = PlayTimes(block.time)
    transactions = []
    for transaction in block.transactions:
        plays = tuple(msgspec.structs.replace(play, played_at=times.of(play.played_at)) for play in transaction.plays)
        transactions.append(msgspec.structs.replace(transaction, plays=plays))
    return msgspec.structs.replace(block, transactions=tuple(transactions))


def what_is_missing() -> str:
    """Say what keeps C from being compiled here; empty if nothing does. ``CC`` names another compiler."""
    compiler = _compiler()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler {compiler}"
    return "" if (_headers() / "Python.h").exists() else "Python's headers are not installed"


def build(folder: Path) -> ModuleType:
    """Compile the reader into ``folder`` and load it; ``CFLAGS`` adds to how, such as ``-fsanitize=undefined``."""
    built = folder / "_blocks.abi3.so"
    flags = [*FLAGS, *shlex.split(os.environ.get("CFLAGS", ""))]
    subprocess.run(
        [*_compiler(), *flags, f"-I{_headers()}", *map(str, sorted(SOURCES.glob("*.c"))), "-o", str(built)], check=True
    )
    spec = importlib.util.spec_from_file_location("backbeat_native._blocks", built)
    if spec is None or spec.loader is None:
        raise ImportError(name=str(built))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "cc"))


def _headers() -> Path:
    return Path(sysconfig.get_path("include"))
