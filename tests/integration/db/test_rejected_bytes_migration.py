"""What was refused before its bytes were kept apart is there afterwards, its bytes once."""

import shutil
from pathlib import Path

import psycopg

from backbeat.clock import SystemClock
from backbeat.db.migrate import MIGRATIONS, migrate

BEFORE = """
    INSERT INTO backbeat.rejected_transactions (
        chain_id, height, tx_index, play_index, tx_hash, block_time, kind, reason, raw
    )
    SELECT 'dev', height, tx_index, play_index, 'FF', now(), 'plays', 'value_out_of_range', raw
    FROM (VALUES (1, 0, 3, '\\x0102'::bytea), (1, 0, 4, '\\x0102'), (1, 2, -1, '\\x03'), (7, 0, 0, '\\x040506'))
        AS old (height, tx_index, play_index, raw)
"""


def those_before(name: str, folder: Path) -> None:
    """Copy the migrations before the one of that name."""
    files = sorted(Path(str(MIGRATIONS)).glob("*.sql"))
    [mine] = [file for file in files if file.stem.endswith(name)]
    for file in files[: files.index(mine)]:
        shutil.copy(file, folder)


async def test_the_bytes_of_a_transaction_are_moved_once(empty_database_url: str, tmp_path: Path) -> None:
    those_before("rejected_bytes", tmp_path)
    await migrate(empty_database_url, clock=SystemClock(), directory=tmp_path)
    async with await psycopg.AsyncConnection.connect(empty_database_url, autocommit=True) as connection:
        await connection.execute(BEFORE)
        await migrate(empty_database_url, clock=SystemClock())
        kept = "SELECT height, tx_index, upto_bytes, raw FROM backbeat.rejected_bytes ORDER BY 1, 2"
        assert await (await connection.execute(kept)).fetchall() == [
            (1, 0, 2, b"\x01\x02"), (1, 2, 3, b"\x03"), (7, 0, 6, b"\x04\x05\x06"),
        ]  # fmt: skip
        listed = "SELECT height, play_index, refused_plays FROM backbeat.rejected_transactions ORDER BY 1, tx_index, 2"
        assert await (await connection.execute(listed)).fetchall() == [(1, 3, 2), (1, 4, 2), (1, -1, 0), (7, 0, 1)]
