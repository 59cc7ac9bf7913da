"""Content nodes: programs of others that hold audio, asked over HTTP for what they know of it.

They may be slow, wrong, huge or hostile. One that fails several times in a row, or asks us to slow down, is asked
nothing more in a pass, so that a dead one costs a pass some seconds and not some for each track.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from backbeat.addresses import wrong_part
from backbeat.clock import Clock
from backbeat.errors import ConfigError, OutgoingError
from backbeat.outgoing.client import Client, Limits

NODES_MAX: Final = 5  # that a pass asks (domain: derived state, 4.12)
NAMED_MAX: Final = 1_000  # that the settings may name; the network has some dozens
NAME_CHARACTERS_MAX: Final = 1_000  # of an upload or a CID: they have some 60, and servers take addresses of 8 kB
CONCURRENT_MAX: Final = 8  # requests at once, to all nodes together
FAILURES_MAX: Final = 3  # in a row, then a node is given up for the pass

LIMITS: Final = Limits(
    seconds=5.0,  # domain: derived state, 4.12
    bytes_max=262_144,  # what is told of an upload has some kB
    connections_max=CONCURRENT_MAX,
)


def addresses(named: Iterable[str]) -> tuple[str, ...]:
    """Return the nodes that a setting names, each once, in lower case and without a slash at the end.

    Raises ConfigError for what is no address of a node.
    """
    found = tuple(dict.fromkeys(_address(number, each) for number, each in enumerate(named, 1)))
    if len(found) > NAMED_MAX:
        raise _invalid(f"It names {len(found)} nodes; at most {NAMED_MAX} can be named.")
    return found


def _address(number: int, named: str) -> str:
    address = named.strip().rstrip("/").lower()
    try:
        parts = urlsplit(address)
        is_node = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_node = False
    if not is_node or any(mark in address for mark in "?#@"):
        raise _invalid(f"Address {number} {wrong_part(address, ('https', 'http'), bare=True)}.")
    return address


def _invalid(why: str) -> ConfigError:
    return ConfigError(
        "content_node_invalid",
        f"The setting jobs.content_nodes cannot be used. {why}",
        cure="List content nodes as https://host, separated by commas.",
    )


def segment(name: str | None) -> str | None:
    """Return a name as one segment of a path, whatever it holds; None for one that cannot be asked for."""
    if not name or name in {".", ".."} or len(name) > NAME_CHARACTERS_MAX:
        return None
    return quote(name, safe="")


class Nodes:
    """The nodes of one pass, in the order in which they are asked. No more is asked once ``closes_at`` has come."""

    def __init__(self, client: Client, chosen: Sequence[str], clock: Clock, closes_at: float) -> None:
        self._client = client
        self._chosen = chosen
        self._clock = clock
        self._closes_at = closes_at
        self._failures: Counter[str] = Counter()
        self.were_heard = False
        """A node has answered something, if only that it does not know."""
        self.problem: OutgoingError | None = None
        """What the last failure was."""

    @property
    def left(self) -> list[str]:
        """Return those that may still be asked."""
        if self._clock.monotonic() >= self._closes_at:
            return []
        return [node for node in self._chosen if self._failures[node] < FAILURES_MAX]

    async def answers(self, path: str) -> AsyncIterator[Mapping[str, Any]]:
        """Ask one node after another; yield what each answers with a status of 2xx and as a JSON object."""
        for node in self._chosen:
            if node in self.left and (answer := await self._ask(node, path)) is not None:
                yield answer

    async def _ask(self, node: str, path: str) -> Mapping[str, Any] | None:
        try:
            answer = (await self._client.get(node + path)).json(dict[str, Any])
        except OutgoingError as error:
            self._note(node, error)
            return None
        self.were_heard = True
        self._failures[node] = 0
        return answer

    def _note(self, node: str, error: OutgoingError) -> None:
        if error.code == "outgoing_refused" and _only_does_not_know(error.status):
            self.were_heard = True  # it does not know
            self._failures[node] = 0
            return
        self.problem = error
        self._failures[node] += FAILURES_MAX if error.status == HTTPStatus.TOO_MANY_REQUESTS else 1


def _only_does_not_know(status: int) -> bool:
    """Tell whether a node that refuses is well, and has no answer."""
    return status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS
