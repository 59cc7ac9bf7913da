"""`backbeat up`: everything in one process, with its progress on the terminal or in the log."""

import asyncio
from contextlib import closing
from typing import Annotated

import typer

from backbeat.app import Options, check, taken_port
from backbeat.app import up as run_everything
from backbeat.cli.chain import SourceOptions, StopAt, with_source
from backbeat.cli.connection import database_url
from backbeat.cli.stopping import until_signalled
from backbeat.cli.summary import show
from backbeat.cli.verb import Json, service
from backbeat.cli.watcher import make_watcher
from backbeat.clock import SystemClock
from backbeat.errors import JobsFailedError
from backbeat.index.summary import Summary
from backbeat.index.telling import Watcher
from backbeat.settings_layers import Loaded, with_flags


@service
async def up(
    loaded: Loaded,
    source: SourceOptions,
    exit_at_tip: Annotated[
        bool, typer.Option("--exit-at-tip", help="Stop when the tip is reached and derived state is settled.")
    ] = False,
    web: Annotated[bool | None, typer.Option("--web/--no-web", help="Serve the status page.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the status page.", min=0, max=65_535)] = None,
    stop_at: StopAt = None,
    as_json: Json = False,
) -> None:
    """Run PostgreSQL, the chain source, the indexer, the jobs and the status page until Ctrl-C."""
    chosen = with_source(with_flags(loaded, {"web.enabled": web, "web.port": port}), source)
    stop = until_signalled()
    check(chosen.settings)
    with taken_port(chosen.settings) as held, closing(make_watcher(as_json=as_json)) as watcher:
        options = Options(exit_at_tip=exit_at_tip, infer_snapshot=source.infer_snapshot, stop_at=stop_at, port=held)
        summary = await _run(chosen, options, watcher, stop)
    show(summary, as_json=as_json)
    require_settled(summary)


async def _run(chosen: Loaded, options: Options, watcher: Watcher, stop: asyncio.Event) -> Summary | None:
    async with database_url(chosen, start=True, create=True) as url:
        return await run_everything(url, chosen.settings, options, watcher, stop, SystemClock())


def require_settled(summary: Summary | None) -> None:
    """Raise JobsFailedError where a job was left with work, though all was to be settled."""
    if summary is not None and (left := summary.unsettled_jobs):
        raise JobsFailedError(
            "jobs_unsettled",
            f"Derived state is not settled: {', '.join(left)} failed, or found no end.",
            cure=f"See why with `backbeat jobs show {left[0]}`; the next `backbeat up` tries again.",
        )
