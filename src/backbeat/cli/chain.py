"""The options that choose a chain source, shared by every verb that indexes."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from backbeat.chain.client import check_node
from backbeat.cli.usage import finite
from backbeat.errors import ArgumentError, ConfigError
from backbeat.settings import Settings
from backbeat.settings_layers import Loaded, with_flags

Recording = Annotated[Path | None, typer.Option(help="Replay a recording instead of simulating a chain.")]
TxsPerBlock = Annotated[int | None, typer.Option(help="How a bare recording is packed into blocks.", min=1)]
Node = Annotated[str | None, typer.Option(help="Follow a Core node: grpc://host:port or grpcs://host:port.")]
StopAt = Annotated[int | None, typer.Option(help="Stop behind the block of this height.", min=1)]
Simulated = Annotated[bool, typer.Option("--simulate", help="Simulate a chain, whatever the settings say.")]
InferSnapshot = Annotated[
    bool, typer.Option("--infer-snapshot", help="First load the state that the recording takes for granted.")
]
Seed = Annotated[int | None, typer.Option(help="Which simulated network.")]
Rate = Annotated[float | None, typer.Option(callback=finite, help="Simulated transactions per second.", min=0)]


class SourceOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says about the chain source; None where it says nothing."""

    recording: Recording = None
    """A file to replay."""
    txs_per_block: TxsPerBlock = None
    """How many transactions of a bare recording make a block."""
    node: Node = None
    """The address of a Core node."""
    simulate: Simulated = False
    """Simulate, whatever the settings say."""
    infer_snapshot: InferSnapshot = False
    """First load what the recording takes for granted."""
    seed: Seed = None
    """Which simulated network."""
    rate: Rate = None
    """Simulated transactions per second."""


def with_source(loaded: Loaded, options: SourceOptions) -> Loaded:
    """Return the settings with the chain source that the options choose. Raises ConfigError if it cannot be used."""
    _check_clashes(options)
    chosen = with_flags(
        loaded,
        {
            "chain.source": _source(options),
            "chain.recording": str(options.recording) if options.recording else None,
            "chain.node_url": options.node,
            "chain.txs_per_block": options.txs_per_block,
            "simulator.seed": options.seed,
            "simulator.txs_per_second": options.rate,
        },
    )
    _check(chosen.settings, infer_snapshot=options.infer_snapshot)
    _check_of_source(chosen.settings.chain.source, options)
    return chosen


def _source(options: SourceOptions) -> str | None:
    if options.recording:
        return "recording"
    return "node" if options.node is not None else "simulator" if options.simulate else None


def _check_clashes(options: SourceOptions) -> None:
    given = {
        "--recording": options.recording is not None,
        "--node": options.node is not None,
        "--simulate": options.simulate,
    }
    chosen = [name for name, is_given in given.items() if is_given]
    if len(chosen) > 1:
        raise ArgumentError(
            "source_options_clash",
            f"{' and '.join(chosen)} name different chain sources.",
            cure="Name one of --recording, --node and --simulate.",
        )


def _check_of_source(source: str, options: SourceOptions) -> None:
    """Raise ArgumentError for an option that says something of another source than the one that is followed."""
    of = {
        "--txs-per-block": ("recording", options.txs_per_block),
        "--seed": ("simulator", options.seed),
        "--rate": ("simulator", options.rate),
    }
    for name, (belongs_to, value) in of.items():
        if value is not None and belongs_to != source:
            raise ArgumentError(
                "source_options_clash",
                f"{name} is of a {belongs_to}, and the chain source is a {source}.",
                cure=f"Leave {name} out, or choose the other source.",
            )


def _check(settings: Settings, *, infer_snapshot: bool) -> None:
    if settings.chain.source == "recording" and not Path(settings.chain.recording).is_file():
        raise ConfigError(
            "recording_not_found",
            f"There is no recording at {settings.chain.recording!r}.",
            cure="Give the path of a file, or make one with `backbeat simulate --record FILE`.",
        )
    if settings.chain.source == "node":
        check_node(settings.chain.node_url, "chain.node_url")
    if infer_snapshot and settings.chain.source != "recording":
        raise ConfigError(
            "snapshot_without_recording",
            "A snapshot is inferred from a recording, and none was given.",
            cure="Add --recording FILE.",
        )
