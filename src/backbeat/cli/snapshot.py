"""``backbeat snapshot``: the state that a recording takes for granted, inferred and loaded on request."""

import asyncio
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backbeat.chain.recording import iter_transactions
from backbeat.cli.connection import database_url
from backbeat.cli.groups import Group
from backbeat.cli.progress import progress
from backbeat.cli.verb import DryRun, Json, verb
from backbeat.clock import SystemClock
from backbeat.db.migrate import migrate
from backbeat.db.pool import open_lanes
from backbeat.how_far import Tell
from backbeat.index.snapshot.recorded import infer_recorded, load_inferred
from backbeat.observe import figures
from backbeat.settings_layers import Loaded

app = typer.Typer(cls=Group, help="The state that a recording takes for granted.", no_args_is_help=True)


@app.command("infer")
@verb
async def infer(
    loaded: Loaded,
    recording: Annotated[
        Path, typer.Argument(help="A recording of transactions or blocks.", exists=True, dir_okay=False)
    ],
    txs_per_block: Annotated[
        int | None, typer.Option(help="How the bare recording will be packed into blocks.", min=1)
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Write the snapshot here as JSON, and to no database.")] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Infer which users, tracks and playlists existed before a recording, and load them into an empty database."""
    if output is not None:
        with _reading(recording, as_json=as_json) as tell:
            snapshot = await asyncio.to_thread(infer_recorded, recording, tell=tell)
        if not dry_run:
            output.write_bytes(msgspec.json.format(msgspec.json.encode(snapshot), indent=1))
        sys.stderr.write(f"{len(snapshot.users):,} users, {len(snapshot.tracks):,} tracks: {output}\n")
        return
    await asyncio.to_thread(_first_of, recording)
    packing = txs_per_block or loaded.settings.chain.txs_per_block
    async with database_url(loaded, start=True, create=True) as url:
        await migrate(url, clock=SystemClock())
        async with await open_lanes(url, loaded.settings.database) as lanes:
            with _reading(recording, as_json=as_json) as tell:
                done = await load_inferred(recording, packing, lanes, dry_run=dry_run, tell=tell)
    if as_json:
        sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
        return
    verb_done = "Already there" if done.already else "Would load" if dry_run else "Loaded"
    rows = (each for each in msgspec.structs.asdict(done).items() if each[0] != "already")
    counts = (figures.plural(count, name.removesuffix("s")) for name, count in rows)
    sys.stdout.write(f"{verb_done}: {', '.join(counts)}.\n")


def _first_of(recording: Path) -> None:
    """Read the beginning: what is no recording is said before a database is made for it."""
    next(iter_transactions(recording), None)


def _reading(recording: Path, *, as_json: bool) -> AbstractContextManager[Tell]:
    """Show how far a recording is read; what follows takes little beside that."""
    size = recording.stat().st_size
    return progress("bytes", size, does=f"Inferring from {recording.name}", is_about=True, as_json=as_json)
