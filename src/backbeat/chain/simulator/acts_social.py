"""Following, muting, saving, reposting, and taking it back two chapters later; and sharing."""

from collections.abc import Callable

from backbeat.chain.simulator.acts import Builder, Draft, act, flat, signed_by
from backbeat.chain.simulator.chapter import RELATIONS, Chapter
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.relations import Pair
from backbeat.chain.simulator.world import playlist_id, track_id, user_id

UNFOLLOWS_PER_VERSE = 3
UNSUBSCRIBES_PER_VERSE = 2
UNSAVES_PER_VERSE = 2
UNREPOSTS_PER_VERSE = 1
UNMUTES_PER_VERSE = 1
_LATER = SETTLING_CHAPTERS
_MUTING = ("User", "MutedUser")  # entity types, by turns


def draft(pair: Pair, entity_type: str, action: str, id_of: Callable[[int], int], metadata: str = "") -> Draft:
    """Return what the user of a pair does to its target."""
    user, target = pair
    return Draft(
        user_id=user_id(user),
        entity_type=entity_type,
        entity_id=id_of(target),
        action=action,
        signer=signed_by(user),
        metadata=metadata,
    )


def _new_pair(relation: str, entity_type: str, action: str, id_of: Callable[[int], int], metadata: str = "") -> Builder:
    def build(chapter: Chapter, slot: int, _now: int) -> Draft | None:
        return draft(chapter.relation(relation)[slot], entity_type, action, id_of, metadata)

    return act(f"{entity_type}/{action}", per_verse=RELATIONS[relation].per_verse)(build)


def _old_pair(
    relation: str, entity_type: str, action: str, id_of: Callable[[int], int], per_verse: int, skip: int, chapters: int
) -> Builder:
    """Register an act on pairs made ``chapters`` ago, after the first ``skip`` per verse, each pair once."""
    build = _taking_back(relation, entity_type, action, id_of, skip, chapters)
    return act(f"{entity_type}/{action}", per_verse=per_verse)(build)


def _taking_back(
    relation: str, entity_type: str, action: str, id_of: Callable[[int], int], skip: int = 0, chapters: int = _LATER
) -> Builder:
    def build(chapter: Chapter, slot: int, _now: int) -> Draft | None:
        made = chapter.relation(relation, chapters_ago=chapters)
        return draft(made[skip * chapter.world.verses + slot], entity_type, action, id_of) if made else None

    return build


follow = _new_pair("follow", "User", "Follow", user_id)
save_track = _new_pair("save track", "Track", "Save", track_id)
repost_track = _new_pair("repost track", "Track", "Repost", track_id)
save_playlist = _new_pair("save playlist", "Playlist", "Save", playlist_id, flat({"is_save_of_repost": False}))
repost_playlist = _new_pair("repost playlist", "Playlist", "Repost", playlist_id, flat({"is_repost_of_repost": False}))

unfollow = _old_pair("follow", "User", "Unfollow", user_id, UNFOLLOWS_PER_VERSE, 0, _LATER)
unsubscribe = _old_pair("follow", "User", "Unsubscribe", user_id, UNSUBSCRIBES_PER_VERSE, UNFOLLOWS_PER_VERSE, _LATER)
subscribe = _old_pair("follow", "User", "Subscribe", user_id, 1, UNFOLLOWS_PER_VERSE, 2 * _LATER)
unsave = _old_pair("save track", "Track", "Unsave", track_id, UNSAVES_PER_VERSE, 0, _LATER)
unrepost = _old_pair("repost track", "Track", "Unrepost", track_id, UNREPOSTS_PER_VERSE, 0, _LATER)
unsave_playlist = _taking_back("save playlist", "Playlist", "Unsave", playlist_id)
unrepost_playlist = _taking_back("repost playlist", "Playlist", "Unrepost", playlist_id)


@act("User/Mute", per_verse=RELATIONS["mute"].per_verse)
def mute(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Mute a user, under either of the two names that the thing has."""
    return draft(chapter.relation("mute")[slot], _MUTING[slot % 2], "Mute", user_id)


@act("User/Unmute", per_verse=UNMUTES_PER_VERSE)
def unmute(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Hear of a user again, under the other name in the next chapter."""
    made = chapter.relation("mute", chapters_ago=_LATER)
    return draft(made[slot], _MUTING[chapter.number % 2], "Unmute", user_id) if made else None


def share(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Share a track of another user."""
    dice = chapter.dice("Track/Share", slot)
    user, track = chapter.some_user(dice), chapter.some_track(dice)
    return None if chapter.world.track_owner(track) == user else draft((user, track), "Track", "Share", track_id)


def share_playlist(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Share a new playlist of another user."""
    dice = chapter.dice("Playlist/Share", slot)
    user, playlist = chapter.some_user(dice), chapter.fresh(chapter.world.playlists, dice)
    is_own = chapter.world.playlist_owner(playlist) == user
    return None if is_own else draft((user, playlist), "Playlist", "Share", playlist_id)


def kept_follow(chapter: Chapter, slot: int) -> Pair | None:
    """Return a follow that nobody takes back, None while there is none."""
    made = chapter.relation("follow", chapters_ago=SETTLING_CHAPTERS)
    return made[-1 - slot] if made else None
