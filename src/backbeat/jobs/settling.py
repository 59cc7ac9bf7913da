"""A runner that leaves nothing undone: for a program that ends by itself once everything is indexed."""

import asyncio
from collections.abc import Sequence

from backbeat.clock import Clock
from backbeat.codes import Part
from backbeat.db.outage import retry_while_unreachable
from backbeat.jobs.runner import Runner
from backbeat.service import until


class SettlingRunner:
    """The service that runs ``runner`` until drained, and then every job until nothing is left, unless ``stop`` is set.

    The second may take long; ``stop`` ends it. ``unsettled`` names the jobs that were left with work.
    """

    name = Part.JOBS

    def __init__(self, runner: Runner, stop: asyncio.Event, clock: Clock) -> None:
        self._runner = runner
        self._stop = stop
        self._clock = clock
        self.unsettled: Sequence[str] = ()

    async def run(self) -> None:
        """Run what is due until drained; then settle, also through outages."""
        await self._runner.run()
        if not self._stop.is_set():
            settling = retry_while_unreachable(self._runner.run_until_idle, self._clock, "run_until_idle")
            self.unsettled = await until(settling, self._stop) or ()

    def drain(self) -> None:
        """Go over to settling."""
        self._runner.drain()
