"""A first run and a rebuild go range by range: they can be cut off, followed, audited, and judge nobody by halves."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import AsyncConnection

from backbeat.derived.aggregates.dominant_genre import DOMINANT_GENRE
from backbeat.derived.scores.early_challenges import EARLY_CHALLENGES
from backbeat.derived.scores.feeds import SWEPT
from backbeat.derived.scores.karma import KARMA
from backbeat.derived.scores.listeners import Listeners
from backbeat.derived.scores.score import DEFINITION, DIRTY, SCORE, STREAM, TARGET
from backbeat.derived.scores.users import Chain
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.merge import Shared, Target
from backbeat.incremental.report import RunReport
from backbeat.incremental.sweep import END, START, Sweep
from backbeat.incremental.transaction import Session
from harness import check_deaths, check_two_workers, settle
from harness.chain_writer import GENESIS, Play
from harness.check import Derived, World, die
from harness.keepers import jobs_of
from harness.score_world import AllAtOnce, Challenge, Follows, Plays, Profile, ScoreWorld

PEOPLE = AllAtOnce(Profile(user, seconds=user) for user in range(1, 8))
PLAYS = [Play(n, user, GENESIS - timedelta(hours=n)) for user in (1, 2, 4, 5, 7) for n in range(2)]
LATE = GENESIS - timedelta(hours=9)
QUERY = DEFINITION.replace("{features}", "backbeat.kept_score_features")
SWEPT_POSITION = "SELECT after_key FROM backbeat.rounds WHERE name = %s"


def by_ranges(size: int) -> tuple[Listeners, Derivation]:
    """Return the first and last part of scores, in ranges of so many plays and so many users."""
    target = Target(
        table=TARGET.table, key=TARGET.key, values=TARGET.values, scope=TARGET.scope, shared=Shared(STREAM, size)
    )
    score = Derivation(
        "scores.score",
        dirty=(*DIRTY, Dirty(Sweep("scores:score:sweep", "users", "user_id", size), SWEPT)),
        query=QUERY,
        target=target,
    )
    return Listeners(sweep_rows_max=size), score


async def test_a_first_run_goes_through_the_users_and_scores_wait_until_it_is_through(
    connection: AsyncConnection[Any],
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, Plays(PLAYS)]))
    listeners, score = by_ranges(2)
    chain = Chain("scores.users", (listeners, EARLY_CHALLENGES, KARMA, score))
    seen = []
    while (report := await chain.incremental(Session(connection))).more:
        [(heard,)] = await world.all("SELECT count(*) FROM user_distinct_play_hours")
        [(scored,)] = await world.all("SELECT count(*) FROM aggregate_user WHERE score <> 0")
        seen.append((heard, scored))
        assert scored == 0 or heard == 5
    assert report.rows_written > 0
    assert [heard for heard, _ in seen][:6] == [0, 1, 2, 3, 4, 5]
    assert {scored for _, scored in seen} >= {0, 2, 4, 6}
    assert await world.scores() == await world.expected()
    assert (await chain.incremental(Session(connection))).is_quiet


async def test_what_is_cut_off_goes_on_where_it_was_and_what_comes_meanwhile_counts_once(
    database_url: str, connection: AsyncConnection[Any]
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, Plays(PLAYS)]))
    listeners, _ = by_ranges(2)
    for _ in range(3):  # it begins, and two users are through
        await listeners.incremental(Session(connection))
    assert await world.all(SWEPT_POSITION, listeners.sweep.checkpoint) == [(2,)]
    audit = await listeners.audit(connection)
    assert (audit.is_clean, audit.pending) == (True, 3)
    assert await listeners.find_drift(connection, range(1, 8)) == []
    await world.apply(
        Plays([Play(9, 1, LATE), Play(9, 7, LATE), PLAYS[-1]])
    )  # of one who is through, and of one who is not
    await die(listeners, database_url, 6, "lost", connection)
    await settle(listeners, connection)
    assert await world.all(SWEPT_POSITION, listeners.sweep.checkpoint) == [(END,)]
    assert await world.all("SELECT user_id, hours_with_play FROM user_distinct_play_hours ORDER BY 1") == [
        (1, 2 + 1), (2, 2), (4, 2), (5, 2), (7, 2 + 1),
    ]  # fmt: skip
    audit = await listeners.audit(connection)
    assert (audit.is_clean, audit.pending) == (True, 0)


async def test_a_rebuild_goes_through_everybody_again(connection: AsyncConnection[Any]) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(AllAtOnce([*PEOPLE, Plays([Play(1, 6, LATE), *PLAYS])]))  # so nobody else's have been pruned
    listeners, score = by_ranges(2)
    await settle(listeners, connection)
    await settle(score, connection)
    whole = await world.rows(None)
    for spoil in (
        "DELETE FROM backbeat.listened_hours WHERE user_id < 5",
        "INSERT INTO backbeat.listened_tracks VALUES (5, 9), (7, 9)",
        "UPDATE user_distinct_play_tracks SET track_count = 9",
    ):
        await world.execute(spoil)
    assert not (await listeners.rebuild(Session(connection))).more
    await settle(score, connection)
    assert await world.rows(None) == whole
    await world.execute("UPDATE aggregate_user SET score = 77")
    assert (await score.rebuild(Session(connection))).updated == 7
    assert await world.rows(None) == whole


@pytest.mark.parametrize(("users", "turn", "keys"), [(1_500, 2, 0), (12_000, 100, 1_000)])
async def test_keys_are_gone_through_instead_where_reading_them_again_at_every_turn_costs_more(
    users: int, turn: int, keys: int, connection: AsyncConnection[Any]
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.execute(
        "INSERT INTO users (user_id, is_current, handle_lc, created_at) SELECT n, true, 'u', now()"
        " FROM generate_series(1, %s) AS n",
        users,
    )
    await world.execute("ANALYZE users")
    _, score = by_ranges(turn)
    await settle(SCORE, connection)  # the same positions, at its own pace
    await world.execute("UPDATE users SET name = 'Audius' WHERE user_id <= 1500")
    report = await score.incremental(Session(connection))
    assert (report.keys, report.updated, report.more) == (keys, turn if keys else 0, True)
    assert await world.all(SWEPT_POSITION, "scores:score:sweep") == [(END if keys else START,)]
    await settle(score if keys else SCORE, connection)
    assert await world.all("SELECT DISTINCT score FROM aggregate_user WHERE user_id <= 1500") == [(-1011,)]


async def test_a_look_at_some_keys_reads_nobody_whom_a_sweep_has_yet_to_come_to(
    connection: AsyncConnection[Any],
) -> None:
    world = await ScoreWorld.empty(connection)
    await world.apply(PEOPLE)
    _, score = by_ranges(2)
    for _ in range(3):  # it begins, and four users are through
        await score.incremental(Session(connection))
    await world.execute("UPDATE aggregate_user SET score = 77")
    await world.apply(Profile(2, "Audius"))
    assert await score.find_drift(connection, range(1, 8)) == [1, 3, 4]
    unread = Dirty(Sweep("scores:score:sweep", "users", "user_id", 2), "SELECT 1 / 0 AS key, 1 AS rows")
    blind = Derivation("scores.score", dirty=(*DIRTY, unread), query=QUERY, target=TARGET)
    assert await blind.find_drift(connection, range(1, 8)) == [1, 3, 4]


TRACKS = """
    INSERT INTO tracks (track_id, owner_id, genre, is_current, is_delete, created_at, updated_at)
    SELECT n, 1 + n %% 3, (%s::text[])[1 + n %% %s], true, false, timestamp '2025-01-01', now()
    FROM generate_series(1, %s) AS n
    ON CONFLICT (track_id) WHERE is_current DO UPDATE SET genre = excluded.genre
