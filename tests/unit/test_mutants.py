"""The mutants that `make mutants` tries: what is changed, by whom it is noticed, what is excused."""

from pathlib import Path

import pytest
from mutants.areas import AREAS, LEFT_OUT, area_of
from mutants.judged import equivalents
from mutants.mutant import ROOT, Mutant, mutate, shuffled, source_files
from mutants.nearest import Reached, chosen, functions_of
from mutants.nursery import Nursery
from mutants.python_mutants import compiles, python_mutants
from mutants.sql_mutants import sql_mutants
from mutants.trial import PYTEST, Outcome, outcome_of

STATEMENT = "src/backbeat/made_up.sql"


def python(source: str) -> set[str]:
    found = python_mutants("made_up.py", source.encode())
    return {mutate(source.encode(), mutant).decode() for mutant in found}


def sql(source: str, path: str = STATEMENT) -> set[str]:
    found = sql_mutants(path, source.encode())
    return {" ".join(mutate(source.encode(), mutant).decode().split()) for mutant in found}


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("a < b", "a <= b"),
        ("a >= b", "a > b"),
        ("a is not  b", "a is  b"),
        ("a not in b", "a in b"),
        ("a and b", "a or b"),
        ("a and b", "((b))"),
        ("not a", "(a)"),
        ("x = a + 1", "x = a - 1"),
        ("x = a + 1", "x = a + 2"),
        ("x = True", "x = False"),
        ("min(a)", "max(a)"),
        ("f(a)", "pass"),
        ("self.a = b", "pass"),
        ("raise a", "pass"),
        ("x = [a for a in b if c]", "x = [a for a in b if True]"),
        ("é = 'é'; x = a < 'é'", "é = 'é'; x = a <= 'é'"),
        ("try:\n a\nexcept (b, c):\n d", "try:\n a\nexcept (c,):\n d"),
        ("if a:\n  b", "if (not (a)):\n  b"),
    ],
)
def test_python_is_changed(source: str, becomes: str) -> None:
    assert becomes in python(source)


@pytest.mark.parametrize(
    "source",
    [
        "'a' + b",
        "x: Literal[1]",
        "def f() -> Literal[1]: ...",
        "log.info('a', n=1)",
        "assert a < 1",
        "@a(1)\ndef f(): ...",
    ],
)
def test_what_says_nothing_of_behaviour_is_left_alone(source: str) -> None:
    assert python(source) == set()


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("SELECT a FROM t FOR UPDATE", "SELECT a FROM t"),
        ("SELECT a FROM t FOR NO KEY UPDATE SKIP LOCKED", "SELECT a FROM t SKIP LOCKED"),
        ("SELECT a FROM t FOR NO KEY UPDATE SKIP LOCKED", "SELECT a FROM t FOR NO KEY UPDATE"),
        ("SELECT a WHERE a IS DISTINCT FROM b", "SELECT a WHERE a <> b"),
        ("SELECT a WHERE a < b AND c", "SELECT a WHERE a <= b AND c"),
        ("SELECT a WHERE a = b AND c", "SELECT a WHERE a <> b AND c"),
        ("SELECT a WHERE a = b AND c", "SELECT a WHERE true AND c"),
        ("SELECT a WHERE b BETWEEN 1 AND 2 AND c", "SELECT a WHERE true AND c"),
        ("SELECT a WHERE b BETWEEN 1 AND 2 AND c", "SELECT a WHERE b BETWEEN 1 AND 2 AND true"),
        ("SELECT min(a) FROM t WHERE (b AND c)", "SELECT min(a) FROM t WHERE true"),
        ("SELECT min(a)", "SELECT max(a)"),
        ("SELECT greatest(a, b)", "SELECT least(a, b)"),
        ("SELECT a FROM t LEFT JOIN u ON true", "SELECT a FROM t JOIN u ON true"),
        ("SELECT a WHERE NOT EXISTS (SELECT)", "SELECT a WHERE EXISTS (SELECT)"),
        ("SELECT a WHERE a IS NOT NULL", "SELECT a WHERE a IS NULL"),
        ("UPDATE t SET a = 1, b = 2 WHERE c", "UPDATE t SET a = 1 WHERE c"),
        ("UPDATE t SET a = 1, b = 2 WHERE c", "UPDATE t SET b = 2 WHERE c"),
        ("SELECT interval '10 s'", "SELECT interval '11 s'"),
        ("SELECT a - 1 -- 2", "SELECT a + 1 -- 2"),
    ],
)
def test_sql_is_changed(source: str, becomes: str) -> None:
    assert becomes in sql(source)


@pytest.mark.parametrize("source", ["SELECT 'a < 1' -- a < 1", "UPDATE t SET a = b", "CREATE TABLE IF NOT EXISTS a ()"])
def test_texts_remarks_and_assignments_are_left_alone(source: str) -> None:
    assert sql(source) == set()


@pytest.mark.parametrize("path", ["src/backbeat/db/migrations/0001_x.sql", "src/backbeat/db/schema/functions/x.sql"])
def test_of_scripts_only_functions_are_changed(path: str) -> None:
    text = "CREATE TABLE a (b numeric(10)); CREATE FUNCTION made_up() RETURNS int AS $$ SELECT 1 $$; SELECT 2;"
    assert sql(text, path) == {text.replace("SELECT 1", "SELECT 2")}


