"""A source that ends at a height serves what another does, up to there."""

import pytest

from backbeat.chain.model import Head
from backbeat.chain.until import UntilSource
from backbeat.errors import ArgumentError
from builders.chain import ListSource


@pytest.mark.parametrize(("until", "after", "expected"), [(3, 0, [1, 2, 3]), (3, 3, []), (9, 3, [4, 5])])
async def test_it_ends_behind_the_block_of_its_height(until: int, after: int, expected: list[int]) -> None:
    source = UntilSource(ListSource([[]] * 5), until)
    await source.open()
    assert [block.height async for block in source.blocks(after)] == expected
    assert (source.chain_id, source.is_finite) == ("dev", True)
    head = await source.head()
    assert head is not None
    assert head.height == min(until, 5)
    await source.close()


async def test_what_is_beyond_its_height_cannot_come_back_to_it() -> None:
    with pytest.raises(ArgumentError) as refused:
        await anext(aiter(UntilSource(ListSource([[]] * 5), 2).blocks(3)))
    assert refused.value.code == "stop_at_passed"


async def test_a_head_that_nobody_knows_stays_unknown() -> None:
    class Unknown(ListSource):
        async def head(self) -> Head | None:
            return None

    assert await UntilSource(Unknown([[]]), 3).head() is None
