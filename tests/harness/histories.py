"""Random histories: small worlds in which everything collides with everything."""

from datetime import datetime, timedelta
from itertools import chain

from hypothesis import strategies as st

from harness.chain_writer import GENESIS, Block, CatalogEdit, Play, Track, User

USERS = 4
TRACKS = 6
OWNERS = {track: 1 + track % 3 for track in range(1, TRACKS + 1)}  # a track never changes hands

Step = list[Block] | CatalogEdit
History = list[Step]

_late = st.sampled_from([datetime(2014, 4, 4), datetime(2024, 12, 31, 23, 59, 59), datetime(2025, 1, 1)])  # noqa: DTZ001
_recent = st.integers(0, 5 * 3600 * 2).map(lambda halves: GENESIS + timedelta(milliseconds=500 * halves))

plays = st.builds(
    Play,
    track_id=st.integers(1, TRACKS + 1),  # one that is never indexed
    user_id=st.none() | st.integers(1, USERS + 1),
    played_at=_recent | _late,
    country=st.sampled_from(["", "NL", "US"]),
)
_seldom = st.sampled_from([False, False, False, True])
users = st.builds(User, st.integers(1, USERS), is_verified=st.booleans(), is_deactivated=_seldom)
tracks = st.builds(lambda track, gone: Track(track, OWNERS[track], gone), st.integers(1, TRACKS), st.booleans())

_burst = st.lists(plays, min_size=1, max_size=4).map(lambda some: some * 5)
_things = st.lists(users | tracks | plays, max_size=8)
_mixed: st.SearchStrategy[Block] = st.tuples(_things, st.just([]) | _burst).map(lambda parts: [*parts[0], *parts[1]])
# A derivation that follows too few feeds is caught by a change that comes alone.
EACH_ALONE: History = [
    [[User(1, is_verified=True), User(2), Track(1, 2), Track(3, 1), Track(6, 1)]],
    [[*[Play(3)] * 3, *[Play(6)] * 4, *[Play(1, 4)] * 2, *[Play(2)] * 5]],
    [[Play(3)]],
    [[User(2, is_verified=True)]],
    [[Track(6, 1, is_delete=True)]],
    [[Track(6, 1)]],
    [[User(3, is_verified=True)]],
    [[Track(2, 3)]],
    [[User(1, is_verified=True, is_deactivated=True)]],
    [[Play(3)]],
]
_alone: st.SearchStrategy[Block] = st.lists(users | tracks | tracks, min_size=1, max_size=1) | _burst

edits = (
    st.builds(CatalogEdit, st.sampled_from(["p1", "p2", "p3"]), st.just("active"), st.booleans())
    | st.builds(CatalogEdit, st.sampled_from(["p1", "p2"]), st.just("amount"), st.sampled_from(["1", "7", "many"]))
    | st.builds(CatalogEdit, st.sampled_from(["p1", "p2"]), st.just("step_count"), st.sampled_from([None, 3, 20]))
)


@st.composite
def _crowded(draw: st.DrawFn) -> Block:
    """Everybody and everything there is, most of it played enough to reach a threshold."""
    anybody = st.builds(User, st.just(0), is_verified=st.booleans(), is_deactivated=_seldom)
    everybody = [draw(anybody)._replace(user_id=user) for user in range(1, USERS + 1)]
    everything = [Track(track, owner, draw(st.booleans())) for track, owner in OWNERS.items()]
    played = [[draw(_played(track))] * draw(st.sampled_from([0, 3, 3, 9])) for track in OWNERS]
    return [*everybody, *everything, *chain.from_iterable(played)]


def _played(track: int) -> st.SearchStrategy[Play]:
    return st.builds(
        Play, st.just(track), user_id=st.none() | st.integers(1, USERS), played_at=_recent, country=st.just("")
    )


def histories(*, steps_max: int = 8) -> st.SearchStrategy[History]:
    """Return lists of steps: a batch of blocks committed at once, or an operator's edit of the catalogue."""
    batches: st.SearchStrategy[Step] = st.lists(_mixed, min_size=1, max_size=3)
    single: st.SearchStrategy[Step] = st.lists(_alone, min_size=1, max_size=1)
    crowded: st.SearchStrategy[History] = _crowded().map(lambda block: [[block]])
    first: st.SearchStrategy[History] = crowded | crowded | crowded | st.just([])
    rest = st.lists(single | single | single | batches | batches | edits, min_size=1, max_size=steps_max)
    return st.tuples(first, rest).map(lambda parts: [*parts[0], *parts[1]])
