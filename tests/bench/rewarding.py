"""A simulated network, and what surrounds it, in which every reward that follows from blocks is earned.

Of itself so small a network pins hardly a comment of another, cosigns next to nothing, holds no contest to its end and
has nobody who listens for a week: these are acted out. Tips and purchases are other programs' to write, and the
catalogue says from which block on rewards are: here from the first, and milestones are lower.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from backbeat.chain.networks import PROD
from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.acts import Draft, signed_by, wrapped
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.schedule import FOUNDING_BLOCKS
from backbeat.chain.simulator.world import BEYOND, COMMENT_ID_MIN, EVENT_ID_MIN, TRACK_ID_MIN, track_id, user_id
from bench.month import others
from builders.chain import play, plays

EARNED: Final = frozenset(
    ["u", "fp", "p", "v", "e", "p1", "p2", "p3", "c", "cp", "cs", "w", "b", "s", "m", "r", "rv", "rd", "ft"]
)
"""The challenges of which rows follow from blocks and from what is written beside them."""

IN_FORCE = """
    UPDATE challenges SET active = true, starting_block = 0;
    UPDATE challenges SET step_count = 5 WHERE id IN ('p', 'p1');
    UPDATE challenges SET step_count = 10 WHERE id = 'p2';
    UPDATE challenges SET step_count = 20 WHERE id = 'p3'
"""
HEIGHT = "SELECT coalesce(max(height), 0) FROM backbeat.cursor"
BY_CHALLENGE = "SELECT challenge_id, count(*) FROM user_challenges WHERE is_complete GROUP BY 1 ORDER BY 1"
HOURS_APART = 24  # between two times at which other programs write
LISTENS_APART = 20  # hours
LISTENERS = (1, 2, 3)
PAIRS: Final = 3  # verified artists, each with another who earns by what the artist does
FOUNDERS_APART: Final = 6  # every so-manieth founder is verified


class RewardingMaker(BlockMaker):
    """Makes the blocks of a network of this many over so many days, and acts out what seldom happens."""

    def __init__(self, seed: int, blocks: int, txs_per_block: float, days: int) -> None:
        super().__init__(seed, txs_per_block, 1.0, PROD)
        self._listens_every = max(1, blocks * LISTENS_APART // (24 * days))
        self._scenes = {blocks // 4: _upload, blocks // 2: _meet, 3 * blocks // 4: _honour}

    def drafts(self, height: int, now: int) -> list[Draft]:
        """Return the transactions of a block, and those that are acted out in it."""
        drafts = super().drafts(height, now)
        for first, scene in self._scenes.items():
            if 0 <= (pair := height - first) < PAIRS:
                drafts += scene(pair, now)
        return drafts

    def _assemble(self, height: int, time_us: int, signed: list[core_pb2.SignedTransaction]) -> core_pb2.Block:
        if height > FOUNDING_BLOCKS and height % self._listens_every == 0:
            at = datetime.fromtimestamp(time_us // 1_000_000, UTC).replace(tzinfo=None)
            heard = [play(str(user_id(user)), str(track_id(0)), at) for user in LISTENERS]
            signed = [*signed, plays(*heard)]
        return super()._assemble(height, time_us, signed)


def _upload(pair: int, _now: int) -> Iterator[Draft]:
    """Let the artist upload a track, and the other one a remix of it."""
    artist, other = _both(pair)
    remix_of = {"tracks": [{"parent_track_id": _track(2 * pair)}]}
    yield _act(artist, "Track", _track(2 * pair), "Create", _song(_track(2 * pair), artist))
    remix = _song(_track(2 * pair + 1), other) | {"remix_of": remix_of}
    yield _act(other, "Track", _track(2 * pair + 1), "Create", remix)


def _meet(pair: int, now: int) -> Iterator[Draft]:
    """Let the artist save the remix and hold a contest, and the other one comment."""
    artist, other = _both(pair)
    about = {"entity_type": "Track", "entity_id": _track(2 * pair)}
    said = {**about, "user_id": user_id(other), "track_id": _track(2 * pair), "body": "Again!", "mentions": []}
    ends = datetime.fromtimestamp(now + 86_400, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    contest = {**about, "entity_type": "track", "event_type": "remix_contest", "end_date": ends, "event_data": {}}
    yield _act(artist, "Track", _track(2 * pair + 1), "Save")
    yield _act(other, "Comment", _comment(pair), "Create", {**said, "comment_id": _comment(pair)})
    yield _act(artist, "Event", _event(pair), "Create", contest)


def _honour(pair: int, _now: int) -> Iterator[Draft]:
    """Let the artist pin the comment, and name the remix a winner."""
    artist, _ = _both(pair)
    pinned = {"entity_type": "Track", "entity_id": _track(2 * pair)}
    yield _act(artist, "Comment", _comment(pair), "Pin", pinned)
    yield _act(artist, "Event", _event(pair), "Update", {"event_data": {"winners": [_track(2 * pair + 1)]}})


def _both(pair: int) -> tuple[int, int]:
    return pair * FOUNDERS_APART, pair * FOUNDERS_APART + 1


def _track(number: int) -> int:
    return TRACK_ID_MIN + BEYOND + number


def _comment(number: int) -> int:
    return COMMENT_ID_MIN + BEYOND + number


def _event(number: int) -> int:
    return EVENT_ID_MIN + BEYOND + number


def _song(number: int, owner: int) -> dict[str, Any]:
    named = {"track_id": number, "owner_id": user_id(owner), "title": f"Number {number}", "genre": "Electronic"}
    return {**named, "track_cid": "b", "duration": 60, "track_segments": [], "is_unlisted": False}


def _act(user: int, entity: str, number: int, action: str, body: Mapping[str, Any] | None = None) -> Draft:
    return Draft(
        user_id=user_id(user),
        entity_type=entity,
        entity_id=number,
        action=action,
        signer=signed_by(user),
        metadata="" if body is None else wrapped(dict(body)),
    )


def put_in_force(url: str) -> None:
    """Have all rewards begin with the first block of an empty database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(IN_FORCE)


def write_beside(url: str, began: datetime, days: int) -> None:
    """Write the tips and purchases of so many days, the same for the same users; ``began``: naive, UTC."""
    with psycopg.connect(url, autocommit=True) as connection:
        known = [user_id for (user_id,) in connection.execute(others.FOUNDERS)]
        for hour in range(1, 24 * days, HOURS_APART):
            values = others.values(known, hour, began + timedelta(hours=hour))
            for statement in (others.SEND, others.BANK, others.BUY):
                connection.execute(statement.encode(), values)


def earned(url: str) -> Mapping[str, int]:
    """Return how many rewards were earned, by challenge."""
    with psycopg.connect(url, autocommit=True) as connection:
        return dict(connection.execute(BY_CHALLENGE).fetchall())


def height(url: str) -> int:
    """Return how far the chain was indexed."""
    with psycopg.connect(url, autocommit=True) as connection:
        [found] = connection.execute(HEIGHT).fetchone() or [0]
        return int(found)
