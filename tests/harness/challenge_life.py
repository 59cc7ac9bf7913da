"""Random lives of a small network in which every challenge is earned, refused, missed and undone."""

import random
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from harness.chain_writer import CatalogEdit
from harness.challenge_world import (
    ABOVE_EVERY_START,
    EPOCH,
    FIRST_SLOT,
    ChallengeWorld,
    Row,
    arrival,
    comment,
    contest,
    follow,
    held,
    older_purchase,
    play,
    playlist,
    playlist_score,
    purchase,
    remix,
    repost,
    save,
    score,
    tip,
    track,
    user,
)

USERS, TRACKS, COMMENTS = 7, 14, 12
CHARTED = 36  # tracks with a score: those beyond the first twenty are underground
PLAYLISTS = (31, 32, 33)
OWNERS = {number: 1 + number % 3 if number <= TRACKS else 8 + number % 6 for number in range(1, CHARTED + 1)}
STEPPED = {"u": 2, "p": 3, "p1": 2, "p2": 4, "p3": 8, "r": 2, "rv": 2}  # what a short history can reach
IDS = (
    "u", "fp", "p", "v", "cs", "e", "p1", "p2", "p3", "c", "cp", "t", "w", "b", "s", "m", "r", "rv", "rd", "ft", "tt",
    "tut", "tp",
)  # fmt: skip
BY_SLOT = ("b", "s", "ft")
BY_BLOCK = ("u", "fp", "v", "cs", "c", "cp", "w", "m", "r", "rv", "rd")


class TimedBlock(NamedTuple):
    rows: list[Row]
    at: datetime


Step = list[TimedBlock] | CatalogEdit


