"""That the benchmarks still run; what they say at this size means nothing."""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

TESTS = Path(__file__).parents[1]
MEASURED = {"catch_up", "plays_copy", "one_block", "memory", "decoding", "merging", "quiet"}


async def test_a_quick_run_measures_everything() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", "--quick", "--json",
        env={**os.environ, "PYTHONPATH": str(TESTS)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    report = msgspec.json.decode(output)
    assert process.returncode == 0
    assert report["figures"].keys() == MEASURED
    for name, figures in report["figures"].items():
        assert figures, name
        assert all(figure["max"] >= figure["median"] >= figure["min"] >= 0 for figure in figures), name
