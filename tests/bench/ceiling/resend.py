"""Sends to a server what a client once said: as one stream, or a commit in one trip, and times how long it takes."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from bench.ceiling.frontend import LENGTH, Message, Session, answers_awaited, commits, in_turn
from bench.ceiling.tap import Address

CHUNK_BYTES = 1 << 20
END = b"X" + LENGTH.pack(LENGTH.size)
READY, ERROR = b"Z", b"E"
READY_MESSAGE = READY + LENGTH.pack(LENGTH.size + 1)
"""How the server says that it is ready, but for the letter of its state; told from all else by its letters alone while
time is taken, and properly afterwards."""
SECONDS_MAX = 600.0
"""For an answer; a server that waits for a lock of another session gives none."""


class Answers:
    """Reads what a server says, and counts what matters of it: how often it was ready, and errors, with their words."""

    def __init__(self) -> None:
        self.ready = 0
        self.errors: list[str] = []
        self._rest = bytearray()

    def take(self, said: bytes) -> None:
        """Go through the messages that are whole by now."""
        self._rest += said
        at, size = 0, len(self._rest)
        while at + 1 + LENGTH.size <= size:
            end = at + 1 + LENGTH.unpack_from(self._rest, at + 1)[0]
            if end > size:
                break
            kind = self._rest[at : at + 1]
            if kind == READY:
                self.ready += 1
            elif kind == ERROR:
                self.errors.append(bytes(self._rest[at + 1 + LENGTH.size : end]).replace(b"\0", b" ").decode())
            at = end
        del self._rest[:at]

    def check(self) -> None:
        """Raise RuntimeError if the server refused anything."""
        if self.errors:
            raise RuntimeError(f"the server refused what it had taken from the loop: {self.errors[0]}")


async def whole(sessions: Sequence[Session], place: Address) -> float:
    """Send all as one stream; return the seconds until the last answer.

    Sessions that committed in turn do so again, each commit once that before it is answered.
    """
    return await asyncio.to_thread(_stream, sessions, place)


async def in_single_trips(each: Session, place: Address) -> list[float]:
    """Send commit by commit, the next one when the last is answered; return the milliseconds of each."""
    return await asyncio.to_thread(lambda: list(_trips(each, place)))


def _stream(sessions: Sequence[Session], place: Address) -> float:
    groups = [(at, b"".join(each.raw for each in said), answers_awaited(said)) for at, said in in_turn(sessions)]
    heard: list[list[bytes]] = [[] for _ in sessions]
    with ExitStack() as stack:
        connections = [stack.enter_context(_opened(each, place)) for each in sessions]
        began = time.perf_counter()
        for at, said, awaited in groups:
            sender = threading.Thread(target=connections[at].sendall, args=[said], daemon=True)
            sender.start()
            ready, tail = 0, b""
            while ready < awaited:
                chunk = _received(connections[at])
                heard[at].append(chunk)
                tail += chunk
                ready += tail.count(READY_MESSAGE)
                tail = tail[1 - len(READY_MESSAGE) :]
            sender.join()
        seconds = time.perf_counter() - began
        for connection in connections:
            connection.sendall(END)
    for each, chunks in zip(sessions, heard, strict=True):
        _check(each, chunks)
    return seconds


def _check(each: Session, heard: list[bytes]) -> None:
    """Raise RuntimeError unless a session got all its answers."""
    answers = Answers()
    answers.take(b"".join(heard))
    answers.check()
    if answers.ready != answers_awaited(each.messages):
        raise RuntimeError(f"{answers.ready} answers, awaited were {answers_awaited(each.messages)}")


def _trips(each: Session, place: Address) -> Iterator[float]:
    pieces: list[Sequence[Message]] = list(commits(each.messages))
    answers = Answers()
    with _opened(each, place) as connection:
        for piece in pieces:
            awaited = answers.ready + answers_awaited(piece)
            said = b"".join(message.raw for message in piece)
            began = time.perf_counter()
            connection.sendall(said)
            while answers.ready < awaited:
                answers.take(_received(connection))
            yield 1_000 * (time.perf_counter() - began)
    answers.check()


@contextmanager
def _opened(each: Session, place: Address) -> Iterator[socket.socket]:
    """Open a session with the same parameters, ready for its first message."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS_MAX)
        connection.connect(str(place.socket))
        connection.sendall(each.first_packet(place.database))
        answers = Answers()
        while not answers.ready:
            answers.take(_received(connection))
            answers.check()
        yield connection


def _received(connection: socket.socket) -> bytes:
    said = connection.recv(CHUNK_BYTES)
    if not said:
        raise RuntimeError("the server ended the session")
    return said
