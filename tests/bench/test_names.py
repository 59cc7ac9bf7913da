"""That statements are called after the files that they stand in, as a log shows them."""

from sql_files import SOURCE, sql_files

from bench.statements import NOT_MEASURED, Names

ALIKE = {"incremental/refresh_concurrently": "incremental/refresh_blocking"}  # but for a word in a name's place


def test_every_statement_is_called_after_its_file() -> None:
    names = Names(SOURCE / "backbeat")
    for file in sql_files():
        if not file.is_script and NOT_MEASURED.isdisjoint(file.label.split("/")[:-1]):
            name = file.label.removeprefix("backbeat/").removesuffix(".sql")
            assert names.of(file.plain[0]) == ALIKE.get(name, name)


def test_one_with_something_behind_it_is_called_after_its_part() -> None:
    names = Names(SOURCE / "backbeat")
    look = next(file for file in sql_files() if file.label.endswith("jobs/look.sql"))
    assert names.of(f"{look.plain[0]} LIMIT 1\n-- a mark") == "jobs/look"
    assert names.of(f"WITH asked_0 AS MATERIALIZED (\n{look.plain[0]}\n) SELECT 1") == "db/together: questions"
    assert names.of("COMMIT") == "COMMIT"
    assert names.of("SELECT 1 FROM nowhere") == "SELECT 1 FROM nowhere"
