"""Random histories of comments in a small crowd, whose users mute and follow each other and change their minds."""

import json
from collections.abc import Iterator
from random import Random

from backbeat.chain.proto import core_pb2
from builders.told import ToldChain
from harness.people_reference import FAN_CLUB, TRACK, Said

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


def history(draw: Random, blocks: int) -> list[list[Said]]:
    """Return what is said in each block; much of it twice, or not to be taken."""
    written = [FIRST_COMMENT - 1]
    return [list(_block(draw, written)) for _ in range(blocks)]


def _block(draw: Random, written: list[int]) -> Iterator[Said]:
    for _ in range(draw.randint(1, BLOCK_TXS_MAX)):
        actor = draw.choice(USERS)
        if draw.random() < 0.4:
            yield _mood(draw, actor, written)
            continue
        action = draw.choice(TALK)
        if action == "Create":
            written.append(written[-1] + 1)
            yield Said(actor, "Comment/Create", written[-1], _body(draw, written))
        else:
            payload = _body(draw, written) if action == "Update" or draw.random() < 0.8 else {}
            yield Said(actor, f"Comment/{action}", _recent(draw, written), payload)


def _mood(draw: Random, actor: int, written: list[int]) -> Said:
    pair = draw.choice(MOOD)
    kind = pair.partition("/")[0]
    items = {"User": USERS[:5], "Track": tuple(OWNERS), "Comment": (_recent(draw, written),)}
    return Said(actor, pair, draw.choice(items[kind]))


def _body(draw: Random, written: list[int]) -> dict[str, object]:
    on_track = draw.random() < 0.8
    return {
        "entity_type": TRACK if on_track else FAN_CLUB,
        "entity_id": draw.choice(tuple(OWNERS)) if on_track else USERS[0],
        "body": "said",
        "mentions": draw.sample(USERS, draw.choice((0, 0, 1, 1, 3))),
        "parent_comment_id": _recent(draw, written) if draw.random() < 0.5 else None,
    }


def _recent(draw: Random, written: list[int]) -> int:
    return draw.choice(written[-8:])


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


def wrapped(payload: object) -> str:
    """Return the payload in its envelope."""
    return json.dumps({"cid": "", "data": payload})
