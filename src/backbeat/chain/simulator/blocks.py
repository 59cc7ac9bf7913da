"""Whole blocks of the made-up chain, each a function of the seed, the rates, its height and its time."""

from functools import lru_cache
from hashlib import sha256
from typing import Final

from backbeat.chain.networks import Network
from backbeat.chain.proto import core_pb2
from backbeat.chain.sequence import Chains, Span
from backbeat.chain.simulator.acts import ACTS, VERIFIER, Draft
from backbeat.chain.simulator.acts_notices import view
from backbeat.chain.simulator.acts_playlists import make
from backbeat.chain.simulator.acts_tracks import upload
from backbeat.chain.simulator.acts_users import sign_up, vouch
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.draw import Stream
from backbeat.chain.simulator.plays import plays_transaction
from backbeat.chain.simulator.schedule import PLAYS, Occasion, Schedule
from backbeat.chain.simulator.validators import MESSAGES, nodes_of, request_id
from backbeat.chain.simulator.world import World
from backbeat.errors import ConfigError
from backbeat.settings import SimulatorSettings

_MICROSECONDS: Final = 1_000_000
_FNV_OFFSET: Final = 0x811C9DC5
_FNV_PRIME: Final = 0x01000193
_CHAPTERS_KEPT: Final = 4  # a block touches two
_PASTIME_SLOTS: Final = 1_000_000  # from here on, apart from the slots that looking at notifications has of its own
_FOUNDING: Final = -1  # the birth up to which everybody and everything is founding population


class BlockMaker:
    """Makes blocks in any order, for one thread at a time; raises ConfigError for rates that cannot work.

    They are asked for by their place in the story, from 1. A story that is told by several chains goes on from one to
    the next; ``rollover_blocks`` is how many blocks each of the earlier ones has.
    """

    def __init__(
        self,
        seed: int,
        txs_per_second: float,
        block_seconds: float,
        network: Network,
        rollover_blocks: tuple[int, ...] = (),
    ) -> None:
        self.chains = _chains(seed, rollover_blocks)
        self.schedule = Schedule(seed, txs_per_second, block_seconds)
        self.world = World(seed, network, self.schedule.verses)
        self._nodes = nodes_of(seed)
        self._dice = Stream(seed, "block")
        self._chapter = lru_cache(maxsize=_CHAPTERS_KEPT)(lambda number: Chapter(self.world, number))

    @property
    def verifier_address(self) -> str:
        """The checksummed address that signs every User/Verify of this network."""
        return self.world.signer(VERIFIER).address

    @property
    def chain_id(self) -> str:
        """The id of the first chain, ``backbeat-simulated-<seed>``."""
        return self.chains.ids[0]

    def place(self, at: int) -> tuple[str, int]:
        """Return the chain, and its height, of the block at a place in the story."""
        for span in self.chains.spans[:-1]:
            if at <= (span.last or 0):
                return span.chain_id, at
            at -= span.last or 0
        return self.chains.ids[-1], at

    def block(self, height: int, time_us: int) -> core_pb2.Block:
        """Return the block at a place in the story, as a node would serve it; ``time_us``: microseconds since 1970."""
        now, dice = time_us // _MICROSECONDS, self._dice.dice(height)
        others = []
        for chapter, kind, _ in self.schedule.occasions(height):
            if kind == PLAYS:
                others.append(plays_transaction(dice, self._chapter(chapter), now))
            elif kind in MESSAGES:
                others.append(MESSAGES[kind](dice, self._nodes, height, now))
        entities = [
            self._sign(draft, request_id(dice), f"0x{dice.randbytes(32).hex()}") for draft in self.drafts(height, now)
        ]
        entities.sort(key=_served_place)
        return self._assemble(height, time_us, entities + others)

    def drafts(self, height: int, now: int) -> list[Draft]:
        """Return the entity transactions of a block unsigned, in the order of the story; ``now`` in Unix seconds."""
        told = [self._draft(it, now) for it in self.schedule.occasions(height) if it.kind in ACTS]
        return self._founding_drafts(height, now) + told

    def _draft(self, occasion: Occasion, now: int) -> Draft:
        chapter = self._chapter(occasion.chapter)
        draft = ACTS[occasion.kind].build(chapter, occasion.slot, now)
        return draft or view(chapter, _PASTIME_SLOTS + occasion.slot, now)

    def _founding_drafts(self, height: int, now: int) -> list[Draft]:
        world = self.world
        founders = range(world.users.until(_FOUNDING))
        if height == 1:
            return [sign_up(world, user) for user in founders]
        if height == 2:
            tracks = [upload(world, track, now) for track in range(world.tracks.until(_FOUNDING))]
            return tracks + [vouch(user) for user in world.verified_founders()]
        if height == 3:
            return [make(world, playlist, now) for playlist in range(world.playlists.until(_FOUNDING))]
        return []

    def _sign(self, draft: Draft, request: str, nonce: str) -> core_pb2.SignedTransaction:
        signer = self.world.signer(draft.signer)
        signature = signer.sign(draft.user_id, draft.entity_type, draft.entity_id, draft.action, draft.metadata, nonce)
        entity = core_pb2.ManageEntityLegacy(
            user_id=draft.user_id,
            entity_type=draft.entity_type,
            entity_id=draft.entity_id,
            action=draft.action,
            metadata=draft.metadata if draft.tampered is None else draft.tampered,
            signature=signature,
            signer=signer.address,
            nonce=nonce,
        )
        return core_pb2.SignedTransaction(signature=signature, request_id=request, manage_entity=entity)

    def _assemble(self, height: int, time_us: int, signed: list[core_pb2.SignedTransaction]) -> core_pb2.Block:
        seconds, rest_us = divmod(time_us, _MICROSECONDS)
        time = {"seconds": seconds, "nanos": rest_us * 1000}
        hashes = [sha256(transaction.SerializeToString()).hexdigest().upper() for transaction in signed]
        proposer = self._nodes[height % len(self._nodes)].comet_address.lower()
        chain_id, height = self.place(height)
        block_hash = sha256("/".join((chain_id, str(height), *hashes)).encode()).hexdigest()
        block = core_pb2.Block(height=height, hash=block_hash, chain_id=chain_id, proposer=proposer, timestamp=time)
        for tx_hash, transaction in zip(hashes, signed, strict=True):
            block.transactions.add(
                hash=tx_hash,
                transaction=transaction,
                chain_id=chain_id,
                height=height,
                block_hash=block_hash,
                timestamp=time,
            )
        return block


