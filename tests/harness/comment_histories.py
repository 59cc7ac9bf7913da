"""Random histories of comments in a small crowd, whose users mute and follow each other and change their minds."""

from collections.abc import Iterator
from random import Random
from typing import Any

from backbeat.chain.proto import core_pb2
from builders.told import ToldChain, wrapped
from harness.comment_reference import FAN_CLUB, TRACK
from harness.said import Said

OWNERS = {2000001: 3000001, 2000002: 3000002}
USERS = tuple(range(3000001, 3000008))
FIRST_COMMENT = 4000001
SILENCING = 5
BLOCK_TXS_MAX = 9
TALK = ("Create", "Create", "Create", "Update", "Update", "React", "React", "Unreact", "Delete", "Report")
MOOD = (
    *("User/Mute", "User/Unmute", "User/Follow", "User/Follow", "User/Unfollow"),
    *("Track/Mute", "Track/Unmute", "Comment/Mute", "Comment/Unmute"),
)

LOWERED = f"""
    CREATE OR REPLACE FUNCTION backbeat.silencing_followers() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT {SILENCING} $$
"""


Subject = tuple[str, int]


def history(draw: Random, blocks: int) -> list[list[Said]]:
    """Return what is said in each block; much of it twice, or not to be taken."""
    written: dict[int, Subject] = {FIRST_COMMENT - 1: (TRACK, 1)}
    return [list(_block(draw, written)) for _ in range(blocks)]


def _block(draw: Random, written: dict[int, Subject]) -> Iterator[Said]:
    for _ in range(draw.randint(1, BLOCK_TXS_MAX)):
        actor = draw.choice(USERS)
        if draw.random() < 0.4:
            yield _mood(draw, actor, written)
            continue
        action = draw.choice(TALK)
        if action == "Create":
            payload = _body(draw, written, parent=_recent(draw, written) if draw.random() < 0.5 else None)
            written[max(written) + 1] = payload["entity_type"], payload["entity_id"]
            yield Said(actor, "Comment/Create", max(written), payload)
        else:
            payload = _body(draw, written) if action == "Update" or draw.random() < 0.8 else {}
            yield Said(actor, f"Comment/{action}", _recent(draw, written), payload)


def _mood(draw: Random, actor: int, written: dict[int, Subject]) -> Said:
    pair = draw.choice(MOOD)
    kind = pair.partition("/")[0]
    items = {"User": USERS[:5], "Track": tuple(OWNERS), "Comment": (_recent(draw, written),)}
    return Said(actor, pair, draw.choice(items[kind]))


def _body(draw: Random, written: dict[int, Subject], parent: int | None = None) -> dict[str, Any]:
    subjects = [*((TRACK, track) for track in OWNERS), (TRACK, draw.choice(tuple(OWNERS))), (FAN_CLUB, USERS[0])]
    kind, entity = written[parent] if parent and draw.random() < 0.9 else draw.choice(subjects)
    return {
        "entity_type": kind,
        "entity_id": entity,
        "body": "said",
        "mentions": draw.sample(USERS, draw.choice((0, 0, 1, 1, 3))),
        "parent_comment_id": parent,
    }


def _recent(draw: Random, written: dict[int, Subject]) -> int:
    return draw.choice(list(written)[-8:])


async def set_scene(chain: ToldChain) -> None:
    """Make the users and their tracks, and let few followers be very many; the first block is this."""
    await chain.connection.execute(LOWERED.encode())
    await chain.people(*USERS)
    await chain.block(*[_made(chain, track, owner) for track, owner in OWNERS.items()])


def _made(chain: ToldChain, track: int, owner: int) -> core_pb2.SignedTransaction:
    return chain.said(owner, "Track/Create", track, wrapped({"title": f"Track {track}", "owner_id": owner}))


def transaction(chain: ToldChain, said: Said) -> core_pb2.SignedTransaction:
    """Return what goes over the wire."""
    return chain.said(said.actor, said.pair, said.item, wrapped(said.payload) if said.payload else "")
