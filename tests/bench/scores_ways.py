"""User scores, two ways side by side, on a made-up database with a tenth of the main network's rows.

``python -m bench.scores_ways`` prints the tables of docs/measurements/scores.md. A full pass scores
everybody, 5,000 at a time; the incremental way those of whom something changed. In the end an audit holds what either
way kept against the rows that it follows from; the incremental way's scores also against a full pass from base rows.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from psycopg import AsyncConnection

from backbeat.derived.scores.full_pass import FULL_PASS, SCORES_BY_PASS
from backbeat.derived.scores.users import USER_SCORES, Chain
from backbeat.incremental.report import RunReport
from bench.synthetic.chain import natural_hour
from bench.synthetic.settle import until_quiet
from bench.synthetic.sizes import Sizes
from bench.ways import HOUR, MINUTE, Scenario, Trial, run_alone


def scenarios(of: Sizes) -> Sequence[Scenario]:
    """Return what is measured, in order."""
    hour = natural_hour(of)
    minute = {name: max(1, count // 60) for name, count in hour.items()}
    return (
        Scenario("nothing changed", timedelta(0), {}),
        Scenario("a natural minute", MINUTE, minute),
        Scenario("ten natural minutes", 10 * MINUTE, {name: 10 * count for name, count in minute.items()}),
        Scenario("a natural hour", HOUR, hour),
    )


async def full_pass(connection: AsyncConnection[Any]) -> RunReport:
    """Score everybody once."""
    return await until_quiet(SCORES_BY_PASS.incremental, connection)


async def incremental(connection: AsyncConnection[Any]) -> RunReport:
    """Run until nothing is left."""
    return await until_quiet(USER_SCORES.incremental, connection)


SCORES = Trial(
    ways={"full pass": full_pass, "incremental": incremental},
    scenarios=scenarios,
    audits={
        "full pass": SCORES_BY_PASS.audit,
        "incremental": Chain("scores.users", (*USER_SCORES.parts, FULL_PASS)).audit,
    },
    tables=("aggregate_user", "backbeat.karma", "backbeat.listened_hours", "backbeat.listened_tracks"),
)


def main() -> None:
    """Print the tables."""
    run_alone(SCORES, "bench.scores_ways", "User scores, two ways side by side.")


if __name__ == "__main__":
    main()
