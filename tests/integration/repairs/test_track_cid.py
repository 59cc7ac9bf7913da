"""CIDs are what two nodes agree on (domain: derived state, 4.13)."""

from datetime import timedelta
from typing import Any

import pytest

from builders.content_nodes import HOUR, NOON, MakeRepair, RepairWorld, RingingClock, at, knowing, nodes, upload


def told(cid: Any, status: Any = "done") -> dict[str, Any]:
    return {"status": status, "results": {"320": cid}}


def of(track_id: int, cid: Any, status: Any = "done") -> dict[str, Any]:
    return {f"/uploads/up{track_id}": told(cid, status)}


async def test_two_nodes_that_agree_are_enough(world: RepairWorld, cids: MakeRepair) -> None:
    await world.apply([upload(1)])
    async with nodes(*[knowing(of(1, " bae1 "))] * 5) as servers:
        await world.world.run(cids(at(servers)))
        assert sum(len(server.asked) for server in servers) == 2
    assert [row[4] for row in await world.tracks()] == ["bae1"]
    assert await world.queue() == []


@pytest.mark.parametrize(
    "votes",
    [
        [of(1, "bae1")],
        [of(1, "bae1"), of(1, "bae2")],
        [of(1, "bae1"), of(1, "bae2"), of(1, "bae3"), of(1, "bae4"), of(1, "bae5")],
        [of(1, "bae1"), of(1, "bae1", "busy"), {}],
        [of(1, None), of(1, None)],
        [of(1, ""), of(1, "")],
    ],
    ids=["one", "two that differ", "five that differ", "one is not done", "none", "empty"],
)
async def test_less_is_not(world: RepairWorld, cids: MakeRepair, votes: list[dict[str, Any]]) -> None:
    await world.apply([upload(1)])
    async with nodes(*[knowing(vote) for vote in votes]) as servers:
        await world.world.run(cids(at(servers)))
    assert [row[4] for row in await world.tracks()] == [None]
    assert [row[2] for row in await world.queue()] == [1 if len(votes) > 1 else 0]


async def test_a_single_liar_is_outvoted(world: RepairWorld, cids: MakeRepair) -> None:
    await world.apply([upload(1)])
    votes = [of(1, "lie"), of(1, "bae1"), of(1, "bae1"), of(1, "bae1"), of(1, "bae1")]
    async with nodes(*[knowing(vote) for vote in votes]) as servers:
        await world.world.run(cids(at(servers)))
    assert [row[4] for row in await world.tracks()] == ["bae1"]


async def test_a_node_that_is_named_twice_has_one_vote(world: RepairWorld, cids: MakeRepair) -> None:
    await world.apply([upload(1)])
    async with nodes(knowing(of(1, "bae1")), knowing({})) as servers:
        named = [servers[0].address, f"{servers[0].address}/", servers[0].address.upper(), servers[1].address]
        await world.world.run(cids(named))
    assert [row[4] for row in await world.tracks()] == [None]


async def test_who_is_not_asked_about(world: RepairWorld, cids: MakeRepair) -> None:
    await world.apply(
        [
            upload(1, is_delete=True),
            upload(2, stem_of={"parent_track_id": 9}),
            upload(3, track_cid="there"),
            upload(4, audio_upload_id=None),
            upload(5, audio_upload_id=""),
        ]
    )
    async with nodes(*[knowing({})] * 2) as servers:
        await world.world.run(cids(at(servers)))
        assert [server.asked for server in servers] == [[], []]
    assert await world.queue() == []


async def test_it_is_tried_again_after_1_2_4_8_16_and_24_hours(
    world: RepairWorld, cids: MakeRepair, clock: RingingClock
) -> None:
    await world.apply([upload(1)])
    async with nodes(*[knowing({})] * 2) as servers:
        repair = cids(at(servers))
        for hours in (1, 2, 4, 8, 16, 24, 24):
            await world.world.run(repair)
            [(_, _, _, next_attempt_at)] = await world.queue()
            assert next_attempt_at - clock.time == hours * HOUR
            clock.time = next_attempt_at - timedelta(seconds=1)
            servers[0].asked.clear()
            await world.world.run(repair)
            assert servers[0].asked == [], "it is not its turn yet"
            clock.time = next_attempt_at
    assert clock.time == NOON + 79 * HOUR


async def test_what_a_clock_that_was_ahead_put_off_is_asked_about(
    world: RepairWorld, cids: MakeRepair, clock: RingingClock
) -> None:
    await world.apply([upload(1)])
    async with nodes(*[knowing({})] * 2) as servers:
        repair = cids(at(servers))
        clock.time = NOON + 8_760 * HOUR
        await world.world.run(repair)
        clock.time = NOON
        servers[0].asked.clear()
        await world.world.run(repair)
        assert servers[0].asked != []
        assert [row[3] - NOON for row in await world.queue()] == [2 * HOUR]


async def test_a_track_that_is_deleted_is_asked_about_no_more_and_again_once_it_is_back(
    world: RepairWorld, cids: MakeRepair
) -> None:
    await world.apply([upload(1)])
    async with nodes(*[knowing({})] * 2) as servers:
        repair = cids(at(servers))
        await world.world.run(repair)
        await world.by_hand("UPDATE tracks SET is_delete = true, is_available = false")
        await world.world.run(repair)
        assert await world.queue() == []
        await world.by_hand("UPDATE tracks SET is_delete = false, is_available = true")
        await world.world.run(repair)
        assert [row[2] for row in await world.queue()] == [1]
