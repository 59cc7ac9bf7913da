"""Who hears of comments, mentions, answers and likes (domain: chain and entities, 5.5.7, 9.8)."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import notification_reference
import pytest
from depth import at_depth
from psycopg import AsyncConnection

from backbeat.incremental.transaction import Session, checked_by
from builders.chain import GENESIS
from builders.told import NewChain, Told, ToldChain
from harness.comment_histories import OWNERS, SILENCING, USERS, history, set_scene, transaction
from harness.comment_reference import FAN_CLUB, TRACK, Reference
from harness.said import Said

T1, T2 = OWNERS
U1, U2, U3, *OTHERS = USERS  # T1 is of U1, T2 of U2
C1, C2, C3 = 4000010, 4000011, 4000012
BLOCKS = 40
MUTERS, COMMENTS = 2_000, 100
MUTED = """
    INSERT INTO muted_users (muted_user_id, user_id, txhash, blockhash)
    SELECT %s, id, '', '' FROM generate_series(1, %s) AS id
"""
READ = "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables"


def body(entity: int = T1, kind: str = TRACK, *, to: int | None = None, mentions: Sequence[int] = ()) -> dict[str, Any]:
    payload = {
        "entity_type": kind,
        "entity_id": entity,
        "body": "hi",
        "track_timestamp_s": 12,
        "mentions": list(mentions),
    }
    return payload if to is None else payload | {"parent_comment_id": to}


def write(user: int, comment: int, payload: dict[str, Any], action: str = "Create") -> Said:
    return Said(user, f"Comment/{action}", comment, payload)


def like(user: int, comment: int) -> Said:
    return Said(user, "Comment/React", comment, {"entity_id": T1, "entity_type": TRACK})


@pytest.fixture
async def scene(chain: ToldChain) -> ToldChain:
    await set_scene(chain)
    return chain


async def say(chain: ToldChain, *said: Said) -> None:
    """Say it all in one block."""
    await chain.block(*[transaction(chain, each) for each in said])


async def heard(chain: ToldChain) -> list[tuple[str, str, str, list[int]]]:
    return [each[:4] for each in await chain.told() if each.kind.startswith("comment")]


async def test_scenario_118_the_owner_hears_of_a_comment(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body()))
    at = GENESIS.replace(tzinfo=None) + timedelta(seconds=2)
    data = {"type": TRACK, "entity_id": T1, "comment_user_id": U2, "comment_id": C1}
    assert await scene.told() == [Told("comment", f"comment:{T1}:type:Track", str(C1), [U1], data, 2, None, at)]


async def test_what_is_not_taken_and_what_is_ones_own_is_not_told(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body() | {"body": ""}), write(U1, C2, body()))
    assert await heard(scene) == []


async def test_scenario_120_the_author_who_is_answered_hears_and_the_owner_does_not(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body()), write(U3, C2, body(to=C1)), write(U3, C3, body(T2, to=C1)))
    told = (await scene.told("comment_thread"))[0]
    assert await heard(scene) == [
        ("comment", f"comment:{T1}:type:Track", str(C1), [U1]),
        ("comment_thread", f"comment_thread:{C1}", str(C2), [U2]),
    ]
    assert told.data == {
        "type": TRACK, "entity_id": T1, "entity_user_id": U1, "comment_user_id": U3, "comment_id": C2
    }  # fmt: skip


async def test_scenario_121_ten_are_told_that_they_are_mentioned(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body(mentions=range(101, 113))))
    mentioned = [each.user_ids for each in await scene.told("comment_mention")]
    assert sorted(mentioned) == [[user] for user in range(101, 111)]


async def test_scenario_122_an_owner_who_is_mentioned_hears_of_that_alone(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body(mentions=[U1, U2])))
    assert await heard(scene) == [("comment_mention", f"comment_mention:{C1}", str(U1), [U1])]
    assert (await scene.told())[0].data == {
        "type": TRACK, "entity_id": T1, "entity_user_id": U1, "comment_user_id": U2, "comment_id": C1
    }  # fmt: skip


async def test_an_author_who_is_answered_does_not_hear_of_a_mention_too(scene: ToldChain) -> None:
    await say(scene, write(U1, C1, body()), write(U2, C2, body(to=C1, mentions=[U1, U3])))
    assert [each[0:4:3] for each in await heard(scene)] == [("comment_mention", [U3]), ("comment_thread", [U1])]
    await say(scene, write(U2, C2, body(mentions=[U1, U3]), "Update"))
    assert len(await heard(scene)) == 2


async def test_scenario_124_an_edit_tells_those_whom_it_mentions_first(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body(mentions=[U3])))
    await scene.tell()
    for mentions in ([U1], [], [U3], [U1, U3]):
        await say(scene, write(U2, C1, body(mentions=mentions), "Update"))
    mentioned = await scene.told("comment_mention")
    assert [(each.user_ids, each.block_number) for each in mentioned] == [([U1], 3), ([U3], 2)]


async def test_a_mention_that_an_edit_brings_back_is_told_unless_it_was(scene: ToldChain) -> None:
    await say(scene, Said(U3, "User/Mute", U2), write(U2, C1, body(mentions=[U3, OTHERS[0]])))
    await say(scene, Said(U3, "User/Unmute", U2), write(U2, C1, body(mentions=[U3, OTHERS[0]]), "Update"))
    told = [(each.user_ids, each.block_number) for each in await scene.told("comment_mention")]
    assert told == [([OTHERS[0]], 2)], "an edit that keeps a mention adds none"
    for mentions in ([U1], [U3, OTHERS[0]]):
        await say(scene, write(U2, C1, body(mentions=mentions), "Update"))
    told = [(each.user_ids, each.block_number) for each in await scene.told("comment_mention")]
    assert sorted(told) == [([U1], 4), ([U3], 5), ([OTHERS[0]], 2)]


async def test_an_edit_is_not_told_to_who_reported_it_and_to_none_where_the_owner_did(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body()), Said(U3, "Comment/Report", C1), write(U2, C2, body()))
    await say(scene, Said(U1, "Comment/Report", C2))
    for comment in (C1, C2):
        await say(scene, write(U2, comment, body(mentions=[U3, OTHERS[0]]), "Update"))
    assert [each[1:] for each in await heard(scene) if each[0] == "comment_mention"] == [
        (f"comment_mention:{C1}", str(OTHERS[0]), [OTHERS[0]])
    ]


async def test_an_edit_was_told_where_it_is_reported_within_the_batch(scene: ToldChain) -> None:
    edit = write(U2, C1, body(mentions=[U3]), "Update")
    await say(scene, write(U2, C1, body()), edit, Said(U3, "Comment/Report", C1))
    assert len(await scene.told("comment_mention")) == 1


async def test_scenario_126_an_author_hears_of_a_like_once(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body()), like(U1, C1), like(U2, C1))
    again = [Said(U1, f"Comment/{action}", C1, {"entity_id": T1}) for action in ("Unreact", "React")]
    await say(scene, *again)
    told = await scene.told("comment_reaction")
    data = {"type": TRACK, "entity_id": T1, "entity_user_id": U1, "comment_id": C1, "reacter_user_id": U1}
    assert [each[1:6] for each in told] == [(f"comment_reaction:{C1}", str(U1), [U2], data, 2)]


async def test_a_like_that_does_not_name_what_it_is_about_is_not_told(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body()), Said(U1, "Comment/React", C1))
    assert await scene.told("comment_reaction") == []


async def test_scenario_129_who_muted_the_author_does_not_hear(scene: ToldChain) -> None:
    await say(scene, Said(U1, "User/Mute", U2), write(U2, C1, body(mentions=[U3])))
    assert await heard(scene) == [("comment_mention", f"comment_mention:{C1}", str(U3), [U3])]
    await say(scene, write(U2, C2, body(mentions=[U1])))
    await say(scene, Said(U1, "User/Unmute", U2), write(U2, C3, body()))
    assert [each[2] for each in await heard(scene)] == [str(C3), str(U3)]


async def test_a_mute_behind_an_act_changes_nothing_of_it(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body()), Said(U1, "User/Mute", U2), write(U2, C2, body()))
    await say(scene, Said(U1, "User/Unmute", U2), Said(U1, "Track/Mute", T1), write(U2, C3, body()))
    assert [each[2] for each in await heard(scene)] == [str(C1)]


async def test_who_muted_a_track_or_a_comment_does_not_hear(scene: ToldChain) -> None:
    await say(scene, Said(U1, "Track/Mute", T1), write(U2, C1, body(mentions=[U1, U3])), write(U1, C2, body()))
    await say(scene, Said(U2, "Comment/Mute", C1), write(U3, C3, body(to=C1)), like(U3, C1), like(U3, C2))
    assert await heard(scene) == [("comment_mention", f"comment_mention:{C1}", str(U3), [U3])]
    await say(scene, write(U3, C3 + 1, body(to=C2)))  # an answer is told in spite of a muted track
    assert [each[3] for each in await heard(scene) if each[0] == "comment_thread"] == [[U1]]


async def test_nobody_hears_of_an_author_muted_by_users_with_very_many_followers(scene: ToldChain) -> None:
    follows = [Said(user, "User/Follow", U3) for user in USERS if user != U3]
    await say(scene, *follows[: SILENCING - 1], Said(U3, "User/Mute", U2), write(U2, C1, body()))
    await say(scene, follows[SILENCING - 1], write(U2, C2, body(mentions=[U1])), write(U1, C3, body(T2)), like(U2, C3))
    assert [each[2] for each in await heard(scene)] == [str(C1), str(C3)]
    await say(scene, Said(U1, "User/Unfollow", U3), write(U2, C3 + 1, body()), follows[0])
    assert len(await heard(scene)) == 3


async def test_seventeen_hundred_thousand_followers_silence(chain: ToldChain) -> None:
    found = await (await chain.connection.execute("SELECT backbeat.silencing_followers()")).fetchone()
    assert found == (1_700_000,)


async def test_scenario_130_the_user_of_a_fan_club_hears_of_what_is_said_there(scene: ToldChain) -> None:
    await say(scene, write(U2, C1, body(U1, FAN_CLUB) | {"is_members_only": True}), write(U1, C2, body(U1, FAN_CLUB)))
    told = await scene.told()
    data = {"type": FAN_CLUB, "entity_id": U1, "comment_user_id": U2, "comment_id": C1}
    assert [each[:5] for each in told] == [("comment", f"comment:{U1}:type:FanClub", str(C1), [U1], data)]


async def test_those_who_mute_an_author_are_counted_once_for_all_of_the_comments(scene: ToldChain) -> None:
    await scene.connection.execute(MUTED, [U2, MUTERS])
    await say(scene, *[write(U2, C1 + at, body()) for at in range(COMMENTS)])
    await scene.connection.execute("SELECT pg_stat_force_next_flush()")  # what was read so far
    read: list[int] = []

    async def count(session: AsyncConnection[Any]) -> None:
        found = await (await session.execute(READ)).fetchone()
        read.append(int(found[0]) if found else 0)

    assert (await scene.job.incremental(Session(scene.connection, checked_by(count)))).inserted == COMMENTS
    assert read[0] < 10 * (MUTERS + COMMENTS)


def expected(blocks: Sequence[Sequence[Said]]) -> Reference:
    reference = Reference(USERS, OWNERS, SILENCING)
    for number, block in enumerate(blocks, 2):
        reference.block(number, GENESIS.replace(tzinfo=None) + timedelta(seconds=number), block)
    return reference


async def compare(chain: ToldChain, reference: Reference) -> None:
    told = [each for each in await chain.told() if each.kind.startswith("comment")]
    assert {(each.group_id, each.specifier): (each[0], *each[3:6], each[7]) for each in told} == reference.told
    rows = ({"type": each.kind, **each._asdict()} for each in told)
    assert [why for row in rows if (why := notification_reference.unlike(row))] == []


@pytest.mark.parametrize("seed", range(at_depth(1, 2, 60)))
async def test_batches_and_runs_do_not_show(seed: int, new_chain: NewChain) -> None:
    draw = Random(seed)
    blocks = history(draw, BLOCKS)
    reference = expected(blocks)
    assert len({kind for kind, *_ in reference.told.values()}) == 4
    for acts_max in (1, 40, 5_000):
        async with new_chain(acts_max) as chain:
            await set_scene(chain)
            at = 0
            while at < BLOCKS:
                upto = min(at + draw.randint(1, 25), BLOCKS)
                said = [[transaction(chain, each) for each in block] for block in blocks[at:upto]]
                await chain.blocks(said, together=draw.choice((1, 3, 100)))
                if draw.random() < 0.4:
                    await chain.tell()
                at = upto
            await compare(chain, reference)
