"""The jobs in a process of their own: any number of such workers share the schedule."""

from contextlib import closing

from backbeat.app import Options, run
from backbeat.cli.connection import database_url
from backbeat.cli.show import show
from backbeat.cli.stopping import until_signalled
from backbeat.cli.verb import of_service, print_json
from backbeat.cli.watcher import make_watcher
from backbeat.clock import SystemClock
from backbeat.codes import Part
from backbeat.observe import logs
from backbeat.settings_layers import Loaded


async def work(loaded: Loaded, *, dry_run: bool, as_json: bool) -> None:
    """Run what is due until this process is asked to end; then let it finish within a bound."""
    if dry_run:
        if as_json:
            print_json({"dry_run": True, "action": "serve"})
        else:
            show("Would serve the schedule until stopped.")
        return
    # this one form of the verb is a service: its log is what people watch
    logs.configure(of_service(loaded), secrets=logs.secrets_of(loaded.settings))
    stop = until_signalled()
    with closing(make_watcher(as_json=as_json)) as watcher:
        async with database_url(loaded, start=True) as url:
            await run(url, loaded.settings, {Part.JOBS}, Options(), watcher, stop, SystemClock())
