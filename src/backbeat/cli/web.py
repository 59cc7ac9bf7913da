"""`backbeat web`: the page and the API in a process of their own."""

from contextlib import closing
from typing import Annotated

import typer

from backbeat.app import Options, check, run
from backbeat.cli.connection import database_url
from backbeat.cli.stopping import until_signalled
from backbeat.cli.verb import Json, service
from backbeat.cli.watcher import make_watcher
from backbeat.clock import SystemClock
from backbeat.codes import Part
from backbeat.settings_layers import Loaded, with_flags
from backbeat.web.server import listen


@service
async def web(
    loaded: Loaded,
    port: Annotated[int | None, typer.Option(help="Port of the status page.", min=0, max=65_535)] = None,
    as_json: Json = False,
) -> None:
    """Serve the status page and the API until Ctrl-C, and nothing else."""
    chosen = with_flags(loaded, {"web.port": port})
    stop = until_signalled()
    check(chosen.settings)
    page = chosen.settings.web
    with listen(page.host, page.port) as listening, closing(make_watcher(as_json=as_json)) as watcher:
        async with database_url(chosen, start=True) as url:
            await run(url, chosen.settings, {Part.WEB}, Options(port=listening), watcher, stop, SystemClock())