def test_every_file_has_tests_that_are_there() -> None:
    for path in source_files():
        area_of(path)
    missing = {test for area in AREAS for test in area.tests if not (ROOT / test).exists()}
    assert missing == set()
    assert all((ROOT / prefix).exists() for prefix in LEFT_OUT)


def test_what_is_excused_is_still_there_and_has_a_reason() -> None:
    """An entry whose line was edited has to be judged again."""
    for (path, before, after), why in equivalents().items():
        make = python_mutants if path.endswith(".py") else sql_mutants
        identities = {mutant.identity for mutant in make(path, (ROOT / path).read_bytes())}
        assert (path, before, after) in identities
        assert why


def test_a_seed_decides_the_sample_and_an_edit_elsewhere_does_not() -> None:
    path = "src/backbeat/index/batch_size.py"
    found = python_mutants(path, (ROOT / path).read_bytes())
    assert shuffled(found, 1) == shuffled(reversed(found), 1) != shuffled(found, 2)
    assert [mutant for mutant in shuffled(found, 1) if mutant != found[0]] == shuffled(found[1:], 1)


def test_what_does_not_compile_is_not_tried() -> None:
    assert compiles(b"a = 1")
    assert not compiles(mutate(b"a = 1", Mutant("made_up.py", 2, 3, "==", "none")) + b" =")


def _mutant(path: str, text: str) -> Mutant:
    source = (ROOT / path).read_bytes()
    at = source.index(text.encode())
    return Mutant(path, at, at + len(text.encode()), "", "none")


def _line(path: str, text: str) -> str:
    """Return the place of the line that holds ``text``."""
    return f"{path}:{_mutant(path, text).line}"


SCHEDULE = "src/backbeat/jobs/schedule.py"
RECORD = "src/backbeat/jobs/record.py"
OPERATOR = "src/backbeat/api/operator.py"


def test_a_change_is_reached_by_the_function_around_it_and_a_statement_by_those_that_send_it() -> None:
    assert functions_of(_mutant(SCHEDULE, "now if more")) == {_line(SCHEDULE, "def on_success")}
    assert functions_of(_mutant(SCHEDULE, "300.0")) == set()
    assert functions_of(_mutant("src/backbeat/jobs/finish.sql", "failures =")) == {_line(RECORD, "async def finish")}


def test_the_tests_that_reach_a_change_are_asked_the_nearest_and_quickest_first() -> None:
    place, beside = _line(SCHEDULE, "def on_success"), _line(SCHEDULE, "def on_start")
    near, far, foreign = "tests/unit/jobs/test_schedule.py", "tests/unit/test_hosts.py", "tests/unit/test_docs.py"
    reached = {
        f"{far}::test_quick": Reached(0.1, frozenset({place})),
        f"{near}::test_slow": Reached(9.0, frozenset({place, beside})),
        f"{near}::test_quick": Reached(1.0, frozenset({place})),
        f"{near}::test_other": Reached(0.1, frozenset({beside})),
        f"{foreign}::test_quick": Reached(0.1, frozenset({place})),
    }
    asked = chosen(_mutant(SCHEDULE, "now if more"), [far, near], reached)
    assert asked == [f"{near}::test_quick", f"{near}::test_slow", f"{far}::test_quick"]
    everybody = chosen(_mutant(SCHEDULE, "300.0"), [far, near], reached)
    assert everybody == [f"{near}::test_other", f"{near}::test_quick", f"{near}::test_slow", f"{far}::test_quick"]
    nobody = chosen(_mutant(OPERATOR, "self._refusing >="), [near], reached)
    assert set(nobody) == {test for test in reached if test.startswith(near)}


ENDLESS = "def test_endless() -> None:\n    while True:\n        pass\n"


@pytest.mark.parametrize(
    ("source", "bounds", "seconds_max", "outcome"),
    [
        ("def test_good() -> None: pass\n", [], 120, Outcome.SURVIVED),
        ("def test_bad() -> None: assert False\n", [], 120, Outcome.KILLED),
        ("import nothing_of_this_name\n", [], 120, Outcome.KILLED),
        (ENDLESS, ["--timeout=0.1", "--timeout-method=signal"], 120, Outcome.HUNG),
        (ENDLESS, ["--timeout=0.1", "--timeout-method=thread"], 120, Outcome.HUNG),
        (ENDLESS, [], 0.5, Outcome.HUNG),
    ],
)
def test_a_run_ends_well_or_badly_or_at_its_bound(
    tmp_path: Path, source: str, bounds: list[str], seconds_max: float, outcome: Outcome
) -> None:
    file = tmp_path / "test_made_up.py"
    file.write_text(source, encoding="utf-8")
    nursery = Nursery(ROOT, tmp_path / "said")
    try:
        arguments = [*PYTEST, "-c", "/dev/null", "--rootdir", str(tmp_path), *bounds, str(file)]
        assert outcome_of(*nursery.run(arguments, {}, seconds_max))[0] is outcome
    finally:
        nursery.close()
