"""A second node that is asked whether it has the same blocks: one node alone can make up a whole chain."""

from contextlib import suppress
from random import Random
from typing import Final

import structlog
from grpc import aio

from backbeat.chain.client import CoreClient, said
from backbeat.chain.retry import Backoff
from backbeat.chain.sequence import ANY_CHAIN, Chains
from backbeat.clock import Clock
from backbeat.errors import ChainDataError

log = structlog.get_logger(__name__)

BLOCKS_APART: Final = 100  # while catching up: one more call for about a hundred blocks
_CALL_SECONDS: Final = 2.0  # the block loop waits for the answer
_REST_SECONDS: Final = 30.0  # after a call that failed, so that a witness that hangs takes a fifteenth of the time
_ANSWER_BYTES_MAX: Final = 32 * 2**20  # as of the node that is followed
_SHOWN_CHARS: Final = 80
_TRIES: Final = 3  # of an answer that differs, before it counts: several nodes may stand behind the address


class Witness:
    """The node at ``url``, which says whether it knows what ``source`` served; call :meth:`look` after each commit.

    Where the network has had several ``chains``, a witness on another one of them contradicts nothing.
    ``height`` is that of the last block in which both agree, None before the first; ``problem`` says why the witness
    says nothing at present, empty if it does.
    """

    def __init__(self, url: str, source: str, *, chains: Chains = ANY_CHAIN, clock: Clock, random: Random) -> None:
        self.url = url
        self.height: int | None = None
        self.problem = ""
        self._source = source
        self._chains = chains
        self._chain_id = ""
        self._clock = clock
        self._random = random
        self._client = CoreClient(
            url, call_seconds=_CALL_SECONDS, message_bytes_max=_ANSWER_BYTES_MAX, setting="chain.witness_url"
        )
        self._pending: tuple[int, str] | None = None
        self._since = 0.0
        self._rests_until = float("-inf")

    async def look(self, chain_id: str, height: int, block_hash: str) -> None:
        """Compare the block at ``height``, or one before it that is still to be compared, with the witness's.

        Most calls return at once: the first block is compared and then one in about a hundred. Raises
        ChainDataError if the witness has another block; a witness that is behind or silent is asked again later.
        """
        if chain_id != self._chain_id:
            self._chain_id, self.height, self._pending = chain_id, None, None
        if self._clock.monotonic() < self._rests_until:
            return
        if self._pending is None:
            if self.height is not None and height < self.height + BLOCKS_APART:
                return
            self._pending, self._since = (height, block_hash), self._clock.monotonic()
        at, expected = self._pending
        try:
            other = await self._other(chain_id, at, expected)
        except (aio.AioRpcError, ChainDataError) as error:
            self._rests_until = self._clock.monotonic() + _REST_SECONDS
            self._pending = None  # it may have pruned that block: what is newest then is asked for next
            self._say(f"The witness at {self.url} does not answer: {said(error)}.")
            return
        if other is None:
            if self._clock.monotonic() > self._since + _REST_SECONDS:
                await self._miss(chain_id, at)
            return
        if other:
            raise self._disagreement(at, f"{expected} of {chain_id!r}", other)
        self.height, self.problem, self._pending = at, "", None

    async def close(self) -> None:
        """Close the connection; safe to call twice."""
        await self._client.close()

    async def _other(self, chain_id: str, height: int, expected: str) -> str | None:
        """Return what the witness has in place of the block that is expected: "" the same, None nothing yet."""
        backoff = Backoff(self._clock, self._random)
        other = ""
        for _ in range(_TRIES):
            answer = await self._client.block(height)
            block = answer.block
            if not answer.HasField("block") or (block.height < 0 and block.chain_id in ("", chain_id)):
                return None
            if block.chain_id in self._chains.others(chain_id):
                return None
            if (block.chain_id, block.height) == (chain_id, height) and block.hash.lower() == expected.lower():
                return ""
            other = f"block {block.height}, {block.hash[:_SHOWN_CHARS]!r} of {block.chain_id[:_SHOWN_CHARS]!r},"
            await backoff.wait()
        return other

    async def _miss(self, chain_id: str, height: int) -> None:
        """Say that the witness lacks a block, and wait for it no longer once it is past it."""
        self._since = self._clock.monotonic()
        self._say(f"The witness at {self.url} does not have block {height}.")
        with suppress(aio.AioRpcError, ChainDataError):
            info = await self._client.node_info()
            if info.chainid in self._chains.others(chain_id):
                self.problem = f"The witness at {self.url} serves the chain {info.chainid!r}; {chain_id!r} is indexed."
                self._pending = None
            elif info.chainid == chain_id and info.current_height > height:
                self._pending = None

    def _disagreement(self, height: int, expected: str, other: str) -> ChainDataError:
        return ChainDataError(
            "witness_disagrees",
            f"The witness at {self.url} has {other} at height {height}; the node at {self._source} served {expected}.",
            cure="One of the two follows another chain or makes blocks up. Find out which, then name another node in "
            "chain.node_url (with another database) or in chain.witness_url.",
        )

    def _say(self, problem: str) -> None:
        if not self.problem:
            log.warning("witness_silent", problem=problem)
        self.problem = problem
