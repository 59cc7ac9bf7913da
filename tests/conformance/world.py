"""The small world that the worked scenarios of the domain reference play in, without a database.

``World.send`` does for one transaction what the indexer does: parse, prefetch what the route wants and what it wants
then, run the handler (again for whatever it missed), apply. Rows live in dictionaries that follow the sink's rules.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from backbeat.index.batch import THEN_ROUNDS_MAX
from backbeat.index.entities import find_migration, find_route
from backbeat.index.payload.metadata import parse
from backbeat.index.reject import Code, Reject
from backbeat.index.row import Change, Gone, Row
from backbeat.index.rows.comments import CommentRow
from backbeat.index.rows.playlists import PlaylistRouteRow, PlaylistRow
from backbeat.index.rows.track_lists import TrackListsRow
from backbeat.index.rows.tracks import TrackRouteRow, TrackRow
from backbeat.index.rows.users import UserRow
from backbeat.index.state import IDENTITY, Key, NotLoaded, State, value_of
from backbeat.index.wire.migration import created_at
from backbeat.index.wire.routing import missing_then
from backbeat.index.wire.transaction import EntityRules, EntityTransaction

R = TypeVar("R", bound=Row)
Slot: TypeAlias = tuple[Any, ...]  # an identity; superseded versions have one of their own

B = datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - block times are naive UTC
B_SECONDS = 1767323045
U1, U2, U3 = 3000001, 3000002, 3000003
T1, T2, T3 = 2000001, 2000002, 2000003
P1, L1 = 400001, 400002
C1 = 4000001
V = "0xbbbb93a6b3a1d6fdd27909729b95ccb0cc9002c0"  # the verifier
WALLETS = W1, W2, W3, W4, W5 = (
    "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf",
    "0x2b5ad5c4795c026514f8317c7a215e218dccd6cf",
    "0x6813eb9362372eef6200f3b1dbc3f819671cba69",
    "0x1eff47bc3a10a45d4b230b5d10e37751fe6aa718",
    "0xe1ab8145f7e55dc933d51a18c793f901a3a0b276",
)
DATES = {"created_at": B - timedelta(days=30), "updated_at": B - timedelta(days=30)}
STAMP: dict[str, Any] = {"txhash": "OLD", "blockhash": "bb400", "blocknumber": 9}
STAMPED: dict[str, Any] = {**STAMP, **DATES}


class World:
    """Rows, a clock that stands still until told, and a way to send transactions."""

    def __init__(self, *, commits_each: bool) -> None:
        self.time = B
        self.number = 10
        self.trips = 0  # how often the last handler had to be run again for something nobody had loaded
        self.tx: EntityTransaction | None = None  # the last one that was sent
        self._commits_each = commits_each
        self._rows: defaultdict[type[Row], dict[Slot, Row]] = defaultdict(dict)
        self._state = State()
        self._sent = 0

    def put(self, *rows: Row) -> None:
        """Store rows that were there before; only before anything is read of them."""
        for row in rows:
            self._write(row)

    def next_block(self, seconds: int = 60) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)
        self.number += 1

    def send(
        self, user_id: int, pair: str, entity_id: int = 0, payload: Any = None, *, by: str = "", **given: Any
    ) -> Code | None:
        """Send a transaction, signed by the user's wallet unless told; return why it was refused, None if it was not.

        A payload is wrapped as clients wrap it; a string is sent as it is. ``is_migrated``: by a genesis migration.
        """
        self._sent += 1
        user = self.get(UserRow, user_id)
        entity_type, action = pair.split("/")
        metadata = payload if isinstance(payload, str) else json.dumps({"cid": "", "data": payload})
        carried, is_migrated = None if payload is None else parse(metadata), given.get("is_migrated", False)
        self.tx = EntityTransaction(
            user_id=user_id,
            entity_type=entity_type,
            entity_id=entity_id,
            action=action,
            signer=(by or (user.wallet if user else None) or W4).lower(),
            metadata=carried,
            pubkey=given.get("pubkey"),
            tx_hash=f"{self._sent:064X}",
            block_hash=f"bb{self.number + 490}",
            block_number=self.number,
            block_time=created_at(carried, self.time) if is_migrated else self.time,
            rules=EntityRules(verifier_address=V),
            is_migrated=is_migrated,
        )
        return self.deliver(self.tx)

    def deliver(self, tx: EntityTransaction) -> Code | None:
        """Deliver a transaction just as it is; return why it was refused, None if it was not."""
        try:
            self._state.apply(self.run(tx))
        except Reject as reject:
            return reject.code
        if self._commits_each:
            self._commit()
        return None

    def run(self, tx: EntityTransaction) -> list[Change]:
        """Return what the transaction changes, applied to nothing; raises Reject."""
        route = (find_migration if tx.is_migrated else find_route)(tx.entity_type, tx.action)
        if route is None:
            raise Reject(Code.UNSUPPORTED_ENTITY, "entity_type")
        self._load(route.wants(tx))
        for _ in range(THEN_ROUNDS_MAX):
            self._load(missing_then(route, tx, self._state))
        self.trips = 0
        while True:
            try:
                changes = list(route.handler(tx, self._state))
            except NotLoaded as missing:
                self.trips += 1
                self._load(missing.keys)
            else:
                again = list(route.handler(tx, self._state))
                assert list(map(_without_id, again)) == list(map(_without_id, changes))  # pure
                return changes

    def get(self, row: type[R], *identity: Any) -> R | None:
        """Return the current row of an identity."""
        return next((found for found in self.all(row) if found.key() == identity and not _is_superseded(found)), None)

    def the(self, row: type[R], *identity: Any) -> R:
        """Return the current row of an identity, which there is."""
        found = self.get(row, *identity)
        assert found is not None
        return found

    def all(self, row: type[R], **columns: Any) -> list[R]:
        """Return every row whose columns have these values."""
        changes = self._state.changes().get(row, [])
        changed = {_row(change).key() for change in changes}
        rows = [old for old in self._rows[row].values() if old.key() not in changed or _is_superseded(old)]
        rows += [change for change in changes if isinstance(change, Row)]
        wanted = columns.items()
        return [found for found in rows if all(getattr(found, name) == value for name, value in wanted)]  # type: ignore[misc]  # all are of that type

    def _load(self, keys: Iterable[Key]) -> None:
        wanted = self._state.missing(keys)
        self._state.fill(wanted, [(key, row) for key in wanted for row in self._answers(key)])

    def _answers(self, key: Key) -> list[Row]:
        stored = self._rows[key.row]
        if key.by == IDENTITY:
            return [stored[key.value]] if key.value in stored else []
        index = key.row.indexes[key.by]
        found = [
            row
            for row in stored.values()
            if value_of(row, key.by) == key.value
            and (index.history or not _is_superseded(row))
            and not (index.only and not getattr(row, index.only))
            and not (index.unless and getattr(row, index.unless))
        ]
        if not index.newest:
            return found
        values = [(getattr(row, index.newest), row) for row in found]
        values.sort(key=lambda pair: (pair[0] is None, pair[0] or 0), reverse=True)
        return [row for _, row in values[: index.at_most]]

    def _commit(self) -> None:
        for changes in self._state.changes().values():
            for change in changes:
                if isinstance(change, Gone):
                    self._rows[type(change.row)].pop(change.row.key(), None)
                else:
                    self._write(change)
        self._state = State()

    def _write(self, row: Row) -> None:
        stored = self._rows[type(row)]
        if row.identity == ("id",) and row.key() < (0,):
            row = row.but(id=max((old.key()[0] for old in stored.values()), default=0) + 1)
        slot = (*row.key(), "superseded") if _is_superseded(row) else row.key()
        if not (row.keep_first and slot in stored):
            stored[slot] = row
        if isinstance(row, TrackRow):
            lists = TrackListsRow(track_id=row.track_id, owner_id=row.owner_id, updated_at=row.updated_at)
            self._rows[TrackListsRow].setdefault(lists.key(), lists)


def fixture_world(*, commits_each: bool) -> World:
    """Return a world as the scenarios begin it."""
    world = World(commits_each=commits_each)
    for user_id, handle, wallet in ((U1, "alice", W1), (U2, "bob", W2), (U3, "Carol", W3)):
        world.put(UserRow(user_id=user_id, handle=handle, handle_lc=handle.lower(), wallet=wallet, **STAMPED))
    for track_id, title, owner in ((T1, "Song A", U1), (T2, "Song B", U1), (T3, "Beat", U2)):
        slug = title.lower().replace(" ", "-")
        world.put(
            TrackRow(track_id=track_id, owner_id=owner, title=title, **STAMPED),
            TrackRouteRow(owner_id=owner, slug=slug, title_slug=slug, track_id=track_id, **STAMP),
        )
    for playlist_id, name, is_album in ((P1, "Mix", False), (L1, "LP", True)):
        slug = name.lower()
        world.put(
            PlaylistRow(
                playlist_id=playlist_id,
                playlist_owner_id=U1,
                playlist_name=name,
                is_album=is_album,
                playlist_contents={"track_ids": []},
                **STAMPED,
            ),
            PlaylistRouteRow(owner_id=U1, slug=slug, title_slug=slug, playlist_id=playlist_id, **STAMP),
        )
    world.put(CommentRow(comment_id=C1, text="old", user_id=U2, entity_id=T1, entity_type="Track", **STAMPED))
    return world


def _row(change: Change) -> Row:
    return change.row if isinstance(change, Gone) else change


def _without_id(change: Change) -> Change:
    return change.but(id=0) if isinstance(change, Row) and change.identity == ("id",) else change


def _is_superseded(row: Row) -> bool:
    return row.versioned and not getattr(row, "is_current", True)
