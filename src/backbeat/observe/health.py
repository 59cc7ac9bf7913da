"""What must be true of a healthy Backbeat, each with the cure when it is not.

Lag and its limit: domain reference "chain and entities", section 2.3.
"""

from collections.abc import Iterable, Iterator, Sequence

from backbeat.codes import HEARTBEAT_SECONDS_MAX, CheckName, JobState, Phase, ServerMove
from backbeat.jobs.operate import JobView
from backbeat.observe import words
from backbeat.observe.figures import count, first_line_of, plural, span
from backbeat.observe.standstill import cure_of, sentence, standstill_of, stopped_by
from backbeat.observe.tree import (
    Advice,
    AuditStatus,
    ChangeLogStatus,
    Check,
    IndexerStatus,
    Obstacle,
    PrunedPlays,
    ServerMoves,
)

LAG_BLOCKS_MAX = 100
OUTAGE_SECONDS_MAX = 15.0  # three of the longest pauses between two tries: a restart of the database is over by then
NAMED_MAX = 5  # audits that a check names
FRONTIER = "frontier"  # the name of a check that only a database has where another indexer writes
FRONTIER_STANDS_SECONDS_MAX = 60.0  # a transaction of a block takes a second at most
CONSUMER_SECONDS_MAX = 3_600.0  # several times the slowest cadence; by then nobody is coming, and the log grows


def check_indexer(indexer: IndexerStatus | None) -> Check:
    """Hold the block loop to having reported lately, whatever it is doing."""
    cure = "Start it with `backbeat up`; if it is running, its log says what holds it."
    age = indexer.heartbeat_age_seconds if indexer else None
    if indexer is None or age is None:
        return Check(CheckName.INDEXER, ok=False, detail="It has never reported.", cure=cure)
    if indexer.phase == Phase.STOPPED:
        why = stopped_by(indexer)
        return Check(CheckName.INDEXER, ok=False, detail=f"It stopped {span(age)} ago.{why}", cure=cure)
    if age > HEARTBEAT_SECONDS_MAX:
        return Check(CheckName.INDEXER, ok=False, detail=f"It has not reported for {span(age)}.", cure=cure)
    return Check(CheckName.INDEXER, ok=True, detail=f"It reported {span(age)} ago: {words.phase(indexer.phase)}.")


def check_commits(indexer: IndexerStatus | None) -> Check:
    """Hold the block loop to committing what it has; what a restart of the database undoes gets a while to pass."""
    found = standstill_of(indexer)
    if found is None:
        return Check(CheckName.COMMITS, ok=True, detail="Nothing keeps blocks from being committed.")
    is_short = found.may_pass and found.seconds <= OUTAGE_SECONDS_MAX
    return Check(CheckName.COMMITS, ok=is_short, detail=f"{sentence(found)}.", cure=cure_of(found))


def check_lag(indexer: IndexerStatus | None) -> Check:
    """Hold the block loop to at most a hundred blocks behind; a head that nobody knows is unhealthy."""
    if indexer is None or indexer.lag_blocks is None:
        cure = "Check that the chain source answers: `backbeat doctor`."
        return Check(CheckName.LAG, ok=False, detail="The head of the chain is unknown.", cure=cure)
    detail = f"{plural(indexer.lag_blocks, 'block')} behind; the limit is {LAG_BLOCKS_MAX}."
    if indexer.lag_blocks > LAG_BLOCKS_MAX:
        cure = (
            f"Wait while it catches up ({count(indexer.blocks_per_second)} blocks/s now); if it does not, see the log."
        )
        return Check(CheckName.LAG, ok=False, detail=detail, cure=cure)
    return Check(CheckName.LAG, ok=True, detail=detail)


