"""Random histories of follows, saves and reposts in a small crowd, which say and unsay things within a batch."""

import json
from collections.abc import Iterator
from random import Random

from backbeat.chain.proto import core_pb2
from builders.told import ToldChain, wrapped
from harness.social_reference import Item, Said, Scene

STARS = (3000001, 3000002)
CROWD = tuple(range(3000011, 3000019))
USERS = (*STARS, *CROWD)
SONG, REMIX, OWN_REMIX = 2000001, 2000002, 2000003
MIX, ALBUM = 400001, 400002
SCENE = Scene(
    users=USERS,
    banned=CROWD[:2],
    items={
        ("track", SONG): Item(STARS[0]),
        ("track", REMIX): Item(STARS[1], parent=SONG),
        ("track", OWN_REMIX): Item(CROWD[2], parent=REMIX),
        ("playlist", MIX): Item(STARS[0]),
        ("playlist", ALBUM): Item(STARS[1], is_album=True),
    },
    bought={(CROWD[3], "track", SONG), (CROWD[4], "album", ALBUM), (CROWD[5], "album", ALBUM)},
    user_thresholds=(2, 3, 5),
    item_thresholds=(2, 4, 5),
)
ACTIONS = ("Follow", "Follow", "Unfollow", "Save", "Unsave", "Repost", "Repost", "Unrepost", "Update")
BLOCK_TXS_MAX = 9

LOWERED = """
    CREATE OR REPLACE FUNCTION backbeat.follower_thresholds() RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT '{2, 3, 5}'::bigint[] $$;
    CREATE OR REPLACE FUNCTION backbeat.item_thresholds() RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT '{2, 4, 5}'::bigint[] $$
"""
BOUGHT = """
    INSERT INTO usdc_purchases (
        slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at, updated_at
    )
    VALUES (%s, 'bought', %s, 1, 1000000, %s, %s, '2025-01-01', '2025-01-01')
"""


def history(draw: Random, blocks: int) -> list[list[Said]]:
    """Return what is said in each block; much of it twice, or not to be taken."""
    return [list(_block(draw)) for _ in range(blocks)]


def _block(draw: Random) -> Iterator[Said]:
    for _ in range(draw.randint(1, BLOCK_TXS_MAX)):
        action = draw.choice(ACTIONS)
        actor = draw.choice(USERS)
        if action in ("Follow", "Unfollow"):
            yield Said(actor, action, "User", draw.choice((*STARS, STARS[0], draw.choice(USERS))))
        elif action == "Update":
            held = tuple(draw.sample((SONG, REMIX, OWN_REMIX), draw.randint(0, 3)))
            yield Said(STARS[1], action, "Playlist", ALBUM, tracks=held)
        else:
            kind, item = draw.choice([*SCENE.items, ("track", SONG), ("track", REMIX)])
            yield Said(actor, action, kind.title(), item, of_repost=draw.random() < 0.5)


async def set_scene(chain: ToldChain) -> None:
    """Make the users, what they own and what they bought, lower the thresholds; the first block is this."""
    await chain.connection.execute(LOWERED.encode())
    await chain.people(*USERS)
    await chain.ban(*SCENE.banned)
    for number, (buyer, kind, item) in enumerate(sorted(SCENE.bought)):
        await chain.connection.execute(BOUGHT.encode(), [number, buyer, kind, item])
    await chain.block(*[_made(chain, kind, number, item) for (kind, number), item in SCENE.items.items()])


def _made(chain: ToldChain, kind: str, number: int, item: Item) -> core_pb2.SignedTransaction:
    if kind == "playlist":
        payload = {"playlist_name": f"List {number}", "is_album": item.is_album}
        return chain.said(item.owner, "Playlist/Create", number, wrapped(payload))
    remix_of = {"tracks": [{"parent_track_id": item.parent}]} if item.parent else None
    payload = {"title": f"Track {number}", "owner_id": item.owner, "remix_of": remix_of}
    return chain.said(item.owner, "Track/Create", number, wrapped(payload))


def transaction(chain: ToldChain, said: Said) -> core_pb2.SignedTransaction:
    """Return what goes over the wire."""
    payload = ""
    if said.action == "Update":
        entries = [{"track_id": track, "timestamp": 0} for track in said.tracks]
        payload = wrapped({"playlist_contents": entries})
    elif said.of_repost:
        payload = json.dumps({f"is_{said.action.lower()}_of_repost": True})
    return chain.said(said.actor, f"{said.kind}/{said.action}", said.item, payload)
