"""Decoding by either reader of plays: Python's, the reference, and the one in C, built for the tests."""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from backbeat.chain.decode import decode_block
from backbeat.chain.model import Block, Transaction
from backbeat.chain.native import ReadPlays
from backbeat.chain.proto import core_pb2

SOURCE: Final = Path(__file__).parents[2] / "native/src/backbeat_native/_plays.c"
FLAGS: Final = ("-std=c11", "-O1", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wconversion", "-Werror")


class Reads:
    """Decodes without recovering signatures, by Python alone or with ``read_plays``."""

    def __init__(self, read_plays: ReadPlays | None = None) -> None:
        self._read_plays = read_plays

    def block(self, served: core_pb2.Block, **how: Any) -> Block:
        return decode_block(served, None, read_plays=self._read_plays, **how)

    def signed(self, signed: core_pb2.SignedTransaction) -> Transaction:
        """Decode one transaction, as the only one of a block."""
        block = core_pb2.Block(height=1, hash="a" * 64, chain_id="dev", timestamp={"seconds": 1})
        block.transactions.add(transaction=signed)
        (transaction,) = self.block(block).transactions
        return transaction


def what_is_missing() -> str:
    """Say what keeps C from being compiled here; empty if nothing does. ``CC`` names another compiler."""
    compiler = _compiler()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler {compiler}"
    return "" if (_headers() / "Python.h").exists() else "Python's headers are not installed"


def build(folder: Path) -> ModuleType:
    """Compile the reader into ``folder`` and load it; ``CFLAGS`` adds to how, such as ``-fsanitize=undefined``."""
    built = folder / "_plays.abi3.so"
    flags = [*FLAGS, *shlex.split(os.environ.get("CFLAGS", ""))]
    subprocess.run([*_compiler(), *flags, f"-I{_headers()}", str(SOURCE), "-o", str(built)], check=True)
    spec = importlib.util.spec_from_file_location("backbeat_native._plays", built)
    if spec is None or spec.loader is None:
        raise ImportError(name=str(built))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compiler() -> list[str]:
    return shlex.split(os.environ.get("CC", "cc"))


def _headers() -> Path:
    return Path(sysconfig.get_path("include"))
