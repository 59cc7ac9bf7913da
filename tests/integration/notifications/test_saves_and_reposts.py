"""Who hears of saves and reposts, and when many are a milestone (domain: chain and entities, 7.3 and 9.7)."""

from datetime import timedelta
from typing import Any

import pytest

from builders.told import Told, ToldChain, wrapped

U1, U2, U3 = 3000001, 3000002, 3000003
CROWD = range(3000101, 3000131)
T1, T3 = 2000001, 2000003
P1, L1 = 400001, 400002
HOUR = timedelta(hours=1)
FAVORED = {"save", "repost", "save_of_repost", "repost_of_repost", "cosign", "milestone"}
BOUGHT = """
    INSERT INTO usdc_purchases (
        slot, signature, buyer_user_id, seller_user_id, amount, content_type, content_id, created_at, updated_at
    )
    VALUES (1, 'bought', %s, %s, 1000000, %s, %s, '2025-01-01', '2025-01-01')
"""


@pytest.fixture
async def chain(chain: ToldChain) -> ToldChain:
    """U1 made T1, P1 and the album L1, U2 a remix T3 of T1."""
    await chain.people(U1, U2, U3, *CROWD)
    remix_of = {"tracks": [{"parent_track_id": T1}]}
    await chain.block(
        made(chain, U1, "Track", T1, {"title": "Song A", "owner_id": U1}),
        made(chain, U2, "Track", T3, {"title": "Beat", "owner_id": U2, "remix_of": remix_of}),
        made(chain, U1, "Playlist", P1, {"playlist_name": "Mix"}),
        made(chain, U1, "Playlist", L1, {"playlist_name": "LP", "is_album": True}),
    )
    return chain


def made(chain: ToldChain, user: int, kind: str, item: int, payload: dict[str, Any]) -> Any:
    return chain.said(user, f"{kind}/Create", item, wrapped(payload))


def holds(chain: ToldChain, *tracks: int) -> Any:
    entries = {"playlist_contents": [{"track_id": track, "timestamp": 0} for track in tracks]}
    return chain.said(U1, "Playlist/Update", L1, wrapped(entries))


async def bought(chain: ToldChain, buyer: int, kind: str, item: int) -> None:
    await chain.connection.execute(BOUGHT.encode(), [buyer, U1, kind, item])


async def kinds(chain: ToldChain) -> list[str]:
    return sorted(each.kind for each in await chain.told() if each.kind in FAVORED)


@pytest.mark.parametrize("action", ["Save", "Repost"])
@pytest.mark.parametrize(("wire", "kind", "item"), [("Track", "track", T1), ("Playlist", "playlist", L1)])
async def test_an_owner_hears_once(chain: ToldChain, action: str, wire: str, kind: str, item: int) -> None:
    name = action.lower()
    await chain.block(chain.said(U2, f"{wire}/{action}", item))
    [told] = await chain.told(name)
    data = {"type": kind, "user_id": U2, f"{name}_item_id": item}
    assert told == Told(name, f"{name}:{item}:type:{kind}", str(U2), [U1], data, 2, None, told.time)
    await chain.block(*[chain.said(U2, f"{wire}/{said}", item) for said in (f"Un{name}", action, f"Un{name}")])
    assert await chain.told(name) == [told]


async def test_scenario_109_saving_again_is_told_once(chain: ToldChain) -> None:
    for action in ("Save", "Save", "Unsave", "Save"):
        await chain.block(chain.said(U2, f"Track/{action}", T1))
    assert await kinds(chain) == ["save"]


async def test_scenario_110_one_s_own_is_not_told(chain: ToldChain) -> None:
    await chain.block(chain.said(U1, "Track/Save", T1), chain.said(U1, "Track/Repost", T1))
    assert await kinds(chain) == []


async def test_scenario_111_an_album_is_told_of_as_a_playlist(chain: ToldChain) -> None:
    await chain.block(chain.said(U2, "Playlist/Save", L1))
    assert [each.group_id for each in await chain.told("save")] == [f"save:{L1}:type:playlist"]


