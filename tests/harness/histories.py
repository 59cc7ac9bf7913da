"""Random histories: small worlds in which everything collides with everything."""

from datetime import datetime, timedelta

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
users = st.builds(User, st.integers(1, USERS), is_verified=st.booleans() | st.just(True), is_deactivated=st.booleans())
tracks = st.builds(lambda track, gone: Track(track, OWNERS[track], gone), st.integers(1, TRACKS), st.booleans())

_burst = st.lists(plays, min_size=1, max_size=4).map(lambda some: some * 5)
_things = st.lists(users | tracks | plays, max_size=8)
blocks: st.SearchStrategy[Block] = st.tuples(_things, st.just([]) | _burst).map(lambda parts: [*parts[0], *parts[1]])

edits = (
    st.builds(CatalogEdit, st.sampled_from(["p1", "p2", "p3"]), st.just("active"), st.booleans())
    | st.builds(CatalogEdit, st.sampled_from(["p1", "p2"]), st.just("amount"), st.sampled_from(["1", "7", "many"]))
    | st.builds(CatalogEdit, st.sampled_from(["p1", "p2"]), st.just("step_count"), st.sampled_from([None, 3, 20]))
)


def histories(*, steps_max: int = 6) -> st.SearchStrategy[History]:
    """Return lists of steps: a batch of blocks committed at once, or an operator's edit of the catalogue."""
    batch: st.SearchStrategy[Step] = st.lists(blocks, min_size=1, max_size=3)
    return st.lists(batch | batch | edits, min_size=1, max_size=steps_max)