def check_source(indexer: IndexerStatus | None) -> Check:
    """Hold the chain source to having the blocks that were indexed, to being synced and to going on."""
    problem = indexer.source_problem if indexer else ""
    if problem:
        cure = (
            "Look at the node, or name another in chain.node_url. If the network was set up again, give it a database "
            "of its own; if this machine's clock is wrong, set it."
        )
        return Check(CheckName.SOURCE, ok=False, detail=problem, cure=cure)
    witness = indexer.witness_problem if indexer else ""
    return Check(CheckName.SOURCE, ok=True, detail=witness or "Nothing is known to be the matter with it.")


def check_change_log(log: ChangeLogStatus) -> Check:
    """Hold the consumer that is furthest behind to an hour: the log cannot be pruned of what it has not read."""
    if not log.consumers:
        return Check(CheckName.CHANGE_LOG, ok=True, detail="Nobody reads it yet.")
    last = log.consumers[0]
    if last.seconds > CONSUMER_SECONDS_MAX:
        detail = (
            f"{last.name} has {plural(last.keys, 'key')} of {last.stream} waiting, the first for {span(last.seconds)}."
        )
        cure = (
            "Let the job that reads it run, see `backbeat jobs list`. "
            f"If nothing reads it any more, run `backbeat jobs forget {last.name}`."
        )
        return Check(CheckName.CHANGE_LOG, ok=False, detail=detail, cure=cure)
    return Check(
        CheckName.CHANGE_LOG, ok=True, detail=f"{plural(len(log.consumers), 'consumer')}, {span(last.seconds)} behind."
    )


def check_restored(moves: ServerMoves, log: ChangeLogStatus) -> Check:
    """Hold a database that was restored or moved to having rebuilt what its consumers of the change log keep."""
    name = CheckName.SERVER
    if not moves.moved:
        return Check(name, ok=True, detail="The database is where it was first seen.")
    when = f"{span(moves.age_seconds)} ago"
    if moves.moved == ServerMove.PROMOTED:
        return Check(name, ok=True, detail=f"A standby was promoted, or the database was recovered, {when}.")
    owing = [consumer.name for consumer in log.consumers if consumer.lost]
    detail = f"The database was restored or moved to another cluster {when}"
    if not owing:
        return Check(name, ok=True, detail=f"{detail}; everything has been rebuilt since.")
    rebuilt = len(log.consumers) - len(owing)
    return Check(
        name,
        ok=False,
        detail=f"{detail}: {rebuilt} of {plural(len(log.consumers), 'consumer')} of the change log rebuilt, "
        f"next {owing[0]}.",
        cure="Wait: each is rebuilt at its job's next run, see `backbeat jobs list`. "
        "One that nothing reads any more is dropped with `backbeat jobs forget NAME`.",
    )


def check_plays(pruned: PrunedPlays) -> Check:
    """Advise where plays went that nothing tells of any more: what is kept is right, and cannot be computed again."""
    name = CheckName.PLAYS
    if pruned.are_lost:
        counts = "counts" if pruned.lost_hours == 1 else "count"
        lost = f"{plural(pruned.lost_hours, 'hour')} {counts} more plays than there are"
        return Advice(
            name,
            ok=True,
            detail=f"Plays are gone that nobody summed up: {'TRUNCATE took them' if pruned.truncated_at else lost}. "
            "hourly_play_counts and user_listening_history refuse to be rebuilt.",
            cure="Nothing that people see is wrong. To go by what these tables say of those plays, and be able to "
            "rebuild again, run `backbeat plays accept`.",
        )
    if pruned.unread:
        return Advice(
            name,
            ok=True,
            detail=f"Plays were deleted before {' and '.join(pruned.unread)} had read them; they are summed up.",
            cure=" ".join(f"Run `backbeat jobs rebuild {name}`." for name in pruned.unread),
        )
    if not pruned.plays:
        return Check(name, ok=True, detail="None was pruned.")
    foreign = f", {count(pruned.foreign_plays)} of them by another program" if pruned.foreign_plays else ""
    return Check(name, ok=True, detail=f"{count(pruned.plays)} were pruned{foreign}; all are summed up.")