class Life:
    """Draws what happens; most things are allowed, some are undone again, some come late."""

    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._now = EPOCH
        self._tips = 0

    def steps(self, count: int) -> list[Step]:
        """Return batches of blocks, each taken up by one tick, and an operator's edits between them."""
        steps: list[Step] = [[self._timed(self._beginning(), timedelta(hours=1))]]
        for _ in range(count):
            if self._seldom(4):
                steps.append(self._edit())
            steps.append([self._block() for _ in range(self._random.choice([1, 1, 2, 4]))])
        return steps

    def _beginning(self) -> list[Row]:
        crowd = [track(number, owner) for number, owner in OWNERS.items() if number > TRACKS]
        lists = [playlist(number, 1 + number % USERS, 1) for number in PLAYLISTS]
        places = [held(number, other) for number in PLAYLISTS for other in (1, 2, *range(15, 20))]
        charts = [score(number, self._points(number)) for number in range(1, CHARTED + 1)]
        links = [remix(3, number) for number in range(1, TRACKS + 1)] + [remix(1, number) for number in (2, 5, 6)]
        people = [self._user(number) for number in range(1, USERS + 1)]
        return [*people, *crowd, *lists, *places, *charts, *links, *(playlist_score(number, 5) for number in PLAYLISTS)]

    def _timed(self, rows: list[Row], pause: timedelta) -> TimedBlock:
        self._now += pause
        return TimedBlock(rows, self._now)

    def _block(self) -> TimedBlock:
        alone = self._seldom(4)  # a challenge that follows too few feeds is caught by a change that comes alone
        changes = [self._random.choice(self._kinds)(self) for _ in range(1 if alone else self._random.randint(5, 30))]
        if not self._seldom(8):
            changes.append(play(1, 1))  # a user who listens day by day
        hours = self._random.choice([1, 5, 17, 17, 17, 24, 24, 24, 30, 30, 47, 24 * 8])
        return self._timed(changes, timedelta(hours=hours, seconds=self._random.randint(0, 9)))

    def _edit(self) -> CatalogEdit:
        column = self._random.choice(["active", "active", "amount", "step_count", "starting_block"])
        if column == "step_count":
            challenge_id = self._random.choice(list(STEPPED))
            return CatalogEdit(challenge_id, column, self._random.choice([None, 2, 4]))
        if column == "starting_block":
            challenge_id = self._random.choice(BY_SLOT + BY_BLOCK)
            first = FIRST_SLOT if challenge_id in BY_SLOT else ABOVE_EVERY_START
            return CatalogEdit(challenge_id, column, self._random.choice([None, 0, first + self._random.randint(1, 9)]))
        values: list[Any] = [True, True, False] if column == "active" else ["1", "7", "many"]
        return CatalogEdit(self._random.choice(IDS), column, self._random.choice(values))

    def _seldom(self, one_in: int) -> bool:
        return self._random.randrange(one_in) == 0

    def _who(self) -> int:
        return self._random.randint(1, USERS)

    def _what(self) -> int:
        return self._random.randint(1, TRACKS)

    def _kind(self) -> str:
        return self._random.choice(["track", "track", "track", "playlist"])

    def _ago(self) -> datetime:
        """Mostly now; sometimes earlier, as what arrives late."""
        return self._now - timedelta(hours=self._random.choice([0, 0, 0, 3, 20, 50, 24 * 200]))

    def _user(self, number: int | None = None) -> Row:
        text = None if self._seldom(4) else "x"
        return user(
            number or self._who(), verified=not self._seldom(3), deactivated=self._seldom(8), bio=text,
            handle_lc=None if self._seldom(6) else "h", name=text, cover_photo=text,
        )  # fmt: skip

    def _track(self) -> Row:
        number = self._random.choice([self._what(), self._what(), self._random.randint(1, CHARTED)])
        on_it = [said for said in range(1, COMMENTS + 1) if _place(said) == number]
        pin = self._random.choice([None, *on_it, *on_it, self._random.randint(1, COMMENTS)])
        return track(
            number, OWNERS[number], is_delete=self._seldom(6), is_unlisted=self._seldom(6), pinned_comment_id=pin,
            is_stream_gated=self._seldom(8), is_available=not self._seldom(8),
            stem_of={"parent_track_id": 1} if self._seldom(9) else None,
        )  # fmt: skip

    def _playlist(self) -> Row:
        number = self._random.choice([self._who(), self._random.choice(PLAYLISTS)])
        owner = self._who() if number <= USERS else 1 + number % USERS
        contents = [self._what()] * self._random.randint(0, 1)
        return playlist(
            number, owner, *contents, is_delete=self._seldom(5), is_private=self._seldom(5), is_album=self._seldom(5)
        )

    def _held(self) -> Row:
        number = self._random.choice(PLAYLISTS)
        return held(number, self._random.choice([*range(1, 4), *range(15, 20)]), removed=self._seldom(2))

    def _follow(self) -> Row:
        return follow(self._random.randint(1, 2), self._random.randint(1, 6), undo=self._seldom(5))

    def _repost(self) -> Row:
        return repost(self._who(), self._what(), self._kind(), undo=self._seldom(5))

    def _save(self) -> Row:
        return save(self._who(), self._what(), self._kind(), undo=self._seldom(5))

    def _cosign(self) -> Row:
        act = self._random.choice([repost, save])
        return act(self._random.randint(1, 2), self._what(), undo=self._seldom(6))

    def _comment(self) -> Row:
        number = self._random.randint(1, COMMENTS)
        return comment(
            number, 1 + number % USERS, _place(number), is_delete=self._seldom(4), is_visible=not self._seldom(6)
        )

    def _contest(self) -> Row:
        named: list[Any] = [self._random.choice([int, str])(self._what()) for _ in range(self._random.randint(1, 6))]
        winners: Any = self._random.choice([None, {}, ["x"]]) if self._seldom(6) else named
        event_id = self._random.randint(14, 19)
        return contest(event_id, 1 + event_id % 2, winners, is_deleted=self._seldom(6))

    def _arrival(self) -> Row:
        number, referrer = self._who(), self._random.randint(1, 3)
        return arrival(number, referrer=None if referrer == number else referrer, mobile=self._seldom(2))

    def _play(self) -> Row:
        listener = None if self._seldom(5) else self._random.randint(1, 3)
        return play(self._what(), listener, created_at=self._ago())

    def _purchase(self) -> Row:
        # a content has its price: which of two late purchases is judged first must not show
        number, signature = self._what(), f"s{self._random.randint(1, 9)}"
        micro = (number % 4) * 1_000_000 + 999_999
        slot = FIRST_SLOT + self._random.randint(-5, 20)
        valid = None if self._seldom(3) else True
        return purchase(
            self._who(), number, micro, is_valid=valid, signature=signature, slot=slot, created_at=self._ago()
        )

    def _older_purchase(self) -> Row:
        number, signature = self._what(), self._random.randint(1, 9)
        return older_purchase(
            self._who(), OWNERS[number], number, (number % 4) * 1_000_000 + 999_999, signature=f"u{signature}",
            slot=FIRST_SLOT - 5 + signature, created_at=self._ago(),
        )  # fmt: skip

    def _tip(self) -> Row:
        self._tips += 1
        slot = FIRST_SLOT + self._random.randint(-5, 20)
        return tip(self._who(), self._who(), slot=slot, signature=f"t{self._tips}", created_at=self._ago())

    def _score(self) -> Row:
        kind = self._random.choice(["week", "week", "week", "month"])
        number = self._random.randint(1, CHARTED)
        return score(number, self._points(number), time_range=kind)

    def _points(self, number: int) -> int:
        """What people repost is above what only fills the list."""
        return self._random.randint(3, 9) if number <= TRACKS else self._random.randint(0, 5)

    def _playlist_score(self) -> Row:
        return playlist_score(self._random.choice(PLAYLISTS), self._random.randint(0, 9))

    def _fame(self) -> Row:
        count = self._random.choice([10, 10, 1500])
        return Row("aggregate_user", {"user_id": self._random.choice(list(OWNERS.values())), "follower_count": count})

    _kinds = (
        _user, _track, _track, _track, _playlist, _held, _follow, _repost, _repost, _repost, _save, _save,
        _cosign, _cosign, _comment, _comment, _contest, _arrival, _play, _play, _play, _purchase, _older_purchase,
        _tip, _score, _playlist_score, _fame,
    )  # fmt: skip


def _place(comment_id: int) -> int:
    """The track that a comment is on."""
    return 1 + comment_id % TRACKS


async def apply(world: ChallengeWorld, step: Step) -> None:
    if isinstance(step, CatalogEdit):
        await world.edit(step)
        return
    for rows, at in step:
        await world.block(rows, at=at)
