"""Builds the chain that a loop follows, as the settings name it."""

from pathlib import Path
from random import SystemRandom

import structlog

from backbeat.chain.native import installed_reader
from backbeat.chain.networks import NETWORKS
from backbeat.chain.node import NodeSource
from backbeat.chain.node_settings import NodeSettings
from backbeat.chain.recording import open_recording
from backbeat.chain.sequence import Chains, check_start, parse
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.blocks import simulated_chains, simulated_verifier
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.chain.source import Source
from backbeat.chain.successive import SuccessiveSource
from backbeat.chain.until import UntilSource
from backbeat.chain.witness import Witness
from backbeat.clock import Clock
from backbeat.index.followed import FollowedChain
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import ChainSettings, Settings

log = structlog.get_logger(__name__)


def followed_chain(
    settings: Settings, clock: Clock, *, exit_at_tip: bool = False, stop_at: int | None = None
) -> FollowedChain:
    """Return the chains of the source that the settings name, up to ``stop_at`` if it is given.

    Nothing is opened yet. Raises ConfigError.
    """
    chain = settings.chain
    chains = chains_of(settings)
    check_start(chains, chain.start_height)
    source = _source(settings, chains, clock)
    native = installed_reader() if chain.native else None
    log.info("blocks_reader_chosen", native=native is not None)
    return FollowedChain(
        source=source if stop_at is None else UntilSource(source, stop_at),
        rules=rules_of(settings),
        verifier=Verifier(NETWORKS[chain.network]),
        watch=_watch(source, chain, chains, clock),
        source_name=chain.source,
        chains=chains,
        start_height=chain.start_height,
        exit_at_tip=exit_at_tip or stop_at is not None,
        migration_case=chain.migration_case,
        explorer_blocks=chain.explorer_blocks,
        check_hashes=chain.check_hashes,
        native=native,
    )


def rules_of(settings: Settings) -> EntityRules:
    """Return what the rules of entity transactions depend on."""
    return _rules(settings.chain, _verifier_of(settings))


def chains_of(settings: Settings) -> Chains:
    """Return the chains of the network: the simulated one knows its own, others have to be listed."""
    if settings.chain.source == "simulator":
        return simulated_chains(settings.simulator)
    return parse(settings.chain.chain_ids)


def _source(settings: Settings, chains: Chains, clock: Clock) -> Source:
    make = SOURCES[settings.chain.source]
    if len(chains.spans) > 1:
        return SuccessiveSource(
            chains, lambda span: make(settings, chains, span.chain_id, clock), clock=clock, random=SystemRandom()
        )
    return make(settings, chains, "".join(chains.ids), clock)


def _rules(chain: ChainSettings, verifier_address: str) -> EntityRules:
    return EntityRules(
        chain.verify_signatures,
        verifier_address.lower(),
        chain.refuse_replays,
        chain.replay_window_rows,
        chain.replay_window_days,
        chain.migration_authority.lower(),
        chain.migration_blocks,
    )


def _watch(source: Source, chain: ChainSettings, chains: Chains, clock: Clock) -> SourceWatch:
    """Build what holds a source to the blocks that were indexed; a node is also held to making blocks."""
    if chain.source != "node":
        return SourceWatch(source, clock)
    if not chain.verifier_address:
        log.warning("no_verifier_address", cure="Set chain.verifier_address, or every User/Verify is refused.")
    witness = None
    if chain.witness_url:
        witness = Witness(chain.witness_url, chain.node_url, chains=chains, clock=clock, random=SystemRandom())
    return SourceWatch(source, clock, still_seconds_max=chain.still_seconds_max, witness=witness)


def _verifier_of(settings: Settings) -> str:
    """Return who may verify users: the simulated network has a verifier of its own, others have to be told."""
    if settings.chain.source != "simulator":
        return settings.chain.verifier_address
    return simulated_verifier(settings.simulator, NETWORKS[settings.chain.network])


def _recording(settings: Settings, _chains: Chains, chain_id: str, _clock: Clock) -> Source:
    chain = settings.chain
    path = chain.recording_of.get(chain_id, chain.recording)
    return open_recording(Path(path), txs_per_block=chain.txs_per_block)


def _node(settings: Settings, chains: Chains, chain_id: str, clock: Clock) -> Source:
    chain = settings.chain
    url = chain.node_url_of.get(chain_id, chain.node_url)
    asked = NodeSettings(serve_seconds_max=chain.still_seconds_max)
    return NodeSource(url, chain_id=chain_id, chains=chains, settings=asked, clock=clock, random=SystemRandom())


def _simulator(settings: Settings, _chains: Chains, chain_id: str, clock: Clock) -> Source:
    network, data_dir = NETWORKS[settings.chain.network], Path(settings.data_dir)
    return SimulatorSource(settings.simulator, network, clock, data_dir, chain_id)


SOURCES = {"recording": _recording, "node": _node, "simulator": _simulator}
