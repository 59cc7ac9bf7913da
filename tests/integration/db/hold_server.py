"""Starts the embedded server in argv[1], says its process id and address, and leaves it when standard input ends.

argv[2] may name an account to become first, after the imports: it may not be able to read the interpreter's files.
"""

import asyncio
import concurrent.futures.thread  # noqa: F401 - asyncio imports it late
import os
import pwd
import sys
from pathlib import Path

import structlog
from clusters import chosen

from backbeat.db.embedded import EmbeddedPostgres


async def main(data_dir: Path) -> None:
    async with EmbeddedPostgres(data_dir, chosen()) as running:
        sys.stdout.write(f"{running.pid} {running.url}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def become(name: str) -> None:
    account = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    for name in sys.argv[2:]:
        become(name)
    asyncio.run(main(Path(sys.argv[1])))
