"""An adoption waits briefly and lets others go on, says who is in the way, and ends after they do."""

from typing import Any

import msgspec
import pytest
from integration.adopt.audience import CHOICES, Heard, adopted
from psycopg import AsyncConnection

pytestmark = pytest.mark.newest


async def beside(foreign_url: str, foreign: AsyncConnection[Any], statement: str) -> Heard:
    """Adopt beside a transaction that has done ``statement``, and ends only once it was waited for three times."""
    heard = Heard()
    async with (
        await AsyncConnection.connect(foreign_url, application_name="nightly report") as in_the_way,
        await AsyncConnection.connect(foreign_url, autocommit=True, options="-c lock_timeout=1ms") as bystander,
    ):
        await in_the_way.execute(statement.encode())

        async def meanwhile(seconds: float) -> None:
            del seconds
            for query in ("SELECT count(*) FROM users", "UPDATE plays SET city = city WHERE id = 1"):
                await bystander.execute(query.encode())
            if len(heard.in_the_way) == 3:
                await in_the_way.rollback()

        patience = msgspec.structs.replace(CHOICES.patience, lock_seconds=0.02, pause=meanwhile)
        await adopted(foreign, msgspec.structs.replace(CHOICES, patience=patience), heard)
    return heard


async def test_t3_a_reader_with_a_long_transaction_is_waited_for_in_short_tries(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    heard = await beside(foreign_url, foreign, "SELECT count(*) FROM aggregate_user")
    assert [each.application for tried in heard.in_the_way for each in tried] == ["nightly report"] * 3
    assert {each.relation for tried in heard.in_the_way for each in tried} == {"aggregate_user"}
    assert heard.steps[-1] == "switch"


async def test_t3_a_writer_with_an_open_transaction_is_waited_for_by_the_switch(
    foreign_url: str, foreign: AsyncConnection[Any]
) -> None:
    await adopted_but_for_the_switch(foreign_url, foreign)
    async with await AsyncConnection.connect(foreign_url, application_name="reads only") as reader:
        await reader.execute("SELECT count(*) FROM blocks, plays")
        heard = await beside(foreign_url, foreign, "UPDATE blocks SET is_current = is_current WHERE number = 1")
    assert heard.steps == ["switch"]
    told = [str(each) for tried in heard.in_the_way for each in tried]
    assert len(told) == 3, "who reads holds no lock that is in the way"
    assert all(
        "(nightly report, idle in transaction for " in each and ", in a transaction since " in each for each in told
    )
    assert all(each.endswith(", at blocks") for each in told)


async def adopted_but_for_the_switch(foreign_url: str, foreign: AsyncConnection[Any]) -> None:
    """Do all that an indexer may write beside, which a build of indexes waits for as long as it takes."""
    async with await AsyncConnection.connect(foreign_url, autocommit=True) as theirs:

        async def go_on(seconds: float) -> None:
            del seconds
            await theirs.execute("INSERT INTO plays (play_item_id, created_at) VALUES (1, now())")

        patience = msgspec.structs.replace(CHOICES.patience, pause=go_on)
        with pytest.raises(Exception, match="An indexer writes"):
            await adopted(foreign, msgspec.structs.replace(CHOICES, patience=patience))