def check_audits(audits: Sequence[AuditStatus]) -> Check:
    """Advise where going round found rows that are not what they follow from."""
    wrong = [each for each in audits if each.differing]
    if wrong:
        rows, named = sum(each.differing for each in wrong), " and ".join(each.audit for each in wrong[:NAMED_MAX])
        return Advice(
            CheckName.AUDITS,
            ok=True,
            detail=f"{plural(rows, 'row')} of {named} "
            f"{'differs from what it follows' if rows == 1 else 'differ from what they follow'} from.",
            cure=f"See which: `backbeat audit {wrong[0].audit}`. Rows that pay stay as they are; others are put right.",
        )
    ended = [each.age_seconds for each in audits if each.age_seconds is not None]
    if not ended:
        return Check(CheckName.AUDITS, ok=True, detail="No round has come to its end yet.")
    rows = sum(each.same for each in audits)
    return Check(
        CheckName.AUDITS,
        ok=True,
        detail=f"{plural(rows, 'row')} are as they should be; the oldest look is {span(max(ended))} old.",
    )


def check_frontier(indexer: IndexerStatus | None) -> Iterator[Check]:
    """Beside another indexer, hold its transactions to ending within a minute: jobs see nothing behind them before."""
    if indexer is None or not indexer.is_beside:
        return
    if not indexer.waits_for:
        yield Check(FRONTIER, ok=True, detail=f"It is that of another indexer, at block {indexer.height}.")
        return
    seconds = indexer.waits_seconds or 0.0
    yield Check(
        FRONTIER,
        ok=seconds <= FRONTIER_STANDS_SECONDS_MAX,
        detail=f"It stays at block {indexer.height} and waits for {indexer.waits_for}.",
        cure=""
        if seconds <= FRONTIER_STANDS_SECONDS_MAX
        else "Have a session commit or roll back; have the other indexer note a block that core_indexed_blocks lacks, "
        "or put right the row that is out of order. Until then jobs see nothing that came behind it, and miss nothing.",
    )


def check_obstacles(obstacles: Iterable[Obstacle]) -> Iterator[Check]:
    """Name what kept this process from working on the database lately, though it can be read."""
    for each in obstacles:
        yield Check(f"{each.lane} lane", ok=False, detail=each.message, cure=each.cure)


def _waiting(job: JobView) -> str:
    if job.waits_for:
        return f"Waiting: {job.waits_for}"
    if job.age_seconds is None:
        return "Waiting for its first run."
    return f"Its result is {span(job.age_seconds)} old; a worker has just started and comes to it."


def check_job(job: JobView) -> Check:
    """Fail for a job that is staler than it promises, or whose last runs failed.

    One that an operator paused or switched off passes.
    """
    name = f"job {job.name}"
    target = f"the target is {span(job.freshness_seconds)}"
    if job.state == JobState.LATE:
        age = f"Its result is {span(job.age_seconds)} old" if job.age_seconds is not None else "It never succeeded"
        why = f" It gives way: {job.deferred_reason}." if job.deferred_since else ""
        detail = f"{age}; {target}.{why}" + (f" Last error: {first_line_of(job.error)}" if job.error else "")
        return Check(name, ok=False, detail=detail, cure=job.cure or f"See `backbeat jobs history {job.name}`.")
    if job.state == JobState.FAILING:
        detail = f"Its last {plural(job.failures, 'run')} failed. Last error: {first_line_of(job.error)}"
        return Check(name, ok=False, detail=detail, cure=job.cure or f"See `backbeat jobs history {job.name}`.")
    if job.state == JobState.PAUSED:
        return Check(name, ok=True, detail="Paused by an operator.", cure=f"Run `backbeat jobs resume {job.name}`.")
    if job.state == JobState.OFF:
        return Check(name, ok=True, detail=f"Off: {job.off_reason}")
    if job.state == JobState.WAITING:
        return Check(name, ok=True, detail=_waiting(job))
    return Check(name, ok=True, detail=f"Its result is {span(job.age_seconds)} old; {target}.")