async def test_scenario_113_who_inspired_a_save_hears_of_it(chain: ToldChain) -> None:
    await chain.block(chain.said(U2, "Track/Repost", T1), chain.said(U3, "User/Follow", U2))
    await chain.block(chain.said(U3, "Track/Save", T1, '{"is_save_of_repost":true}'), pause=HOUR)
    assert await kinds(chain) == ["repost", "save", "save_of_repost"]
    [told] = await chain.told("save_of_repost")
    data = {"type": "track", "user_id": U3, "save_of_repost_item_id": T1}
    group = f"save_of_repost:{T1}:type:track"
    assert told == Told("save_of_repost", group, str(U3), [U2], data, 3, None, told.time)


async def test_who_inspired_a_repost_of_an_album_hears_of_an_album(chain: ToldChain) -> None:
    await chain.block(
        chain.said(U2, "Playlist/Repost", L1),
        chain.said(U3, "User/Follow", U2),
        chain.said(U3, "Playlist/Repost", L1, '{"is_repost_of_repost":true}'),
    )
    [told] = await chain.told("repost_of_repost")
    assert (told.group_id, told.user_ids) == (f"repost_of_repost:{L1}:type:playlist", [U2])
    assert told.data == {"type": "album", "user_id": U3, "repost_of_repost_item_id": L1}


@pytest.mark.parametrize("said_before", [True, False])
async def test_who_inspired_is_who_was_followed_and_had_reposted_then(chain: ToldChain, said_before: bool) -> None:
    """Whatever came behind it in the same batch, and by the time that the job looks."""
    before = [chain.said(U2, "Track/Repost", T1), chain.said(U3, "User/Follow", U2)]
    behind = [chain.said(U2, "Track/Unrepost", T1), chain.said(U3, "User/Unfollow", U2)]
    save = chain.said(U3, "Track/Save", T1, '{"is_save_of_repost":true}')
    await chain.block(*([*before, save, *behind] if said_before else [save, *before]))
    assert ("save_of_repost" in await kinds(chain)) is said_before


async def test_a_repost_of_long_ago_inspires_nobody(chain: ToldChain) -> None:
    await chain.block(chain.said(U2, "Track/Repost", T1), chain.said(U3, "User/Follow", U2))
    late = chain.said(U3, "Track/Save", T1, '{"is_save_of_repost":true}')
    await chain.block(late, pause=timedelta(days=32))
    assert await kinds(chain) == ["repost", "save"]


async def test_since_when_a_repost_was_is_known_after_it_was_taken_back_and_repeated(chain: ToldChain) -> None:
    await chain.block(chain.said(U2, "Track/Repost", T1), chain.said(U3, "User/Follow", U2))
    late = chain.said(U3, "Track/Save", T1, '{"is_save_of_repost":true}')
    again = [chain.said(U2, f"Track/{action}", T1) for action in ("Unrepost", "Repost")]
    await chain.block(late, *again, pause=timedelta(days=32))
    assert await kinds(chain) == ["repost", "save"]


@pytest.mark.parametrize("score", [-1, None])
async def test_scenario_116_a_banned_saver_is_not_heard_of(chain: ToldChain, score: int | None) -> None:
    await chain.connection.execute("UPDATE aggregate_user SET score = %s WHERE user_id = %s", [score, U2])
    await chain.block(chain.said(U2, "Track/Save", T1))
    assert await kinds(chain) == []
    count = await (
        await chain.connection.execute("SELECT save_count FROM aggregate_track WHERE track_id = %s", [T1])
    ).fetchone()
    assert count == (1,)


