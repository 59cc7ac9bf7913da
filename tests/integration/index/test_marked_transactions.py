"""The block loop marks what it writes, so that nobody takes it for an edit."""

from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.db.pool import Lanes
from backbeat.index.pieces import Pieces
from builders.chain import ListSource, entity, play, plays
from builders.indexing import index

pytestmark = pytest.mark.newest

PROBE = """
    CREATE TABLE public.probed (mark text);
    CREATE FUNCTION public.probe() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO public.probed VALUES (current_setting('backbeat.writes_blocks', true));
        RETURN NULL;
    END $$;
    CREATE TRIGGER probe AFTER INSERT OR UPDATE ON users FOR EACH STATEMENT EXECUTE FUNCTION public.probe();
    CREATE TRIGGER probe AFTER INSERT ON plays FOR EACH STATEMENT EXECUTE FUNCTION public.probe()
"""
CREATED = entity(1, 3000001, "User/Create", 3000001, '{"cid": null, "data": {"handle": "one", "name": "One"}}')


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_every_transaction_of_blocks_is_marked_and_no_other(
    lanes: Lanes, connection: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch, one_by_one: bool
) -> None:
    if one_by_one:  # as around a block that the database refuses
        monkeypatch.setattr(Pieces, "one_by_one", True)
    await connection.execute(PROBE)
    await index(lanes, ListSource([[CREATED], [plays(play("3000001", "2000001"))]]), batch_blocks_max=1)
    marks = await (await connection.execute("SELECT DISTINCT mark FROM public.probed")).fetchall()
    assert marks == [("on",)]
    assert await (
        await connection.execute("SELECT count(*) FROM backbeat.changes WHERE stream = 'edits'")
    ).fetchall() == [(0,)]
    async with lanes.indexing.connection() as session:
        found = await session.execute("SELECT coalesce(current_setting('backbeat.writes_blocks', true), '')")
        assert await found.fetchone() == ("",)
