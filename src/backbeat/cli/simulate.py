"""`backbeat simulate`: the made-up network by itself, as a node to connect to or as recordings."""

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from backbeat.chain.networks import NETWORKS
from backbeat.chain.node_server import NodeServer
from backbeat.chain.simulator import genesis
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.record import Recorder
from backbeat.chain.simulator.rollover import SimulatedNetwork
from backbeat.cli.progress import progress
from backbeat.cli.verb import Json, print_json, verb
from backbeat.clock import SystemClock
from backbeat.errors import ConfigError, Exit
from backbeat.settings import Settings
from backbeat.settings_layers import Loaded, with_flags

NODE_DIR = "node"  # apart from the chain that `backbeat up` follows in the same data directory
STOPPED = 128 + signal.SIGTERM
BLOCKS = 600
PORT_MAX = 65_535

_FILES = "Recordings"
Serve = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Serve the chain as a Core node until Ctrl-C.")]
Record = Annotated[Path | None, typer.Option(help="Write whole blocks to this new file.", rich_help_panel=_FILES)]
Bare = Annotated[Path | None, typer.Option(help="Write bare transactions to this new file.", rich_help_panel=_FILES)]
Begin = Annotated[
    datetime | None,
    typer.Option(help="Time of block 0 in UTC; without it the last block is from now.", rich_help_panel=_FILES),
]
Blocks = Annotated[
    int | None,
    typer.Option(min=1, help=f"How many blocks to write (default {BLOCKS}), or to have when serving begins."),
]
Seed = Annotated[int | None, typer.Option(help="Which network.")]
Rate = Annotated[float | None, typer.Option(help="Transactions per second.")]
BlockSeconds = Annotated[float | None, typer.Option(help="Seconds from block to block.")]


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """What is written: whole blocks, bare transactions or both, from when."""

    record: Record = None
    transactions: Bare = None
    blocks: Blocks = None
    begin: Begin = None


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """Which network is made up; None: as the settings say."""

    seed: Seed = None
    rate: Rate = None
    block_seconds: BlockSeconds = None


@verb
async def simulate(
    loaded: Loaded, serve: Serve = None, files: Files = Files(), network: Network = Network(), as_json: Json = False
) -> int:
    """Make up a music network: serve it as a node, or write it to recordings."""
    flags = {
        "simulator.seed": network.seed,
        "simulator.txs_per_second": network.rate,
        "simulator.block_seconds": network.block_seconds,
        "simulator.backlog_blocks": files.blocks if serve else files.blocks or BLOCKS,
    }
    settings = with_flags(loaded, flags).settings
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    to_file = files.record is not None or files.transactions is not None
    if serve is not None and not to_file and files.begin is None:
        return await _serve(settings, _address(serve), stop, as_json=as_json)
    if serve is None and to_file:
        return await _record(settings, files, stop, as_json=as_json)
    raise ConfigError(
        "simulate_what",
        "The chain is either served or written to files, and only files can begin at a given time.",
        cure="Give --serve HOST:PORT, or give --record FILE or --transactions FILE or both.",
    )


async def _serve(settings: Settings, address: tuple[str, int], stop: asyncio.Event, *, as_json: bool) -> int:
    network = NETWORKS[settings.chain.network]
    data_dir = Path(settings.data_dir) / NODE_DIR
    source = SimulatedNetwork(settings.simulator, network, SystemClock(), data_dir)
    await source.open()
    async with NodeServer(source, *address) as node:
        facts = {"url": node.url, "chain_id": source.chain_id, "height": source.head_height}
        facts |= {"verifier_address": source.verifier_address}
        if as_json:
            print_json(facts)
        else:
            print(f"serving {source.chain_id} at {node.url}, {source.head_height:,} blocks so far; Ctrl-C stops")
        sys.stdout.flush()
        await stop.wait()
    return Exit.OK


async def _record(settings: Settings, files: Files, stop: asyncio.Event, *, as_json: bool) -> int:
    rates, network = settings.simulator, NETWORKS[settings.chain.network]
    maker = BlockMaker(rates.seed, rates.txs_per_second, rates.block_seconds, network, rates.rollover_blocks)
    chain = genesis.begin(rates, network.name, _microseconds(SystemClock().now()))
    if files.begin is not None:
        chain = msgspec.structs.replace(chain, genesis_us=_microseconds(files.begin.replace(tzinfo=UTC)))
    began = time.monotonic()
    with (
        Recorder(files.record, files.transactions) as recorder,
        progress("blocks", rates.backlog_blocks, does="Making up", as_json=as_json) as advance,
    ):
        for height in range(1, rates.backlog_blocks + 1):
            recorder.write(await asyncio.to_thread(maker.block, height, chain.time_us(height)))
            advance(height)
            if stop.is_set():
                break
    seconds = time.monotonic() - began
    paths = recorder.block_files + ([files.transactions] if files.transactions else [])
    _tell(recorder, maker, paths, seconds, as_json=as_json)
    return STOPPED if stop.is_set() else Exit.OK


def _tell(recorder: Recorder, maker: BlockMaker, files: list[Path], seconds: float, *, as_json: bool) -> None:
    written = recorder.kinds.total()
    facts: dict[str, Any] = {
        "chain_id": maker.chain_id,
        "blocks": recorder.blocks,
        "transactions": written,
        "kinds": dict(sorted(recorder.kinds.items())),
        "files": {str(path): path.stat().st_size for path in files},
        "seconds": round(seconds, 3),
        "transactions_per_second": round(written / seconds, 1),
        "verifier_address": maker.verifier_address,
    }
    if as_json:
        print_json(facts)
        return
    print(f"wrote {recorder.blocks:,} blocks, {written:,} transactions of {maker.chain_id}", end="")
    print(f" in {seconds:.1f} s ({written / seconds:,.0f}/s)")
    for name, size in facts["files"].items():
        print(f"  {name}: {size / 1e6:,.1f} MB")


def _address(serve: str) -> tuple[str, int]:
    host, _, port = serve.rpartition(":")
    is_host = bool(host) and (":" not in host or (host.startswith("[") and host.endswith("]")))
    if is_host and port.isascii() and port.isdecimal() and int(port) <= PORT_MAX:
        return host, int(port)
    wrong = "no host and port" if not (is_host and port) else f"a port that is no number from 0 to {PORT_MAX}"
    raise ConfigError(
        "serve_address_invalid",
        f"The address to serve at has {wrong}.",
        cure="Give HOST:PORT, such as 127.0.0.1:50051.",
    )


def _microseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