@pytest.mark.parametrize("action", ["Save", "Repost"])
async def test_scenario_117_the_artist_of_the_original_cosigns(chain: ToldChain, action: str) -> None:
    await chain.block(chain.said(U1, f"Track/{action}", T3))
    assert await kinds(chain) == sorted(["cosign", action.lower()])
    [told] = await chain.told("cosign")
    group = f"cosign:parent_track{T1}:original_track:{T3}"
    data = {"parent_track_id": T1, "track_id": T3, "track_owner_id": U2}
    assert told == Told("cosign", group, str(U1), [U2], data, 2, None, told.time)


async def test_a_save_and_a_repost_are_one_cosign(chain: ToldChain) -> None:
    await chain.block(chain.said(U1, "Track/Repost", T3))
    await chain.block(chain.said(U1, "Track/Save", T3))
    assert [each.block_number for each in await chain.told("cosign")] == [2]


async def test_nobody_else_cosigns(chain: ToldChain) -> None:
    await chain.block(chain.said(U3, "Track/Save", T3), chain.said(U2, "Track/Save", T1))
    assert await kinds(chain) == ["save", "save"]


async def test_a_buyer_s_save_of_a_track_is_not_told(chain: ToldChain) -> None:
    await bought(chain, U2, "track", T1)
    await chain.block(chain.said(U2, "Track/Save", T1), chain.said(U2, "Track/Repost", T1))
    await chain.block(chain.said(U3, "Track/Save", T1))
    assert [(each.kind, each.specifier) for each in await chain.told() if each.kind in ("save", "repost")] == [
        ("repost", str(U2)),
        ("save", str(U3)),
    ]


async def test_a_buyer_s_save_of_an_album_is_not_told(chain: ToldChain) -> None:
    await bought(chain, U2, "album", L1)
    await chain.block(chain.said(U2, "Playlist/Save", L1), chain.said(U2, "Playlist/Save", P1))
    assert [each.group_id for each in await chain.told("save")] == [f"save:{P1}:type:playlist"]


async def test_a_save_of_a_track_in_a_bought_album_is_not_told(chain: ToldChain) -> None:
    await bought(chain, U3, "album", L1)
    await chain.block(chain.said(U2, "Track/Repost", T1), chain.said(U3, "User/Follow", U2))
    await chain.block(holds(chain, T1), chain.said(U3, "Track/Save", T1, '{"is_save_of_repost":true}'), holds(chain))
    assert await kinds(chain) == ["repost"]


async def test_a_save_of_a_track_that_a_bought_album_held_later_is_told(chain: ToldChain) -> None:
    await bought(chain, U3, "album", L1)
    await chain.block(chain.said(U3, "Track/Save", T1), holds(chain, T1))
    assert await kinds(chain) == ["save"]


@pytest.mark.parametrize("action", ["Save", "Repost"])
@pytest.mark.parametrize(("wire", "item", "more"), [("Track", T1, {}), ("Playlist", L1, {"is_album": True})])
async def test_the_tenth_is_a_milestone(
    chain: ToldChain, action: str, wire: str, item: int, more: dict[str, Any]
) -> None:
    transactions = [chain.said(user, f"{wire}/{action}", item) for user in CROWD[:11]]
    await chain.blocks([[transaction] for transaction in transactions], together=100)
    name = f"{wire}_{action}_COUNT".upper()
    assert [row[:5] for row in await chain.milestones()] == [(item, name, 10, 11, None)]
    [told] = await chain.told("milestone")
    data = {"type": name, f"{wire.lower()}_id": item, "threshold": 10, **more}
    group = f"milestone:{name}:id:{item}:threshold:10"
    assert told == Told("milestone", group, str(U1), [U1], data, 11, None, told.time)


async def test_an_album_that_became_a_playlist_later_is_told_of_as_what_it_was(chain: ToldChain) -> None:
    transactions = [chain.said(user, "Playlist/Save", L1) for user in CROWD[:10]]
    no_album = chain.said(U1, "Playlist/Update", L1, wrapped({"is_album": False}))
    await chain.block(*transactions, no_album)
    assert [each.data["is_album"] for each in await chain.told("milestone")] == [True]
