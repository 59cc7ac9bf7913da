"""A listen milestone is told to the owner whom the track had when it was reached (domain: chain and entities, 3.2)."""

import json
from typing import Any

import pytest

from backbeat.chain.proto import core_pb2
from builders.chain import play, plays
from builders.told import ToldChain

ARTIST, TRACK = 3000001, 2000001
TOGETHER = (1, 100)


@pytest.fixture
async def chain(chain: ToldChain) -> ToldChain:
    await chain.people(ARTIST)
    return chain


def upload(chain: ToldChain) -> core_pb2.SignedTransaction:
    payload = {"cid": "", "data": {"title": "Song", "owner_id": ARTIST}}
    return chain.said(ARTIST, "Track/Create", TRACK, json.dumps(payload))


def heard(times: int) -> core_pb2.SignedTransaction:
    return plays(*[play("", str(TRACK)) for _ in range(times)])


async def reached(chain: ToldChain) -> tuple[list[Any], list[Any]]:
    """Return the thresholds that are milestones, and those that were told."""
    told = [each.data["threshold"] for each in await chain.told("milestone")]
    return [row[2] for row in await chain.milestones()], sorted(told)


@pytest.mark.parametrize("together", TOGETHER)
async def test_plays_behind_the_track_are_told(chain: ToldChain, together: int) -> None:
    await chain.blocks([[upload(chain)], [heard(4)], [heard(6)]], together=together)
    assert await reached(chain) == ([10], [10])


@pytest.mark.parametrize("together", TOGETHER)
async def test_plays_before_the_track_reach_what_nobody_is_told_of(chain: ToldChain, together: int) -> None:
    await chain.blocks([[heard(10)], [upload(chain)], [heard(14)], [heard(1)]], together=together)
    assert await reached(chain) == ([10, 25], [25])


@pytest.mark.parametrize("together", TOGETHER)
async def test_within_a_block_the_order_of_transactions_counts(chain: ToldChain, together: int) -> None:
    await chain.blocks([[heard(9)], [heard(1), upload(chain), heard(15)]], together=together)
    assert [row[2] for row in await chain.milestones()] == [10, 25]
    assert await reached(chain) == ([10, 25], [25])


@pytest.mark.parametrize("together", TOGETHER)
async def test_a_refused_upload_is_none(chain: ToldChain, together: int) -> None:
    stranger = chain.said(3999999, "Track/Create", TRACK, json.dumps({"title": "Song", "owner_id": 3999999}))
    await chain.blocks([[stranger], [heard(10)], [upload(chain)], [heard(15)]], together=together)
    assert await reached(chain) == ([10, 25], [25])


async def test_what_came_early_in_one_batch_does_not_matter_to_the_next(chain: ToldChain) -> None:
    await chain.blocks([[heard(10)], [upload(chain)]], together=100)
    await chain.blocks([[heard(15)], [heard(25)]], together=100)
    assert await reached(chain) == ([10, 25, 50], [25, 50])
