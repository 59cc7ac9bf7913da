"""Short histories, each about one thing that random ones meet too seldom."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from builders.chain import GENESIS, entity, play, plays
from naive_rewards.edits import BEGINNING, PURCHASE, TIP, Edit
from naive_rewards.stories import HOUR, TRACKS, VERIFIER, Made, Step, Transaction

A, B, C, D = 3_000_001, 3_000_002, 3_000_003, 3_000_004
COMMENT, CONTEST, SLOT = 4_000_001, 900_001, 400_000_000
SAID = {"event_type": "remix_contest", "entity_type": "track", "end_date": "2030-01-01", "event_data": {}}
LIST = {"playlist_name": "P", "playlist_contents": [{"track_id": TRACKS, "time": 1}]}
Scene = Callable[[], Iterator[Step]]


class Stage:
    """Makes blocks, four hours apart unless told otherwise."""

    def __init__(self) -> None:
        self.now = GENESIS
        self._nonce = 0

    def block(self, *transactions: Transaction, later: timedelta = 4 * HOUR) -> Made:
        self.now += later
        return Made(transactions, self.now)

    def does(self, user: int, pair: str, about: int, payload: Any = None, signer: str | None = None) -> Transaction:
        self._nonce += 1
        text = "" if payload is None else json.dumps({"cid": "", "data": payload})
        return entity(1, user, pair, about, text, self._nonce, signer=signer or f"0x{user:040x}")

    def says(self, user: int, **profile: Any) -> Transaction:
        return self.does(user, "User/Update", user, profile)

    def verified(self, user: int) -> Transaction:
        return self.does(user, "User/Verify", user, {"is_verified": True}, VERIFIER)

    def beginning(self) -> Iterator[Step]:
        """Have four users, of whom A and B are verified, each with a track; that of C is a remix of A's."""
        yield Edit(BEGINNING)
        users = [self.does(user, "User/Create", user, {"handle": f"u{user}"}) for user in (A, B, C, D)]
        parents: Mapping[int, Any] = {C: {"remix_of": {"tracks": [{"parent_track_id": TRACKS}]}}}
        tracks = [
            self.does(user, "Track/Create", TRACKS + at, {"title": "T", "owner_id": user, **parents.get(user, {})})
            for at, user in enumerate((A, B, C, D))
        ]
        yield self.block(*users, self.verified(A), self.verified(B), *tracks)

    def end(self) -> Step:
        return self.block(self.says(A, location="at last"), later=timedelta(days=40))


def switched(challenge_id: str, *, on: bool) -> Edit:
    return Edit("UPDATE challenges SET active = %s WHERE id = %s", (on, challenge_id))


def while_off(
    challenge_id: str,
    happens: Callable[[Stage], list[Transaction | Edit]],
    undone: Callable[[Stage], list[Transaction | Edit]],
) -> Iterator[Step]:
    """Have something happen while a challenge is off, and what it hangs on undone before it is on again."""
    stage = Stage()
    yield from stage.beginning()
    yield switched(challenge_id, on=False)
    for part in (happens, undone):
        done = part(stage)
        yield from (one for one in done if isinstance(one, Edit))
        yield stage.block(stage.says(D, location="x"), *(one for one in done if not isinstance(one, Edit)))
    yield switched(challenge_id, on=True)
    yield stage.block(stage.says(D, location="y"))
    yield stage.block(stage.says(D, location="z"))
    yield stage.end()


def switched_off_behind(
    challenge_id: str,
    happens: Callable[[Stage], list[Transaction | Edit]],
    again: Callable[[Stage], list[Transaction | Edit]],
) -> Iterator[Step]:
    """Have a challenge switched off behind something, and for good; the next block writes the same rows again.

    Jobs that run after each second block come when it is off.
    """
    stage = Stage()
    yield from stage.beginning()
    yield stage.block(stage.says(D, location="w"))
    for part, word in ((happens, "x"), (again, "y")):
        done = part(stage)
        yield from (one for one in done if isinstance(one, Edit))
        yield stage.block(stage.says(D, location=word), *(one for one in done if not isinstance(one, Edit)))
        if part is happens:
            yield switched(challenge_id, on=False)
    yield stage.end()


