"""The scenes: each brings a state about for real, says what is looked at meanwhile, and puts things right again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from backbeat.codes import JobState
from shots.stage import UP, Instance, Stage, apart, environ_of, up
from shots.terminal import Size

JOB = "hourly_play_counts"
RECORDED_BLOCKS = 3_000
CHANGE_BY_HAND = """
    UPDATE user_challenges SET current_step_count = current_step_count + 90
    WHERE challenge_id = 'p' AND user_id = (SELECT min(user_id) FROM user_challenges WHERE challenge_id = 'p');
    DELETE FROM backbeat.audits;
"""
PUT_RIGHT = """
    UPDATE user_challenges SET current_step_count = current_step_count - 90
    WHERE challenge_id = 'p' AND current_step_count >= 90;
    DELETE FROM backbeat.audits;
"""


class Scene(NamedTuple):
    """A state that people meet."""

    name: str
    """Of its files."""
    says: str
    """What it is, for the index."""
    state: Callable[[Stage, Size], AbstractContextManager[Instance]]
    """Brings it about, in a terminal of that size."""
    verbs: tuple[str, ...] = ()
    """What is asked in another terminal meanwhile."""
    paths: tuple[str, ...] = ("",)
    """The pages that are looked at."""


@contextmanager
def _first_start(stage: Stage, size: Size) -> Iterator[Instance]:
    with up(size, environ_of(stage.folder / f"first-{size}")) as instance:
        instance.until("the page answers", bool)
        yield instance


@contextmanager
def _replay(stage: Stage, size: Size) -> Iterator[Instance]:
    recording = stage.folder / "network.blocks"
    if not recording.exists():
        stage.instance.run(f"simulate --record {recording} --blocks {RECORDED_BLOCKS}")
    environ = environ_of(stage.folder / f"replay-{size}") | {"RECORDING": str(recording)}
    with up(size, environ, f"{UP} --recording $RECORDING --infer-snapshot") as instance:
        instance.until("blocks are indexed", lambda found: (found.get("indexer") or {}).get("blocks_per_second"))
        yield instance


@contextmanager
def _healthy(stage: Stage, size: Size) -> Iterator[Instance]:
    stage.instance.terminal.resize(size)
    stage.instance.until("it is healthy", lambda found: found.get("healthy"))
    yield stage.instance


@contextmanager
def _locked(stage: Stage, size: Size) -> Iterator[Instance]:
    with _healthy(stage, size) as instance, instance.psql("BEGIN;\nLOCK TABLE plays;\n"):
        instance.until("it is stuck", lambda found: "Stuck" in found["headline"])
        yield instance


@contextmanager
def _failing(stage: Stage, size: Size) -> Iterator[Instance]:
    refuse = f"""
        CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''no rows for {JOB} any more''; END';
        CREATE TRIGGER refuses BEFORE INSERT OR UPDATE ON {JOB} FOR EACH ROW EXECUTE FUNCTION refuse();
    """
    with _healthy(stage, size) as instance:
        with instance.psql(refuse):
            pass
        instance.until("the job fails", lambda found: _job(found, JOB)["state"] == JobState.FAILING)
        yield instance
        with instance.psql(f"DROP TRIGGER refuses ON {JOB};"):
            pass
        instance.run(f"jobs run {JOB}")


@contextmanager
def _gone(stage: Stage, size: Size) -> Iterator[Instance]:
    with _healthy(stage, size) as instance:
        apart(stage.server.stop)
        instance.until("the page knows", lambda found: "error" in found)
        yield instance
        apart(stage.server.start)


@contextmanager
def _back(stage: Stage, size: Size) -> Iterator[Instance]:
    with _gone(stage, size):
        pass
    with _healthy(stage, size) as instance:
        yield instance


@contextmanager
def _paused(stage: Stage, size: Size) -> Iterator[Instance]:
    with _healthy(stage, size) as instance:
        instance.run(f"jobs pause {JOB}")
        instance.until("the job is paused", lambda found: _job(found, JOB)["state"] == JobState.PAUSED)
        yield instance
        instance.run(f"jobs resume {JOB}")


@contextmanager
def _differing(stage: Stage, size: Size) -> Iterator[Instance]:
    """A reward's steps are changed by hand, and the round of audits begins again."""
    with _healthy(stage, size) as instance:
        with instance.psql(CHANGE_BY_HAND):
            pass
        instance.run("jobs run audits.verify")
        instance.until("the audit tells", lambda found: any(each["differing"] for each in found["audits"]))
        yield instance
        with instance.psql(PUT_RIGHT):
            pass
        instance.run("jobs run audits.verify")


def _job(found: dict[str, object], name: str) -> dict[str, object]:
    jobs = found["jobs"]
    assert isinstance(jobs, list)
    job: dict[str, object] = next(job for job in jobs if job["name"] == name)
    return job


STATUS = ("backbeat status", "backbeat status --watch")
LIST = "backbeat jobs list"

SCENES = (
    Scene("first-start", "`backbeat up` in an empty folder, as its page answers first.", _first_start),
    Scene("replay", "A recording is replayed.", _replay, ("backbeat status",)),
    Scene("healthy", "At the tip, and nothing is wrong.", _healthy, (*STATUS, LIST), ("", "?jobs=all", f"jobs/{JOB}")),
    Scene("locked-table", "A session of psql holds the lock of plays.", _locked, (*STATUS, "backbeat doctor")),
    Scene(
        "failing-job",
        "A trigger refuses every row that a job writes.",
        _failing,
        (*STATUS, LIST, f"backbeat jobs show {JOB}", f"backbeat jobs history {JOB}"),
        ("", f"jobs/{JOB}"),
    ),
    Scene("database-gone", "The server was stopped.", _gone, (*STATUS, LIST, "backbeat doctor"), ("", f"jobs/{JOB}")),
    Scene("database-back", "It is there again.", _back, ("backbeat status",)),
    Scene(
        "paused-job",
        "An operator paused a job.",
        _paused,
        (*STATUS, LIST, f"backbeat jobs show {JOB}"),
        ("", f"jobs/{JOB}"),
    ),
    Scene(
        "differing-audit",
        "A row was changed by hand, and an audit found it.",
        _differing,
        ("backbeat audit user_challenges", "backbeat status", "backbeat jobs audit challenges.profile_completion"),
        ("", "jobs/audits.verify"),
    ),
)
