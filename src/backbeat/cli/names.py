"""The names that verbs take, for completion and for what may have been meant; no database is asked for them.

Each is imported when it is asked for: help and completion of other words stay quick.
"""

from collections.abc import Callable, Iterable

COMPLETED_MAX = 200


def jobs() -> Iterable[str]:
    """Return the jobs that the default settings make."""
    from backbeat.jobs.catalog import JOBS  # noqa: PLC0415 - see above

    return (job.name for job in JOBS)


def job_groups() -> Iterable[str]:
    """Return the groups of jobs."""
    from backbeat.jobs.catalog import JOBS  # noqa: PLC0415 - see above

    return {job.group for job in JOBS}


def audits() -> Iterable[str]:
    """Return audits, and the tables that they hold to what they follow from."""
    from backbeat.derived.audits import AUDITS  # noqa: PLC0415 - see above

    return {name for audit in AUDITS for name in (audit.name, audit.table)}


def tables() -> Iterable[str]:
    """Return the tables that a state consists of."""
    from backbeat.digest.content import CONTENT  # noqa: PLC0415 - see above

    return CONTENT


def challenges() -> Iterable[str]:
    """Return the challenges that the program knows."""
    from backbeat.derived.challenges.all import CHALLENGES  # noqa: PLC0415 - see above

    return (name for challenge in CHALLENGES for name in challenge.ids)


def genres() -> Iterable[str]:
    """Return the genres as the network spells them."""
    from backbeat.index.payload.genres import CANONICAL  # noqa: PLC0415 - see above

    return CANONICAL


def reasons() -> Iterable[str]:
    """Return what transactions are refused for."""
    from backbeat.index.reject import Code  # noqa: PLC0415 - see above

    return (str(code) for code in Code)


def entities() -> Iterable[str]:
    """Return the kinds of entities that transactions are about."""
    from backbeat.index.wire.routing import ANY_TYPE  # noqa: PLC0415 - see above

    return {kind for kind, _ in _routes() if kind != ANY_TYPE}


def actions() -> Iterable[str]:
    """Return what transactions do to entities."""
    return {action for _, action in _routes()}


def settings() -> Iterable[str]:
    """Return settings, and the sections that they stand in."""
    from backbeat.settings import Settings  # noqa: PLC0415 - see above
    from backbeat.settings_layers import flat  # noqa: PLC0415 - see above

    names = list(flat(Settings()))
    return [*names, *{name.partition(".")[0] for name in names if "." in name}]


def log_levels() -> Iterable[str]:
    """Return how much may be logged."""
    return ("debug", "info", "warning", "error")


def completed(known: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return what completes a word to the names that begin with it; shells keep what was typed as it is."""

    def complete(incomplete: str) -> list[str]:
        return sorted(name for name in known() if name.startswith(incomplete))[:COMPLETED_MAX]

    return complete


def _routes() -> Iterable[tuple[str, str]]:
    from backbeat.index.entities import ROUTES  # noqa: PLC0415 - see above

    return ROUTES
