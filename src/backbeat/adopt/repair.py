"""Current rows that stand twice: the newest stays. Counts are left as they are, so triggers rest meanwhile."""

from collections.abc import Iterator

from psycopg.sql import SQL, Composed, Identifier

from backbeat.adopt.lock import Lock
from backbeat.adopt.step import Step, running
from backbeat.adopt.survey import Survey
from backbeat.db.foreign_triggers import ForeignTrigger
from backbeat.db.sql import compose

WHEN = {"A": SQL("ALWAYS"), "O": SQL("")}


def steps(found: Survey) -> Iterator[Step]:
    """Yield a step for each table that has such rows."""
    keys = {repeat.table: repeat for repeat in found.repeats if repeat.txhashes}
    for table, repeat in keys.items():
        columns = SQL(", ").join(map(Identifier, repeat.columns))
        resting = [each for each in found.triggers if each.table == table and each.is_enabled]
        place = ("public", table)
        yield Step(
            name=f"repeated rows of {table}",
            does=f"leave the newest of several current rows current, of {repeat.keys} keys of {table}",
            lock=Lock.WRITERS,
            tables=[table],
            work=running(
                compose(__package__, "repair_lock.sql", table=place),
                *(compose(__package__, "switch_disable.sql", table=place, trigger=each.name) for each in resting),
                compose(__package__, "repair.sql", table=place, columns=columns),
                *map(_enabled, resting),
            ),
        )


def _enabled(trigger: ForeignTrigger) -> Composed:
    return compose(
        __package__,
        "repair_enable.sql",
        table=("public", trigger.table),
        trigger=trigger.name,
        when=WHEN[trigger.enabled],
    )
