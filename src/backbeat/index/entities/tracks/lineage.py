"""What a track is made of: stems and remixes (domain: chain and entities, 5.2.7)."""

from collections.abc import Iterator

from backbeat.index.content.remixes import PARENT, named_parents
from backbeat.index.payload.metadata import INT4_MAX, Payload, integer, record_id
from backbeat.index.row import Change, Gone
from backbeat.index.rows.tracks import PARENTS_MAX, RemixRow, StemRow, TrackRow
from backbeat.index.state import State
from backbeat.index.wire.transaction import EntityTransaction

REMIX_OF, STEM_OF = "remix_of", "stem_of"


def remix_parents(payload: Payload) -> list[int]:
    """Return the tracks that ``remix_of`` names, each once, in order; raises Reject for what can be no id."""
    return [record_id(parent, REMIX_OF) for parent in named_parents(payload.get(REMIX_OF))][:PARENTS_MAX]


def change_remixes(tx: EntityTransaction, parents: list[int], state: State) -> Iterator[Change]:
    """Make the track a remix of ``parents`` and of nothing else."""
    known = {row.parent_track_id: row for row in state.many(RemixRow, "child", tx.entity_id)}
    for parent, row in known.items():
        if parent not in parents:
            yield Gone(row)
    for parent in parents:
        if parent not in known:
            yield RemixRow(parent_track_id=parent, child_track_id=tx.entity_id)


def new_stem(tx: EntityTransaction, payload: Payload) -> Iterator[StemRow]:
    """Link a new track to the one that it is a part of."""
    stem_of = payload.get(STEM_OF)
    parent = integer(stem_of.get(PARENT)) if isinstance(stem_of, dict) else None
    if parent is not None:
        yield StemRow(parent_track_id=record_id(parent, STEM_OF), child_track_id=tx.entity_id)


def parent_of_stem(track: TrackRow) -> int | None:
    """Return the track that a stem is a part of, None for a track that is no stem."""
    parent = integer(track.stem_of.get(PARENT)) if isinstance(track.stem_of, dict) else None
    return parent if parent is not None and 0 < parent <= INT4_MAX else None


def drop_stems(tx: EntityTransaction, state: State) -> Iterator[Gone]:
    """Unlink a track from whatever it is a part of."""
    for row in state.many(StemRow, "child", tx.entity_id):
        yield Gone(row)
