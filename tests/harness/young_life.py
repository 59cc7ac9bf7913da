"""A young network with a row in every derived table, at rest: what audits are tried on."""

import asyncio
from pathlib import Path

import msgspec

from backbeat.app import Options, up
from backbeat.clock import SystemClock
from backbeat.db.pool import open_lanes
from backbeat.index.progress import Progress
from backbeat.jobs.catalog import everything
from backbeat.jobs.runner import Runner
from backbeat.settings import DatabaseSettings, JobsSettings, Settings, SimulatorSettings, WebSettings
from bench.server import connect

TIPS = """
    INSERT INTO user_tips (slot, signature, sender_user_id, receiver_user_id, amount, created_at, updated_at)
    SELECT n, 'tip' || n, sender.user_id, receiver.user_id, 1000 * n, now(), now()
    FROM generate_series(1, 20) AS n
    CROSS JOIN LATERAL (SELECT user_id FROM users ORDER BY user_id OFFSET n % 4 LIMIT 1) AS sender
    CROSS JOIN LATERAL (SELECT user_id FROM users ORDER BY user_id DESC OFFSET n % 3 LIMIT 1) AS receiver
"""


class Nobody:
    """Watches nothing."""

    def started(self, urls: dict[str, str]) -> None:
        """Hear nothing."""

    def progress(self, progress: Progress) -> None:
        """Hear nothing."""


async def live(url: str, folder: Path) -> None:
    """Let an empty database follow a made-up chain to its tip, and bring all jobs to rest."""
    settings = Settings(
        data_dir=str(folder),
        database=DatabaseSettings(url=url),
        simulator=SimulatorSettings(txs_per_second=500.0, backlog_blocks=40),
        web=WebSettings(enabled=False),
        jobs=JobsSettings(enabled=False),
    )
    settings = msgspec.structs.replace(settings, chain=msgspec.structs.replace(settings.chain, source="simulator"))
    await up(url, settings, Options(exit_at_tip=True), Nobody(), asyncio.Event(), SystemClock())
    async with await connect(url) as connection:
        await connection.execute(TIPS)
    chosen = JobsSettings(social_sets=True)
    jobs = everything(Settings(jobs=chosen))
    async with await open_lanes(url, DatabaseSettings()) as lanes:
        # nobody has a score while users are told: on so young a network most accounts would count for nothing
        for some in ([job for job in jobs if job.name == "notifications"], jobs):
            await Runner(lanes, some, chosen, SystemClock()).run_until_idle()
