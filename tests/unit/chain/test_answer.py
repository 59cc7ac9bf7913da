"""What an answer of a node must hold to be believed."""

import pytest
from chain_blocks import CHAIN, make_block

from backbeat.chain.answer import AnswerCheck
from backbeat.errors import ChainDataError


def test_a_block_that_is_served_at_two_heights_is_refused_also_if_another_lies_between() -> None:
    blocks = {height: make_block(height) for height in (5, 6, 7)}
    asked = AnswerCheck("grpc://node:1", CHAIN)
    assert asked.checked_all(blocks) == blocks
    blocks[7].hash = blocks[5].hash
    with pytest.raises(ChainDataError, match="the same block at several heights"):
        asked.checked_all(blocks)
