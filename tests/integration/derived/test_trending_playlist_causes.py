"""Every cause that can change a playlist's score is followed: with any one of them left out, its scene goes wrong."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any, LiteralString, NamedTuple

import msgspec
import pytest
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from backbeat.derived.trending.playlists import trending_playlists
from backbeat.incremental.derivation import Derivation, Dirty
from backbeat.incremental.due import chain_time
from backbeat.incremental.recurring import Recurring
from harness import settle
from harness.challenge_world import EPOCH, Row, repost, save
from harness.playlist_world import DAY, MICROSECOND, PlaylistWorld, Sql, Step, followed, listed, person

pytestmark = pytest.mark.newest

Mutate = Callable[[Derivation], None]
HOUR = timedelta(hours=1)
OWNER, FAN, OTHER = 1, 2, 3
PEOPLE: list[Row | Sql] = [
    person(OWNER), person(FAN), person(OTHER), followed(OWNER, 10), followed(FAN, 100), followed(OTHER, 40),
]  # fmt: skip
SAVED: list[Row | Sql] = [listed(1, OWNER), save(FAN, 1, "playlist")]


class Scene(NamedTuple):
    """What is there, what then happens, and what must be left out of the derivation or the schema to miss it."""

    before: Sequence[Row | Sql]
    then: Step
    without: Mutate | Sql


def feed(name: str) -> Mutate:
    """Leave a whole feed out."""

    def mutate(derived: Derivation) -> None:
        kept = [dirty for dirty in derived._dirty if not dirty.feed.checkpoint.endswith(name)]
        assert len(kept) < len(derived._dirty)
        derived._dirty = tuple(kept)

    return mutate


def delay(name: str, delay: timedelta) -> Mutate:
    """Leave one of a feed's delays out."""

    def change(dirty: Dirty) -> Dirty:
        assert isinstance(dirty.feed, Recurring)
        assert delay in dirty.feed.delays
        delays = tuple(one for one in dirty.feed.delays if one != delay)
        return msgspec.structs.replace(dirty, feed=msgspec.structs.replace(dirty.feed, delays=delays))

    return _changing(name, change)


def part(name: str, old: LiteralString, new: LiteralString) -> Mutate:
    """Change a feed's statement."""

    def change(dirty: Dirty) -> Dirty:
        assert old in dirty.keys
        return msgspec.structs.replace(dirty, keys=dirty.keys.replace(old, new))

    return _changing(name, change)


def _changing(name: str, change: Callable[[Dirty], Dirty]) -> Mutate:
    def mutate(derived: Derivation) -> None:
        derived._dirty = tuple(
            change(dirty) if dirty.feed.checkpoint.endswith(name) else dirty for dirty in derived._dirty
        )

    return mutate


WATCHED = (
    "playlist_owner_id", "is_current", "is_delete", "is_private", "playlist_contents", "created_at", "release_date",
)  # fmt: skip


def unwatched(column: str) -> Sql:
    """Capture changes of playlists except for one column."""
    rest = [name for name in WATCHED if name != column]
    return Sql("SELECT backbeat.capture('playlists', 'trending_playlists', ARRAY['playlist_id'], %s::text[])", (rest,))


def edited(assignment: LiteralString, *values: Any) -> Step:
    return Step(HOUR, [Sql("UPDATE playlists SET " + assignment, values)])  # noqa: S608 - the test's own words


def aged(days: int) -> Scene:
    return Scene(SAVED, Step(days * DAY), delay("ages", days * DAY))