def taken_back(happens: Callable[[Stage], Transaction], undone: Callable[[Stage], Transaction]) -> Iterator[Step]:
    """Have something happen, and what it hangs on undone before jobs look that run after each second block."""
    stage = Stage()
    yield from stage.beginning()
    for done in (stage.says(D, location="w"), happens(stage), undone(stage)):
        yield stage.block(done)
    yield stage.end()


def gone(user: int) -> Callable[[Stage], list[Transaction | Edit]]:
    return lambda stage: [stage.says(user, is_deactivated=True)]


def bought(stage: Stage) -> list[Transaction | Edit]:
    at = (stage.now + HOUR).replace(tzinfo=None)
    return [Edit(PURCHASE, ("s1", 2_000_000, SLOT, "track", TRACKS, D, True, at))]


def tipped(stage: Stage) -> list[Transaction | Edit]:
    return [Edit(TIP, (SLOT, "t1", D, A, (stage.now + HOUR).replace(tzinfo=None)))]


def referred_by(referrer: int) -> Callable[[Stage], list[Transaction | Edit]]:
    return lambda stage: [stage.says(D, events={"referrer": referrer})]


def nothing(_stage: Stage) -> list[Transaction | Edit]:
    return []


def prizes(wait: timedelta, *more: timedelta) -> Iterator[Step]:
    """Have a host name five winners, then a sixth in another contest; blocks come so long after the first five."""
    stage = Stage()
    yield from stage.beginning()
    others = range(5, 11)
    yield stage.block(
        *(stage.does(user, "User/Create", 0, {}) for user in range(3_000_005, 3_000_011)),
        *(
            stage.does(3_000_000 + at, "Track/Create", TRACKS + at, {"title": "T", "owner_id": 3_000_000 + at})
            for at in others
        ),
        stage.does(A, "Event/Create", CONTEST, {**SAID, "entity_id": TRACKS}),
        stage.does(A, "Track/Create", TRACKS + 20, {"title": "T", "owner_id": A}),
        stage.does(A, "Event/Create", CONTEST + 1, {**SAID, "entity_id": TRACKS + 20}),
    )
    yield stage.block(_won(stage, CONTEST, [TRACKS + at for at in others][:5]))
    first = stage.now
    yield stage.block(_won(stage, CONTEST + 1, [TRACKS + 10]))
    for later in (wait, *more):
        yield stage.block(stage.says(D, location="x"), later=first + later - stage.now)
    yield stage.end()


def _won(stage: Stage, contest: int, tracks: list[int]) -> Transaction:
    return stage.does(A, "Event/Update", contest, {"event_data": {"winners": tracks}})


def day_behind_an_edit() -> Iterator[Step]:
    """Have a listener's eighth day, in a block of plays alone, right behind an edit of what it pays."""
    stage = Stage()
    yield from stage.beginning()
    for _ in range(7):
        yield stage.block(stage.says(D, location="x"), plays(play(str(D), str(TRACKS), stage.now)), later=DAY)
    yield Edit("UPDATE challenges SET amount = '3' WHERE id = 'e'")
    yield stage.block(plays(play(str(D), str(TRACKS), stage.now)), later=DAY)
    yield stage.end()


def released() -> Iterator[Step]:
    """Have a third track come out by itself, and be taken back."""
    stage = Stage()
    yield from stage.beginning()
    release = (stage.now + 9 * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"title": "T", "owner_id": D}
    yield stage.block(
        stage.does(D, "Track/Create", TRACKS + 20, said),
        stage.does(D, "Track/Create", TRACKS + 21, {**said, "is_scheduled_release": True, "release_date": release}),
    )
    for word in "abc":
        yield stage.block(stage.says(B, location=word))
    yield stage.block(stage.does(D, "Track/Delete", TRACKS + 21))
    yield stage.end()


