"""``python -m bench.synthetic --scale 0.1``: build the database of a scale, if it is not there yet."""

import argparse
import asyncio
from pathlib import Path

from bench.quiet_log import quiet_log
from bench.synthetic.library import DEFAULT, opened


async def _build(place: Path, scale: float) -> None:
    async with opened(place, scale):
        pass


def main() -> None:
    """Build and stop the server again."""
    parser = argparse.ArgumentParser(prog="bench.synthetic", description=__doc__)
    parser.add_argument("--scale", type=float, default=0.1, help="1 is a tenth of the main network")
    parser.add_argument("--data", type=Path, default=DEFAULT, help="the folder that keeps the databases")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    quiet_log()
    asyncio.run(_build(options.data, options.scale))


if __name__ == "__main__":
    main()
