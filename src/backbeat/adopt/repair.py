"""Current rows that stand twice: the newest stays. Counts are left as they are, so triggers rest meanwhile.

What was counted of rows that stood twice may be too high by as many: the job that counts again goes by keys and by time
alone, so there is nothing to queue, and who adopts is told when it has been round.
"""

from collections.abc import Iterable, Iterator

from psycopg.sql import SQL, Composed, Identifier

from backbeat.adopt.lock import Lock
from backbeat.adopt.step import Step, running
from backbeat.adopt.survey import Survey
from backbeat.db.foreign_triggers import ForeignTrigger
from backbeat.db.sql import compose
from backbeat.derived.aggregates import reconcile
from backbeat.observe import figures

REPEATED = "repeated rows of "
WHEN = {"A": SQL("ALWAYS"), "O": SQL("")}


def steps(found: Survey) -> Iterator[Step]:
    """Yield a step for each table that has such rows."""
    keys = {repeat.table: repeat for repeat in found.repeats if repeat.txhashes}
    for table, repeat in keys.items():
        columns = SQL(", ").join(map(Identifier, repeat.columns))
        resting = [each for each in found.triggers if each.table == table and each.is_enabled]
        place = ("public", table)
        yield Step(
            name=f"{REPEATED}{table}",
            does="leave the newest of several current rows current, of "
            f"{figures.plural(repeat.keys, 'key')} of {table}",
            lock=Lock.WRITERS,
            tables=[table],
            work=running(
                compose(__package__, "repair_lock.sql", table=place),
                *(compose(__package__, "switch_disable.sql", table=place, trigger=each.name) for each in resting),
                compose(__package__, "repair.sql", table=place, columns=columns),
                *map(_enabled, resting),
            ),
        )


def repaired(steps: Iterable[str]) -> list[str]:
    """Return the tables that were repaired, of the names of steps."""
    return sorted(name.removeprefix(REPEATED) for name in steps if name.startswith(REPEATED))


def counts_told(tables: Iterable[str], *, jobs_only: bool) -> str:
    """Return what a person is to know of counts after a repair, and by when they are right."""
    round_ = figures.cadence(reconcile.DAY_SECONDS)
    begins = "once the blocks are ours; beside the other indexer it does not run" if jobs_only else "from its first run"
    return (
        f"What is counted from {', '.join(tables)} may still have the superseded rows in it. The job {reconcile.NAME} "
        f"brings such counts right within {round_} ({begins})."
    )


def _enabled(trigger: ForeignTrigger) -> Composed:
    return compose(
        __package__,
        "repair_enable.sql",
        table=("public", trigger.table),
        trigger=trigger.name,
        when=WHEN[trigger.enabled],
    )