"""


class Genres:
    """Tracks of three owners, in these genres by turns."""

    def __init__(self, tracks: int, *genres: str) -> None:
        self._tracks = tracks
        self._genres = list(genres)

    async def apply(self, world: ScoreWorld) -> None:
        await world.execute(TRACKS, self._genres, len(self._genres), self._tracks)


class GenreWorld(ScoreWorld):
    """The same world, looked at for what one derivation keeps."""

    async def rows(self, derived: Any) -> list[tuple[Any, ...]]:
        return await World.rows(self, derived)


GENRES = [AllAtOnce([*PEOPLE, Genres(7, "Pop", "Jazz")]), Genres(9, "Rock", "Pop", "Pop", "Jazz")]
SCORES = [AllAtOnce([*PEOPLE, Plays(PLAYS), Follows([(1, 2), (3, 2), (2, 4)]), Challenge(2, "u", 2.0)])]


class Through:
    """A derivation that runs until nothing is left, as a worker has it: a sweep is disturbed from end to end."""

    def __init__(self, derived: Any) -> None:
        self._derived = derived
        self.name = derived.name
        self.target = getattr(derived, "target", TARGET)
        self.rebuild, self.audit = derived.rebuild, derived.audit

    async def incremental(self, session: Session) -> RunReport:
        report: RunReport = await self._derived.incremental(session)
        while report.more:
            report = report.then(await self._derived.incremental(session))
        return report


DISTURBED: list[Any] = [
    pytest.param(Through(by_ranges(6)[0]), SCORES, ScoreWorld, id="listeners' first run"),
    pytest.param(Through(by_ranges(4)[1]), SCORES, ScoreWorld, id="scores' first run"),
    pytest.param(Through(DOMINANT_GENRE), GENRES[:1], GenreWorld, id="genres' first run"),
]
LATER = {DOMINANT_GENRE.name: pytest.param(DOMINANT_GENRE, GENRES, GenreWorld, id="genres' later run")}
DISTURBED += [LATER[job] for job in jobs_of(__name__)]
each = pytest.mark.parametrize(("derived", "history", "world"), DISTURBED)


@pytest.mark.newest
@each
async def test_death_at_any_exchange_loses_and_repeats_nothing(
    derived: Derived, history: Any, world: type[ScoreWorld], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_deaths(derived, history, database_url, connection, world) >= 6


@pytest.mark.newest
@each
async def test_second_worker_at_any_exchange_counts_nothing_twice(
    derived: Derived, history: Any, world: type[ScoreWorld], database_url: str, connection: AsyncConnection[Any]
) -> None:
    assert await check_two_workers(derived, history, database_url, connection, world) >= 6