WEEK, DAY = timedelta(days=7), timedelta(days=1)
SECOND = timedelta(seconds=1)
ABOUT = {"entity_id": TRACKS + 1, "body": "hi"}
SCENES: dict[str, Scene] = {
    "a comment while c is off": lambda: while_off(
        "c", lambda stage: [stage.does(D, "Comment/Create", COMMENT, ABOUT)], gone(D)
    ),
    "a comment while c is off, deleted": lambda: while_off(
        "c",
        lambda stage: [stage.does(D, "Comment/Create", COMMENT, ABOUT)],
        lambda stage: [stage.does(D, "Comment/Delete", COMMENT)],
    ),
    "a comment while c is off, nothing undone": lambda: while_off(
        "c", lambda stage: [stage.does(D, "Comment/Create", COMMENT, ABOUT)], nothing
    ),
    "a cosign while cs is off": lambda: while_off(
        "cs", lambda stage: [stage.does(A, "Track/Repost", TRACKS + 2)], gone(C)
    ),
    "a cosign while cs is off, taken back": lambda: while_off(
        "cs",
        lambda stage: [stage.does(A, "Track/Repost", TRACKS + 2)],
        lambda stage: [stage.does(A, "Track/Unrepost", TRACKS + 2)],
    ),
    "a pin while cp is off": lambda: while_off(
        "cp",
        lambda stage: [
            stage.does(D, "Comment/Create", COMMENT, ABOUT),
            stage.does(B, "Comment/Pin", COMMENT, {"entity_id": TRACKS + 1}),
        ],
        gone(D),
    ),
    "a pin while cp is off, nothing undone": lambda: while_off(
        "cp",
        lambda stage: [
            stage.does(D, "Comment/Create", COMMENT, ABOUT),
            stage.does(B, "Comment/Pin", COMMENT, {"entity_id": TRACKS + 1}),
        ],
        nothing,
    ),
    "a mobile while m is off": lambda: while_off(
        "m", lambda stage: [stage.says(D, events={"is_mobile_user": True})], gone(D)
    ),
    "a mobile while m is off, nothing undone": lambda: while_off(
        "m", lambda stage: [stage.says(D, events={"is_mobile_user": True})], nothing
    ),
    "a referral while rv is off": lambda: while_off("rv", referred_by(A), gone(A)),
    "a referral while r is off": lambda: while_off("r", referred_by(C), lambda stage: [stage.verified(C)]),
    "a referral while rd is off": lambda: while_off("rd", referred_by(A), gone(D)),
    "a play while e is off": lambda: while_off(
        "e", lambda stage: [plays(play(str(D), str(TRACKS), stage.now + HOUR))], gone(D)
    ),
    "a purchase while b is off": lambda: while_off("b", bought, gone(D)),
    "a purchase while s is off": lambda: while_off("s", bought, gone(A)),
    "a purchase while s is off, unverified then": lambda: while_off(
        "s", bought, lambda _: [Edit("UPDATE users SET is_verified = false WHERE user_id = %s", (A,))]
    ),
    "a tip while ft is off": lambda: while_off("ft", tipped, gone(D)),
    "uploads while u is off": lambda: while_off(
        "u",
        lambda stage: [
            stage.does(D, "Track/Create", TRACKS + at, {"title": "T", "owner_id": D}) for at in (20, 21, 22)
        ],
        lambda stage: [stage.does(D, "Track/Delete", TRACKS + 21), stage.does(D, "Track/Delete", TRACKS + 22)],
    ),
    "a playlist while fp is off": lambda: while_off(
        "fp",
        lambda stage: [stage.does(D, "Playlist/Create", 400_001, LIST)],
        lambda stage: [stage.does(D, "Playlist/Delete", 400_001)],
    ),
    "a verification while v is off": lambda: while_off("v", lambda stage: [stage.verified(C)], gone(C)),
    "a profile while p is off": lambda: while_off("p", lambda stage: [stage.says(C, bio="b", name="n")], nothing),
    "a profile while p is off, gone then": lambda: while_off(
        "p", lambda stage: [stage.says(C, bio="b", name="n")], gone(C)
    ),
    "a winner while w is off": lambda: while_off(
        "w",
        lambda stage: [
            stage.does(
                A,
                "Event/Create",
                CONTEST,
                {**SAID, "entity_id": TRACKS, "event_data": {"winners": [TRACKS + 3]}},
            )
        ],
        gone(D),
    ),
    "plays while p1 is off": lambda: while_off(
        "p1", lambda stage: [plays(*[play("", str(TRACKS), stage.now)] * 3)], nothing
    ),
    "a play behind an edit of e": day_behind_an_edit,
    "a track that comes out by itself": released,
    "a prize that waits seven days": lambda: prizes(WEEK, WEEK + 4 * HOUR),
    "a prize that waits longer": lambda: prizes(WEEK - SECOND, WEEK + SECOND),
    "a prize that waits until nobody is there": lambda: prizes(WEEK - HOUR, WEEK + HOUR),
}  # fmt: skip