OWNED = "(owner.user_id IS NOT NULL) <> stored.is_there\n        OR "
CROSSED = "OR stored.is_above_zero = backbeat.is_muted(owner.follower_count)"
SINCE = "backbeat.playlist_year_edge(%(now)s::timestamptz AT TIME ZONE 'UTC')"
SCENES = {
    "a save": Scene(SAVED, Step(HOUR, [save(OTHER, 1, "playlist")]), feed("engaged_playlists")),
    "a repost": Scene(SAVED, Step(HOUR, [repost(OTHER, 1, "playlist")]), feed("engaged_playlists")),
    "a save taken back": Scene(SAVED, Step(HOUR, [save(FAN, 1, "playlist", undo=True)]), feed("engaged_playlists")),
    "a save reverted": Scene(SAVED, Step(HOUR, [Sql("DELETE FROM saves")]), feed("engaged_playlists")),
    "a save as an album": Scene(SAVED, Step(HOUR, [save(OTHER, 1, "album")]), feed("engaged_playlists")),
    "a corrected count": Scene(
        SAVED, Step(HOUR, [Sql("UPDATE aggregate_playlist SET save_count = 9")]), feed("engaged_playlists")
    ),
    "a follower of a fan": Scene(SAVED, Step(HOUR, [followed(FAN, 101)]), part("users", "s.save_item_id", "-1")),
    "a follower of a reposter": Scene(
        [listed(1, OWNER), repost(FAN, 1, "playlist")],
        Step(HOUR, [followed(FAN, 101)]),
        part("users", "SELECT r.repost_item_id AS", "SELECT -1 AS"),
    ),
    "a follower of a fan a year ago": Scene(
        [*SAVED, Sql("UPDATE saves SET created_at = created_at - interval '364 days'")],
        Step(HOUR, [followed(FAN, 101)]),
        part("users", SINCE, f"{SINCE} + interval '65 days'"),
    ),
    "a profile completed": Scene([person(FAN, complete=False), *SAVED], Step(HOUR, [person(FAN)]), feed("users")),
    "a profile emptied": Scene(SAVED, Step(HOUR, [person(FAN, complete=False)]), feed("users")),
    "an owner with enough followers": Scene(
        [followed(OWNER, 2), *SAVED], Step(HOUR, [followed(OWNER, 3)]), part("users", CROSSED, "")
    ),
    "an owner with too few followers": Scene(SAVED, Step(HOUR, [followed(OWNER, 2)]), part("users", CROSSED, "")),
    "an owner without aggregates": Scene(
        SAVED, Step(HOUR, [Sql("DELETE FROM aggregate_user WHERE user_id = 1")]), part("users", OWNED, "false OR ")
    ),
    "an owner with aggregates at last": Scene(
        [Sql("DELETE FROM aggregate_user WHERE user_id = 1"), *SAVED],
        Step(HOUR, [Sql("INSERT INTO aggregate_user (user_id, follower_count) VALUES (1, 5)")]),
        part("users", OWNED, "false OR "),
    ),
    "a playlist made": Scene(
        [*SAVED, Sql("INSERT INTO aggregate_playlist VALUES (2, false)")],
        Step(HOUR, [listed(2, OWNER)]),
        feed("trending_playlists"),
    ),
    "a playlist sold": Scene(
        [*SAVED, followed(OTHER, 1)], edited("playlist_owner_id = 3"), unwatched("playlist_owner_id")
    ),
    "a playlist superseded": Scene(SAVED, edited("is_current = false"), unwatched("is_current")),
    "a playlist deleted": Scene(SAVED, edited("is_delete = true"), unwatched("is_delete")),
    "a playlist hidden": Scene(SAVED, edited("is_private = true"), unwatched("is_private")),
    "a third entry": Scene(
        [listed(1, OWNER, 2)],
        edited("playlist_contents = %s", Jsonb({"track_ids": [1, 2, 3]})),
        unwatched("playlist_contents"),
    ),
    "contents that are no list": Scene(
        SAVED, edited("playlist_contents = %s", Jsonb({"track_ids": "none"})), unwatched("playlist_contents")
    ),
    "another birth": Scene(SAVED, edited("created_at = created_at - interval '9 days'"), unwatched("created_at")),
    "another release": Scene(
        [*SAVED, Sql("UPDATE playlists SET created_at = created_at - interval '9 days'")],
        edited("release_date = created_at + interval '8 days'"),
        unwatched("release_date"),
    ),
    "a release that comes": Scene(
        [listed(1, OWNER, created_at=EPOCH - 20 * DAY, release_date=EPOCH + DAY)],
        Step(DAY),
        delay("ages", timedelta()),
    ),
    **{f"{days} days of age": aged(days) for days in (8, 14, 31, 60, 366, 730)},
    **{
        f"{days} days after a save": Scene(SAVED, Step(days * DAY), delay("windows", days * DAY))
        for days in (7, 30, 365)
    },
    **{
        f"{days} days after a save, and the karma": Scene(
            SAVED, Step(days * DAY + MICROSECOND), delay("windows", days * DAY + MICROSECOND)
        )
        for days in (7, 30, 365)
    },
}  # fmt: skip


@pytest.fixture
async def session(module_database_url: str) -> AsyncIterator[AsyncConnection[Any]]:
    options = "-c timezone=UTC"
    async with await AsyncConnection.connect(module_database_url, autocommit=True, options=options) as connection:
        yield connection
        await connection.execute(*unwatched("none"))


@pytest.mark.parametrize("is_followed", [True, False], ids=["followed", "left_out"])
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
async def test_a_cause(session: AsyncConnection[Any], scene: Scene, *, is_followed: bool) -> None:
    world = await PlaylistWorld.empty(session)
    derived = trending_playlists(chain_time)
    if not is_followed:
        if isinstance(scene.without, Sql):
            await session.execute(*scene.without)
        else:
            scene.without(derived)
    for step in as_steps(scene):
        await world.apply(step)
        await settle(derived, session)
    rows = {(item, time_range): score for item, time_range, score in await world.rows(derived)}
    assert (rows == pytest.approx(await world.expected(), rel=1e-12, abs=0)) == is_followed


def as_steps(scene: Scene) -> list[Step]:
    """Where time alone passes, let what became due earlier be followed, so that the last instant comes alone."""
    step = scene.then
    last = [step] if step.changes else [Step(step.after - MICROSECOND), Step(MICROSECOND)]
    return [Step(HOUR, PEOPLE), Step(timedelta(), scene.before), *last]
