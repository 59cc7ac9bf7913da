"""The log of acts: what is refused leaves none, it stays bounded, and others may have told before us."""

from backbeat.derived.notifications.expire import ActsKept
from backbeat.incremental.transaction import Session
from builders.told import ToldChain

STAR, FAN = 3000001, 3000002
CROWD = range(3000101, 3000121)
ACTORS = "SELECT actor_id FROM backbeat.acts WHERE kind = 'follow' ORDER BY blocknumber, place, ordinal"
SAME = """
    INSERT INTO notification (specifier, group_id, type, "timestamp", data, user_ids)
    VALUES ('3000002', 'follow:3000001', 'follow', '2020-01-01', '{}', '{3000001}')
"""


async def actors(chain: ToldChain) -> list[int]:
    return [actor for (actor,) in await (await chain.connection.execute(ACTORS)).fetchall()]


async def test_a_refused_transaction_leaves_no_act(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.block(
        chain.said(FAN, "User/Follow", FAN),
        chain.said(FAN, "User/Follow", STAR),
        chain.said(FAN, "User/Follow", STAR),
        chain.said(STAR, "User/Unfollow", FAN),
    )
    assert await actors(chain) == [FAN]


async def test_what_the_database_refuses_of_a_block_leaves_no_act(chain: ToldChain) -> None:
    """The rest of the block is written under savepoints, its acts with it."""
    await chain.people(STAR, *CROWD)
    refuse = "ALTER TABLE follows ADD CHECK (follower_user_id <> 3000103)"
    await chain.connection.execute(refuse.encode())
    await chain.block(*[chain.said(user, "User/Follow", STAR) for user in CROWD[:10]])
    assert await actors(chain) == [user for user in CROWD[:10] if user != 3000103]
    assert [row[2] for row in await chain.milestones()] == []
    await chain.block(chain.said(CROWD[10], "User/Follow", STAR))
    assert [row[2] for row in await chain.milestones()] == [10]


async def test_what_another_writer_told_stays_as_it_is(chain: ToldChain) -> None:
    await chain.people(STAR, FAN)
    await chain.connection.execute(SAME.encode())
    await chain.block(chain.said(FAN, "User/Follow", STAR))
    [told] = await chain.told()
    assert (told.data, told.time.year) == ({}, 2020)


async def test_the_oldest_acts_beyond_the_bound_are_given_up(chain: ToldChain) -> None:
    await chain.people(STAR, *CROWD)
    await chain.blocks([[chain.said(user, "User/Follow", STAR)] for user in CROWD[:12]], together=5)
    kept = ActsKept(rows_max=6)  # each follow is a subscription too
    assert (await kept.expire(Session(chain.connection))).deleted == 18
    assert (await kept.expire(Session(chain.connection))).is_quiet
    assert await actors(chain) == list(CROWD[9:12])
    assert [each.specifier for each in await chain.told("follow")] == [str(user) for user in CROWD[9:12]]
    assert [row[2] for row in await chain.milestones()] == [10]
