"""`backbeat index`: the block loop in a process of its own."""

from contextlib import closing
from typing import Annotated

import typer

from backbeat.app import Options, run
from backbeat.cli.chain import SourceOptions, StopAt, with_source
from backbeat.cli.connection import database_url
from backbeat.cli.stopping import until_signalled
from backbeat.cli.summary import show
from backbeat.cli.verb import Json, service
from backbeat.cli.watcher import make_watcher
from backbeat.clock import SystemClock
from backbeat.codes import Part
from backbeat.settings_layers import Loaded


@service
async def index(
    loaded: Loaded,
    source: SourceOptions,
    exit_at_tip: Annotated[bool, typer.Option("--exit-at-tip", help="Stop when the tip is reached.")] = False,
    stop_at: StopAt = None,
    as_json: Json = False,
) -> None:
    """Follow the chain until Ctrl-C, and nothing else; a second one stands by until the first is gone."""
    chosen = with_source(loaded, source)
    stop = until_signalled()
    options = Options(exit_at_tip=exit_at_tip, infer_snapshot=source.infer_snapshot, stop_at=stop_at)
    with closing(make_watcher(as_json=as_json)) as watcher:
        async with database_url(chosen, start=True) as url:
            summary = await run(url, chosen.settings, {Part.INDEX}, options, watcher, stop, SystemClock())
    show(summary, as_json=as_json)
