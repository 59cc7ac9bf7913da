"""What a client of PostgreSQL sends: a first packet, then messages of a letter, a length and a body."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from struct import Struct
from typing import NamedTuple

LENGTH = Struct("!i")
FIRST = Struct("!ii")
PROTOCOL_3 = 196_608
"""The first packet's code; the higher ones ask for encryption or to cancel."""
NEWEST_3 = PROTOCOL_3 + 0xFFFF
PASSWORD, TERMINATE, SYNC, QUERY, PARSE, EXECUTE = b"p", b"X", b"S", b"Q", b"P", b"E"
OF_A_COPY = {b"d", b"c", b"f"}
BIND = b"B"
COMMIT = b"COMMIT"


class Message(NamedTuple):
    """A letter, the whole of the message with it, and which it was among all that clients said by then."""

    kind: bytes
    raw: bytes
    order: int = 0


class Session(NamedTuple):
    """What one session said: its parameters, then its messages but for those that let it in or end it."""

    parameters: dict[str, str]
    messages: Sequence[Message]

    @property
    def stream(self) -> bytes:
        """All of it as one piece."""
        return b"".join(message.raw for message in self.messages)

    def first_packet(self, database: str) -> bytes:
        """Return what opens a session like this one on ``database``."""
        named = {**self.parameters, "database": database}
        body = b"".join(f"{name}\0{value}\0".encode() for name, value in named.items()) + b"\0"
        return FIRST.pack(len(body) + FIRST.size, PROTOCOL_3) + body


def session(chunks: Sequence[tuple[int, bytes]]) -> Session | None:
    """Return what all that a client said, piece by piece, comes to; None if it opened no session.

    Each piece has its number among those of all clients.
    """
    said = b"".join(chunk for _, chunk in chunks)
    if len(said) < FIRST.size:
        return None
    length, code = FIRST.unpack_from(said)
    if not PROTOCOL_3 <= code <= NEWEST_3:
        return None
    texts = said[FIRST.size : length].decode().split("\0")
    parameters = dict(zip(texts[::2], texts[1::2], strict=False))
    parameters = {name: value for name, value in parameters.items() if name and not name.startswith("_pq_.")}
    ends = list(accumulate(len(chunk) for _, chunk in chunks))
    kept = [
        message._replace(order=chunks[bisect_left(ends, end)][0])
        for message, end in _messages(said, length)
        if message.kind not in {PASSWORD, TERMINATE}
    ]
    return Session(parameters, kept)


def _messages(said: bytes, at: int) -> Iterator[tuple[Message, int]]:
    """Yield each message with the place where it ends."""
    while at + 1 + LENGTH.size <= len(said):
        end = at + 1 + LENGTH.unpack_from(said, at + 1)[0]
        if end > len(said):
            return
        yield Message(said[at : at + 1], said[at:end]), end
        at = end


def answers_awaited(messages: Sequence[Message]) -> int:
    """Return how often the server will say that it is ready; within a COPY it passes over a Sync."""
    following = [*(message.kind for message in messages[1:]), b""]
    return sum(
        message.kind == QUERY or (message.kind == SYNC and then not in OF_A_COPY)
        for message, then in zip(messages, following, strict=True)
    )


def commits(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Cut what was said behind each COMMIT, once the server is asked to answer it."""
    piece: list[Message] = []
    names: set[bytes] = set()
    is_ending = False
    for message in messages:
        piece.append(message)
        is_ending = is_ending or _is_commit(message, names)
        if is_ending and message.kind in {SYNC, QUERY}:
            yield piece
            piece, is_ending = [], False
    if piece:
        yield piece


def in_turn(sessions: Sequence[Session]) -> Iterator[tuple[int, list[Message]]]:
    """Yield what several sessions said as they committed in turn: the number of a session, and what it said then.

    A session whose commits follow each other has them together.
    """
    pieces = [(piece[-1].order, at, piece) for at, each in enumerate(sessions) for piece in commits(each.messages)]
    pieces.sort(key=lambda each: each[:2])
    for at, group in groupby(pieces, key=lambda each: each[1]):
        yield at, [message for _, _, piece in group for message in piece]


def _is_commit(message: Message, names: set[bytes]) -> bool:
    """Tell whether it executes a COMMIT, perhaps one that was prepared; ``names`` of such are kept."""
    body = message.raw[1 + LENGTH.size :]
    if message.kind == QUERY:
        return body.rstrip(b"\0; ").upper() == COMMIT
    if message.kind == PARSE:
        name, query, _types = body.split(b"\0", 2)
        if query.strip().upper() == COMMIT:
            names.add(name)
        elif name in names:
            names.discard(name)
    return message.kind == BIND and body.split(b"\0", 2)[1] in names