def simulated_chains(settings: SimulatorSettings) -> Chains:
    """Return the chains of the made-up network that the settings describe."""
    return _chains(settings.seed, settings.rollover_blocks)


def simulated_verifier(settings: SimulatorSettings, network: Network) -> str:
    """Return the checksummed address that signs every User/Verify of the made-up network."""
    return BlockMaker(settings.seed, settings.txs_per_second, settings.block_seconds, network).verifier_address


def _chains(seed: int, rollover_blocks: tuple[int, ...]) -> Chains:
    """Return the chains of a story: the first is named after its seed, later ones are numbered as well."""
    if any(blocks < 1 for blocks in rollover_blocks):
        raise ConfigError(
            "rollover_blocks_invalid",
            f"simulator.rollover_blocks is {', '.join(map(str, rollover_blocks))}: a chain has at least one block.",
            cure="Give each of the earlier chains 1 block or more.",
        )
    first = f"backbeat-simulated-{seed}"
    ids = [first, *(f"{first}-{number}" for number in range(2, len(rollover_blocks) + 2))]
    return Chains(tuple(Span(chain_id, 1, last) for chain_id, last in zip(ids, [*rollover_blocks, None], strict=True)))


def _served_place(transaction: core_pb2.SignedTransaction) -> tuple[bool, int]:
    """Return the key by which a node sorts entity transactions: creates first, then by hash, greatest first."""
    return transaction.manage_entity.action.lower() != "create", -fnv1a(transaction.signature)


def fnv1a(text: str) -> int:
    """Return the 32-bit FNV-1a hash of a text."""
    value = _FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return value