MADE = {"title": "T", "owner_id": D}
BEHIND: dict[str, Scene] = {
    "uploads": lambda: switched_off_behind(
        "u",
        lambda stage: [stage.does(D, "Track/Create", TRACKS + at, MADE) for at in (20, 21)],
        lambda stage: [stage.does(D, "Track/Delete", TRACKS + at) for at in (20, 21)],
    ),
    "tracks handed over by others": lambda: switched_off_behind(
        "u", lambda _: [Edit("UPDATE tracks SET owner_id = %s WHERE owner_id IN (%s, %s)", (D, A, B))], nothing
    ),
    "a playlist": lambda: switched_off_behind(
        "fp",
        lambda stage: [stage.does(D, "Playlist/Create", 400_001, LIST)],
        lambda stage: [stage.does(D, "Playlist/Delete", 400_001)],
    ),
    "a verification": lambda: switched_off_behind(
        "v", lambda stage: [stage.verified(C)], lambda stage: [stage.says(C, is_deactivated=True)]
    ),
    "a comment": lambda: switched_off_behind(
        "c",
        lambda stage: [stage.does(D, "Comment/Create", COMMENT, ABOUT)],
        lambda stage: [stage.does(D, "Comment/Delete", COMMENT)],
    ),
    "a pin": lambda: switched_off_behind(
        "cp",
        lambda stage: [
            stage.does(D, "Comment/Create", COMMENT, ABOUT),
            stage.does(B, "Comment/Pin", COMMENT, {"entity_id": TRACKS + 1}),
        ],
        lambda stage: [
            stage.does(B, "Comment/Unpin", COMMENT, {"entity_id": TRACKS + 1}),
            stage.does(D, "Comment/Delete", COMMENT),
        ],
    ),
    "a cosign": lambda: switched_off_behind(
        "cs",
        lambda stage: [stage.does(A, "Track/Repost", TRACKS + 2)],
        lambda stage: [stage.does(A, "Track/Unrepost", TRACKS + 2)],
    ),
    "a cosign of what is a remix no more": lambda: taken_back(
        lambda stage: stage.does(A, "Track/Repost", TRACKS + 2),
        lambda stage: stage.does(C, "Track/Update", TRACKS + 2, {"title": "T", "remix_of": {"tracks": []}}),
    ),
    "a winner": lambda: switched_off_behind(
        "w",
        lambda stage: [
            stage.does(
                A, "Event/Create", CONTEST, {**SAID, "entity_id": TRACKS, "event_data": {"winners": [TRACKS + 3]}}
            )
        ],
        lambda stage: [stage.does(A, "Event/Delete", CONTEST)],
    ),
    "a mobile": lambda: switched_off_behind(
        "m", lambda stage: [stage.says(D, events={"is_mobile_user": True})], referred_by(C)
    ),
    "a referral that pays r": lambda: switched_off_behind("r", referred_by(C), referred_by(B)),
    "a referral that pays rv": lambda: switched_off_behind("rv", referred_by(A), referred_by(C)),
    "a referral that pays rd": lambda: switched_off_behind("rd", referred_by(A), referred_by(C)),
    "a profile": lambda: switched_off_behind(
        "p", lambda stage: [stage.says(C, bio="b", name="n")], lambda stage: [stage.says(C, bio="c", name="m")]
    ),
    "plays": lambda: switched_off_behind("p1", lambda stage: [plays(*[play("", str(TRACKS), stage.now)] * 3)], gone(A)),
    "a play": lambda: switched_off_behind(
        "e", lambda stage: [plays(play(str(D), str(TRACKS), stage.now + HOUR))], gone(D)
    ),
    "a purchase": lambda: switched_off_behind("b", bought, gone(D)),
    "a sale": lambda: switched_off_behind("s", bought, gone(A)),
    "a tip": lambda: switched_off_behind("ft", tipped, gone(D)),
}
"""By what a challenge is switched off behind."""
