from backbeat.observe.history import KEPT_SECONDS, History, Sample


def test_the_oldest_samples_give_way() -> None:
    history = History(samples_max=3)
    for at in range(5):
        history.add(Sample(float(at), lag_blocks=at))
    assert history.columns()["at"] == [2.0, 3.0, 4.0]
    assert history.columns()["lag_blocks"] == [2, 3, 4]


def test_what_is_older_than_fifteen_minutes_gives_way() -> None:
    history = History()
    for at in (0.0, 10.0, KEPT_SECONDS + 10.0):
        history.add(Sample(at))
    assert history.columns()["at"] == [10.0, KEPT_SECONDS + 10.0]


def test_columns_are_of_equal_length_and_keep_gaps() -> None:
    history = History()
    history.add(Sample(1.0, 5, 2.0, 1.0))
    history.add(Sample(2.0))
    columns = history.columns()
    assert {len(column) for column in columns.values()} == {2}
    assert columns["transactions_per_second"] == [2.0, None]
