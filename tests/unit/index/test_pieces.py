from datetime import datetime

from backbeat.chain.model import Block
from backbeat.index.pieces import CUTS_NAMED_FROM, Pieces

NOON = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - block times are naive UTC


def pieces(count: int) -> Pieces:
    return Pieces([Block("dev", height, str(height), NOON, (), 1) for height in range(1, count + 1)])


def heights(of: Pieces) -> list[int]:
    return [block.height for block in of.next()]


def test_a_batch_that_meets_nothing_is_one_piece() -> None:
    batch = pieces(3)
    assert heights(batch) == [1, 2, 3]
    batch.committed(3)
    assert heights(batch) == []


def test_what_is_committed_is_left_out_wherever_it_ends() -> None:
    batch = pieces(8)
    assert batch.refused()
    batch.committed(6)
    assert heights(batch) == [7, 8]
    batch.committed(2)
    assert heights(batch) == [7, 8]


def test_one_refused_block_among_many_costs_a_few_tries() -> None:
    batch, tries = pieces(1_024), 0
    while blocks := batch.next():
        tries += 1
        if 700 in {block.height for block in blocks} and len(blocks) > 1:
            assert batch.refused()
        else:
            batch.committed(blocks[-1].height)
    assert tries == 1 + 2 * 10


def test_a_single_block_is_not_divided() -> None:
    assert not pieces(1).refused()


def test_cuts_make_pieces_smaller_to_the_end_of_the_batch() -> None:
    batch, sizes = pieces(100), []
    while blocks := batch.next():
        sizes.append(len(blocks))
        if len(blocks) > 6:
            batch.cut()
        else:
            batch.committed(blocks[-1].height)
    assert sizes[:3] == [100, 25, 6]
    assert set(sizes[2:]) == {6, 4}


def test_a_cut_piece_that_is_then_refused_is_divided_alone() -> None:
    batch = pieces(100)
    batch.cut()
    assert heights(batch) == list(range(1, 26))
    assert batch.refused()
    assert heights(batch) == list(range(1, 13))
    batch.committed(25)
    assert heights(batch) == list(range(26, 51))


def test_a_block_cut_alone_is_tried_one_by_one_every_other_time_and_named_after_three() -> None:
    batch, seen = pieces(2), []
    batch.cut()
    for _ in range(5):
        seen.append((batch.one_by_one, batch.names_the_transaction))
        batch.cut()
    assert seen == [(False, False), (True, False), (False, False), (True, True), (False, True)]
    assert CUTS_NAMED_FROM == 3
    batch.committed(0)
    assert batch.names_the_transaction
    batch.committed(1)
    assert heights(batch) == [2]
    assert not batch.names_the_transaction
