"""Listening: batches of plays, most of them by people without an account."""

from itertools import accumulate
from random import Random
from typing import Final

from backbeat.chain.proto import core_pb2
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.draw import skewed
from backbeat.chain.simulator.world import track_id, user_id

_BATCH_SIZES: Final = (1, 2, 3, 4)
_BATCH_WEIGHTS: Final = tuple(accumulate((67, 25, 5, 3)))
_ANONYMOUS_SHARE: Final = 0.82
_REPEAT_SHARE: Final = 0.3  # of the second and later plays of a batch; makes about 9 % of all plays
_AGE_SECONDS_MAX: Final = 8
_VIRAL_SHARE, _HIT_SHARE, _NEW_SHARE = 0.2, 0.6, 0.9  # cumulated; the rest falls on any track

_PLACES: Final = (
    ("New York", "New York", "United States"), ("Los Angeles", "California", "United States"),
    ("Chicago", "Illinois", "United States"), ("", "", "United States"), ("Houston", "Texas", "United States"),
    ("Toronto", "Ontario", "Canada"), ("Montréal", "Quebec", "Canada"), ("Paris", "Île-de-France", "France"),
    ("Bogotá", "Bogota D.C.", "Colombia"), ("São Paulo", "Sao Paulo", "Brazil"), ("", "", "Brazil"),
    ("London", "England", "United Kingdom"), ("Lagos", "Lagos", "Nigeria"), ("Berlin", "Land Berlin", "Germany"),
    ("Warsaw", "Mazovia", "Poland"), ("Kyiv", "Kyiv City", "Ukraine"), ("Tokyo", "Tokyo", "Japan"), ("", "", "India"),
    ("Accra", "Greater Accra Region", "Ghana"), ("Manila", "Metro Manila", "Philippines"), ("", "Lisbon", "Portugal"),
    ("Mexico City", "Mexico City", "Mexico"), ("Sydney", "New South Wales", "Australia"),
    ("Oslo", "Oslo County", "Norway"),
)  # fmt: skip
_PLACE_WEIGHTS: Final = tuple(accumulate((9, 8, 6, 8, 5, 3, 2, 4, 4, 3, 2, 4, 3, 3, 2, 2, 2, 2, 1, 2, 1, 3, 2, 1)))


def plays_transaction(dice: Random, chapter: Chapter, now: int) -> core_pb2.SignedTransaction:
    """Return a batch of one to four plays heard in the seconds before ``now`` (Unix seconds)."""
    plays = [_play(dice, chapter, now)]
    for _ in range(dice.choices(_BATCH_SIZES, cum_weights=_BATCH_WEIGHTS)[0] - 1):
        plays.append(dice.choice(plays) if dice.random() < _REPEAT_SHARE else _play(dice, chapter, now))
    return core_pb2.SignedTransaction(signature=dice.randbytes(65).hex(), plays=core_pb2.TrackPlays(plays=plays))


def _play(dice: Random, chapter: Chapter, now: int) -> core_pb2.TrackPlay:
    if dice.random() < _ANONYMOUS_SHARE:
        listener = "0x" + dice.randbytes(20).hex()
    else:
        listener = str(user_id(skewed(dice.random(), chapter.world.users.until(chapter.birth))))
    city, region, country = dice.choices(_PLACES, cum_weights=_PLACE_WEIGHTS)[0]
    return core_pb2.TrackPlay(
        user_id=listener,
        track_id=str(track_id(_heard(dice, chapter))),
        timestamp={"seconds": now - dice.randrange(_AGE_SECONDS_MAX)},
        signature="0x" + dice.randbytes(65).hex(),
        city=city,
        region=region,
        country=country,
    )


def _heard(dice: Random, chapter: Chapter) -> int:
    chance, known = dice.random(), chapter.world.tracks.until(chapter.birth)
    if chance < _VIRAL_SHARE and chapter.viral_track is not None:
        return chapter.viral_track
    if chance < _HIT_SHARE:
        return skewed(dice.random(), known)
    if chance < _NEW_SHARE:
        return known - 1 - skewed(dice.random(), known)
    return dice.randrange(known)
