"""Builds the chain that a loop follows, as the settings name it."""

from pathlib import Path
from random import SystemRandom

import structlog

from backbeat.chain.networks import NETWORKS
from backbeat.chain.node import NodeSource
from backbeat.chain.node_settings import NodeSettings
from backbeat.chain.recording import open_recording
from backbeat.chain.signatures import Verifier
from backbeat.chain.simulator.source import SimulatorSource
from backbeat.chain.source import Source
from backbeat.chain.witness import Witness
from backbeat.clock import Clock
from backbeat.index.followed import FollowedChain
from backbeat.index.watch import SourceWatch
from backbeat.index.wire.transaction import EntityRules
from backbeat.settings import ChainSettings, Settings

log = structlog.get_logger(__name__)


def followed_chain(settings: Settings, clock: Clock, *, exit_at_tip: bool = False) -> FollowedChain:
    """Return the chain of the source that the settings name; nothing is opened yet."""
    chain = settings.chain
    source = SOURCES[chain.source](settings, clock)
    return FollowedChain(
        source=source,
        rules=_rules(chain, _verifier_of(source, settings)),
        verifier=Verifier(NETWORKS[chain.network]),
        watch=_watch(source, chain, clock),
        source_name=chain.source,
        start_height=chain.start_height,
        exit_at_tip=exit_at_tip,
        check_hashes=chain.check_hashes,
    )


def rules_of(settings: Settings, clock: Clock) -> EntityRules:
    """Return what the rules of entity transactions depend on, where no source is followed."""
    is_simulated = settings.chain.source == "simulator"
    return _rules(
        settings.chain,
        _verifier_of(_simulator(settings, clock), settings) if is_simulated else settings.chain.verifier_address,
    )


def _rules(chain: ChainSettings, verifier_address: str) -> EntityRules:
    return EntityRules(
        chain.verify_signatures,
        verifier_address.lower(),
        chain.refuse_replays,
        chain.replay_window_rows,
        chain.replay_window_days,
    )


def _watch(source: Source, chain: ChainSettings, clock: Clock) -> SourceWatch:
    """Build what holds a source to the blocks that were indexed; a node is also held to making blocks."""
    if chain.source != "node":
        return SourceWatch(source, clock)
    if not chain.verifier_address:
        log.warning("no_verifier_address", cure="Set chain.verifier_address, or every User/Verify is refused.")
    witness = None
    if chain.witness_url:
        witness = Witness(chain.witness_url, chain.node_url, clock=clock, random=SystemRandom())
    return SourceWatch(source, clock, still_seconds_max=chain.still_seconds_max, witness=witness)


def _verifier_of(source: Source, settings: Settings) -> str:
    """Return who may verify users: the simulated network has a verifier of its own, others have to be told."""
    return source.verifier_address if isinstance(source, SimulatorSource) else settings.chain.verifier_address


def _recording(settings: Settings, _clock: Clock) -> Source:
    return open_recording(Path(settings.chain.recording), txs_per_block=settings.chain.txs_per_block)


def _node(settings: Settings, clock: Clock) -> Source:
    chain = settings.chain
    asked = NodeSettings(serve_seconds_max=chain.still_seconds_max)
    return NodeSource(chain.node_url, chain_id=chain.chain_id, settings=asked, clock=clock, random=SystemRandom())


def _simulator(settings: Settings, clock: Clock) -> Source:
    return SimulatorSource(settings.simulator, NETWORKS[settings.chain.network], clock, Path(settings.data_dir))


SOURCES = {"recording": _recording, "node": _node, "simulator": _simulator}
