"""The options that choose a chain source, shared by every verb that indexes."""

from pathlib import Path
from typing import Annotated

import typer

from backbeat.errors import ConfigError
from backbeat.settings import Loaded, Settings, with_flags

Recording = Annotated[Path | None, typer.Option(help="Replay a recording instead of simulating a chain.")]
TxsPerBlock = Annotated[int | None, typer.Option(help="How a bare recording is packed into blocks.", min=1)]
Node = Annotated[str | None, typer.Option(help="Follow a Core node: grpc://host:port or grpcs://host:port.")]
Simulated = Annotated[bool, typer.Option("--simulate", help="Simulate a chain, whatever the settings say.")]
InferSnapshot = Annotated[
    bool, typer.Option("--infer-snapshot", help="First load the state that the recording takes for granted.")
]
Seed = Annotated[int | None, typer.Option(help="Which simulated network.")]
Rate = Annotated[float | None, typer.Option(help="Simulated transactions per second.", min=0)]


def with_source(
    loaded: Loaded,
    *,
    recording: Path | None,
    txs_per_block: int | None,
    node: str | None,
    simulate: bool,
    infer_snapshot: bool,
    seed: int | None,
    rate: float | None,
) -> Loaded:
    """Return the settings with the chain source that the options choose. Raises ConfigError if it cannot be used."""
    source = "recording" if recording else "node" if node else "simulator" if simulate else None
    chosen = with_flags(
        loaded,
        {
            "chain.source": source,
            "chain.recording": str(recording) if recording else None,
            "chain.node_url": node,
            "chain.txs_per_block": txs_per_block,
            "simulator.seed": seed,
            "simulator.txs_per_second": rate,
        },
    )
    _check(chosen.settings, infer_snapshot=infer_snapshot)
    return chosen


def _check(settings: Settings, *, infer_snapshot: bool) -> None:
    if settings.chain.source == "recording" and not Path(settings.chain.recording).is_file():
        raise ConfigError(
            "recording_not_found",
            f"There is no recording at {settings.chain.recording!r}.",
            cure="Give the path of a file, or make one with `backbeat simulate --record FILE`.",
        )
    if infer_snapshot and settings.chain.source != "recording":
        raise ConfigError(
            "snapshot_without_recording",
            "A snapshot is inferred from a recording, and none was given.",
            cure="Add --recording FILE.",
        )
