"""What is written past the block loop is remembered too: rows with a block of their own, and edits without one."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import AsyncConnection

from builders.indexing import rows
from harness.challenge_world import (
    ChallengeWorld,
    comment,
    contest,
    follow,
    playlist,
    save,
    track,
    user,
    wipe_challenges,
)

FIRST = 100_000_000  # the world's last block before its first one


@pytest.fixture
async def world(connection: AsyncConnection[Any]) -> ChallengeWorld:
    await wipe_challenges(connection)
    return ChallengeWorld(connection)


async def versions(world: ChallengeWorld, of: str, columns: str, key: str = "true") -> list[tuple[Any, ...]]:
    """Return the versions of one thing in order, their blocks counted from the world's first one."""
    query = f"""
        SELECT since_block - {FIRST}, until_block - {FIRST}, {columns}
        FROM backbeat.{of}_versions WHERE {key} ORDER BY 1
    """  # noqa: S608 - literals of this file
    return await rows(world.connection, query)


async def edit(world: ChallengeWorld, statement: str) -> None:
    await world.connection.execute(statement.encode())


async def test_a_row_changes_with_the_block_that_it_is_stamped_with(world: ChallengeWorld) -> None:
    await world.block(user(1))
    await world.block(user(1, bio="I"))
    await world.block(user(1, bio="another"))
    await world.block(user(1, bio="another", verified=True))
    found = await versions(world, "user", "has_bio, is_verified")
    assert found == [(1, 2, False, False), (2, 4, True, False), (4, None, True, True)]


async def test_an_edit_without_a_block_holds_for_what_comes_behind_the_cursor(world: ChallengeWorld) -> None:
    await world.block(user(1))
    await world.block()
    await world.block()
    await edit(world, "UPDATE users SET is_deactivated = true")
    assert await versions(world, "user", "is_deactivated") == [(1, 4, False), (4, None, True)]
    await edit(world, "UPDATE users SET is_deactivated = false")
    await edit(world, "UPDATE users SET is_verified = true")
    assert await versions(world, "user", "is_deactivated, is_verified") == [
        (1, 4, False, False),
        (4, None, False, True),
    ]
    await world.block(user(1, verified=True))
    await world.block(user(1))
    found = await versions(world, "user", "is_deactivated, is_verified")
    assert found == [(1, 4, False, False), (4, 5, False, True), (5, None, False, False)]


async def test_what_is_not_judged_by_is_not_remembered(world: ChallengeWorld) -> None:
    await world.block(track(1, 7), comment(1, 7), contest(1, 7, [1]))
    await edit(world, "UPDATE tracks SET title = 'new'; UPDATE comments SET text = 'new'")
    await edit(world, 'UPDATE events SET event_data = event_data || \'{"title": "new"}\'')
    for table in ("tracks", "comments", "events"):
        assert await rows(world.connection, f"SELECT * FROM backbeat.past_{table}") == []  # noqa: S608 - as above


async def test_an_act_is_remembered_for_the_time_that_it_stood(world: ChallengeWorld) -> None:
    await world.block(follow(1, 2), save(1, 5))
    await world.block(follow(1, 2, undo=True))
    await world.block()
    await world.block(follow(1, 2))
    await edit(world, "UPDATE saves SET is_delete = true")
    await world.block()
    await edit(world, "UPDATE saves SET is_delete = false")
    assert await versions(world, "follow", "followee_user_id") == [(1, 2, 2), (4, None, 2)]
    assert await versions(world, "save", "save_item_id") == [(1, 5, 5), (6, None, 5)]
    await world.block(save(1, 5, undo=True))
    assert await versions(world, "save", "save_item_id") == [(1, 5, 5)], "it stood again for no whole block"


async def test_what_is_deleted_was_there_before(world: ChallengeWorld) -> None:
    await world.block(track(1, 7), playlist(1, 7, 1))
    await world.block()
    await edit(world, "DELETE FROM tracks; DELETE FROM playlists")
    assert await versions(world, "track", "owner_id") == [(1, 3, 7)]
    assert await versions(world, "playlist", "has_entries") == [(1, 3, True)]
    await world.block()
    await world.block(track(1, 8))
    assert await versions(world, "track", "owner_id", "owner_id = 7") == [(1, 3, 7)]
    assert await versions(world, "track", "owner_id") == [(1, 3, 7), (4, None, 8)]


async def test_rows_that_others_append_follow_those_that_they_supersede(world: ChallengeWorld) -> None:
    await world.block(user(1))
    await world.block()
    await edit(world, "UPDATE users SET is_current = false")
    await edit(
        world,
        f"""
        INSERT INTO users (user_id, is_current, is_verified, txhash, blocknumber)
        VALUES (1, true, true, 'new', {FIRST + 2})
        """,  # noqa: S608 - as above
    )
    assert await versions(world, "user", "is_verified") == [(1, 2, False), (2, None, True)]


async def test_a_table_that_is_emptied_begins_again(world: ChallengeWorld) -> None:
    await world.block(follow(1, 2), save(1, 2))
    await world.block(follow(1, 2, undo=True), save(1, 2, undo=True))
    await edit(world, "TRUNCATE follows")
    assert await versions(world, "follow", "true") == []
    assert await versions(world, "save", "true") == [(1, 2, True)]
    floors = "SELECT table_name, from_block FROM backbeat.histories WHERE table_name IN ('follows', 'saves') ORDER BY 1"
    assert await rows(world.connection, floors) == [("follows", FIRST + 3), ("saves", 0)]
    assert await rows(world.connection, "SELECT backbeat.history_floor()") == [(FIRST + 3,)]


async def test_before_the_first_block_an_edit_corrects(connection: AsyncConnection[Any]) -> None:
    await wipe_challenges(connection)
    await connection.execute("INSERT INTO users (user_id, is_current) VALUES (1, true)")
    await connection.execute("UPDATE users SET is_verified = true")
    found = await rows(connection, "SELECT since_block, until_block, is_verified FROM backbeat.user_versions")
    assert found == [(None, None, True)]


async def test_a_writer_needs_no_rights_on_histories(world: ChallengeWorld, admin: psycopg.Connection) -> None:
    await world.block(contest(1, 7))
    role = f"writer_{uuid4().hex}"
    admin.execute(f"CREATE ROLE {role}; GRANT {role} TO backbeat".encode())
    try:
        async with world.connection.transaction(force_rollback=True):
            for statement in ("GRANT SELECT, UPDATE ON events TO {}", "SET LOCAL ROLE {}"):
                await edit(world, statement.format(role))
            await edit(world, "UPDATE events SET is_deleted = true")
            await edit(world, "RESET ROLE")
            assert await versions(world, "event", "is_deleted") == [(1, 2, False), (2, None, True)]
    finally:
        admin.execute(f"DROP ROLE {role}".encode())
