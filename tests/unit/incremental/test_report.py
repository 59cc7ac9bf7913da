from backbeat.incremental.report import Moved, RunReport


def test_batches_add_up_to_one_report() -> None:
    first = RunReport(name="x", keys=2, rows_read=5, inserted=1, moved=(Moved("a", 0, 5), Moved("b", 7, 9)), more=True)
    second = RunReport(name="x", keys=1, rows_read=3, updated=2, deleted=1, moved=(Moved("a", 5, 8),))
    assert first.then(second) == RunReport(
        name="x",
        keys=3,
        rows_read=8,
        inserted=1,
        updated=2,
        deleted=1,
        moved=(Moved("a", 0, 8), Moved("b", 7, 9)),
        more=False,
    )


def test_a_run_is_quiet_when_it_moved_wrote_and_left_nothing() -> None:
    assert RunReport(name="x").is_quiet
    assert not RunReport(name="x", moved=(Moved("a", 0, 5),)).is_quiet
    assert not RunReport(name="x", more=True).is_quiet
    assert not RunReport(name="x", deleted=1).is_quiet
