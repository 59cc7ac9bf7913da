"""Mistakes that few make, by turns: what an indexer refuses for a reason of its own."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Builder, Draft, act, flat, signed_by, wrapped
from backbeat.chain.simulator.acts_access import (
    APP,
    answer,
    bare,
    edit_for,
    is_declined,
    registration,
)
from backbeat.chain.simulator.acts_notices import announcement
from backbeat.chain.simulator.acts_social import UNSAVES_PER_VERSE, draft, kept_follow
from backbeat.chain.simulator.acts_users import sign_up
from backbeat.chain.simulator.acts_wallets import association, handing_on
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.cohort import Cohort, Part, cohort
from backbeat.chain.simulator.contests import contest_track
from backbeat.chain.simulator.mistakes import flawed
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.world import (
    BEYOND,
    COMMENT_ID_MIN,
    DELETED_AFTER_CHAPTERS,
    EVENT_ID_MIN,
    PLAYLIST_ID_MIN,
    TRACK_ID_MIN,
    USER_ID_MIN,
    Descent,
    comment_id,
    event_id,
    playlist_id,
    track_id,
    user_id,
)

_PER_VERSE: Final = 2
_OUT_OF_RANGE: Final = 1 << 31
_STALE_SECONDS: Final = 7 * 3_600
_AFTER_THE_END: Final = 4 * SETTLING_CHAPTERS  # from when an app is registered
_REMIXES: Final = (Descent.REMIX, Descent.ENTRY)
_IN_TURN: list[tuple[str, Builder]] = []


def _mistake(flaw: str) -> Callable[[Builder], Builder]:
    """Register what is refused as ``flaw``."""

    def register(build: Builder) -> Builder:
        _IN_TURN.append((flaw, build))
        return build

    return register


@act("mistake: one of the rarer ones", per_verse=_PER_VERSE)
def rarer(chapter: Chapter, slot: int, now: int) -> Draft | None:
    """Make the next mistake; each has its turn, whatever the size of chapters."""
    flaw, build = _IN_TURN[(chapter.number * _PER_VERSE * chapter.world.verses + slot) % len(_IN_TURN)]
    wrong = build(chapter, slot // _PER_VERSE, now)
    return None if wrong is None else flawed(wrong, flaw)


def _some_user(chapter: Chapter, slot: int, purpose: str) -> int:
    return chapter.some_user(chapter.dice(purpose, slot))


def _unknown(chapter: Chapter, slot: int, purpose: str, least: int) -> int:
    """Return an id that nothing has or will have."""
    return least + BEYOND + (2 << 20) + chapter.dice(f"unknown for {purpose}", slot).randrange(1 << 20)


def _new(chapter: Chapter, slot: int, purpose: str, kind: str, least: int, body: dict[str, Any] | None) -> Draft:
    """Return the Create by some user of something that will not be."""
    honest = draft((_some_user(chapter, slot, purpose), 0), kind, "Create", track_id, wrapped(body) if body else "")
    return msgspec.structs.replace(honest, entity_id=_unknown(chapter, slot, purpose, least))


# what one does to oneself, again, or without having been asked


@_mistake("duplicate")
def _subscribe_twice(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    pair = kept_follow(chapter, slot)
    return None if pair is None else draft(pair, "User", "Subscribe", user_id)


@_mistake("self_target")
def _mute_oneself(chapter: Chapter, slot: int, _now: int) -> Draft:
    user = _some_user(chapter, slot, "mute oneself")
    return draft((user, user), "User", "Mute", user_id)


@_mistake("own_content")
def _share_own(chapter: Chapter, slot: int, _now: int) -> Draft:
    playlist = chapter.fresh(chapter.world.playlists, chapter.dice("share own", slot))
    return draft((chapter.world.playlist_owner(playlist), playlist), "Playlist", "Share", playlist_id)


@_mistake("not_found")
def _look_at_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    honest = draft((_some_user(chapter, slot, "look at nothing"), 0), "Notification", "ViewPlaylist", playlist_id)
    return msgspec.structs.replace(honest, entity_id=_unknown(chapter, slot, "look", PLAYLIST_ID_MIN))


@_mistake("verifier_mismatch")
def _announce_as_a_user(chapter: Chapter, slot: int, _now: int) -> Draft:
    return announcement(chapter, "announce as a user", slot)


@_mistake("not_pending")
def _answer_unasked(chapter: Chapter, slot: int, _now: int) -> Draft:
    track = chapter.some_track(chapter.dice("answer unasked", slot))
    return draft((chapter.world.track_owner(track), track), "TrackCollaborator", "Approve", track_id)


@_mistake("already_exists")
def _sign_up_again(chapter: Chapter, slot: int, _now: int) -> Draft:
    return sign_up(chapter.world, _some_user(chapter, slot, "sign up again"))


# of apps and managers


@_mistake("grantee_invalid")
def _let_nobody(chapter: Chapter, slot: int, _now: int) -> Draft:
    body = {"grantee_address": Cohort(chapter.world, chapter.number, slot).address("nobody")}
    return bare(_some_user(chapter, slot, "let nobody"), "Grant", "Create", flat(body))


@_mistake("grantee_missing")
def _let_no_one_named(chapter: Chapter, slot: int, _now: int) -> Draft:
    return bare(_some_user(chapter, slot, "let no one named"), "Grant", "Create", flat({}))


@_mistake("grantor_missing")
def _agree_with_nobody(chapter: Chapter, slot: int, _now: int) -> Draft:
    return bare(_some_user(chapter, slot, "agree with nobody"), "Grant", "Approve", flat({}))


@_mistake("app_signature_invalid")
def _stale_app(chapter: Chapter, slot: int, now: int) -> Draft:
    return registration(Cohort(chapter.world, chapter.number, slot), now - _STALE_SECONDS, "stale app")


@_mistake("name_missing")
def _nameless_app(chapter: Chapter, slot: int, now: int) -> Draft:
    named = registration(Cohort(chapter.world, chapter.number, slot), now, "nameless app")
    return msgspec.structs.replace(named, metadata=flat(msgspec.json.decode(named.metadata) | {"name": ""}))


@_mistake("wallet_signature_invalid")
def _foreign_wallet(chapter: Chapter, slot: int, _now: int) -> Draft:
    return association(chapter, slot, chapter.world.users.until(chapter.number))


@_mistake("chain_invalid")
def _wallet_of_no_chain(chapter: Chapter, slot: int, _now: int) -> Draft:
    body = {"wallet_address": "D8mHXFuN", "chain": "doge", "signature": ""}
    return bare(_some_user(chapter, slot, "no chain"), "AssociatedWallet", "Create", wrapped(body))


@_mistake("no_email_access")
def _key_without_access(chapter: Chapter, slot: int, _now: int) -> Draft:
    return handing_on(Cohort(chapter.world, chapter.number, slot), Part.LAST_TO_KNOW)


@_mistake("reaction_invalid")
def _fifth_reaction(chapter: Chapter, slot: int, _now: int) -> Draft:
    user = _some_user(chapter, slot, "fifth reaction")
    return draft((user, user), "Tip", "Update", user_id, wrapped({"reacted_to": "no tip", "reaction_value": 5}))


# of users


@_mistake("wallet_in_use")
def _second_account(chapter: Chapter, slot: int, _now: int) -> Draft:
    user, unknown = _some_user(chapter, slot, "second account"), _unknown(chapter, slot, "second account", USER_ID_MIN)
    guest = msgspec.structs.replace(sign_up(chapter.world, user), metadata='{"cid":null,"data":null}')
    return msgspec.structs.replace(guest, user_id=unknown, entity_id=unknown)


@_mistake("handle_illegal")
def _two_words(chapter: Chapter, slot: int, _now: int) -> Draft:
    unknown = _unknown(chapter, slot, "two words", USER_ID_MIN)
    body = wrapped({"handle": "two words", "name": "Two Words", "user_id": unknown})
    honest = draft((0, 0), "User", "Create", user_id, body)
    signer = Cohort(chapter.world, chapter.number, slot).key("two words")
    return msgspec.structs.replace(honest, user_id=unknown, entity_id=unknown, signer=signer)


def _profile(chapter: Chapter, slot: int, body: dict[str, Any]) -> Draft:
    user = _some_user(chapter, slot, "wrong profile")
    return draft((user, user), "User", "Update", user_id, wrapped(body))


@_mistake("name_too_long")
def _long_name(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _profile(chapter, slot, {"name": " & ".join(words.NAMES[:4])})


@_mistake("bio_too_long")
def _long_bio(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _profile(chapter, slot, {"bio": " ".join(2 * words.SENTENCES)})


@_mistake("artist_pick_invalid")
def _pick_of_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _profile(chapter, slot, {"artist_pick_track_id": _unknown(chapter, slot, "pick", TRACK_ID_MIN)})


# of tracks, playlists and comments


@_mistake("metadata_missing")
def _upload_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _new(chapter, slot, "upload nothing", "Track", TRACK_ID_MIN, None)


@_mistake("owner_mismatch")
def _upload_for_another(chapter: Chapter, slot: int, _now: int) -> Draft:
    body = {"title": words.TITLES[0], "genre": words.GENRES[0], "owner_id": USER_ID_MIN + BEYOND}
    return _new(chapter, slot, "upload for another", "Track", TRACK_ID_MIN, body)


@_mistake("gating_invalid")
def _gate_without_terms(chapter: Chapter, slot: int, _now: int) -> Draft:
    track = chapter.fresh(chapter.world.tracks, chapter.dice("gate without terms", slot))
    body = {"is_stream_gated": True, "stream_conditions": None}
    return draft((chapter.world.track_owner(track), track), "Track", "Update", track_id, wrapped(body))


@_mistake("id_below_offset")
def _old_playlist(chapter: Chapter, slot: int, _now: int) -> Draft:
    honest = _new(chapter, slot, "old playlist", "Playlist", PLAYLIST_ID_MIN, {"playlist_name": "Old"})
    return msgspec.structs.replace(honest, entity_id=PLAYLIST_ID_MIN - 1 - slot)


@_mistake("id_out_of_range")
def _save_beyond(chapter: Chapter, slot: int, _now: int) -> Draft:
    honest = draft((_some_user(chapter, slot, "save beyond"), 0), "Track", "Save", track_id)
    return msgspec.structs.replace(honest, entity_id=_OUT_OF_RANGE + slot)


@_mistake("unsupported_entity")
def _name_replicas(chapter: Chapter, slot: int, _now: int) -> Draft:
    user = _some_user(chapter, slot, "name replicas")
    return draft((user, user), "UserReplicaSet", "Update", user_id)


def _comment(chapter: Chapter, slot: int, body: dict[str, Any]) -> Draft:
    return _new(chapter, slot, "wrong comment", "Comment", COMMENT_ID_MIN, body)


def _about(chapter: Chapter, slot: int) -> dict[str, Any]:
    track = chapter.some_track(chapter.dice("wrong comment on", slot))
    return {"entity_type": "Track", "entity_id": track_id(track), "mentions": []}


@_mistake("metadata_invalid")
def _comment_on_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _comment(chapter, slot, {"entity_type": "Track", "body": words.COMMENTS[0]})


@_mistake("body_empty")
def _say_nothing(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _comment(chapter, slot, _about(chapter, slot) | {"body": ""})


@_mistake("body_too_long")
def _say_too_much(chapter: Chapter, slot: int, _now: int) -> Draft:
    return _comment(chapter, slot, _about(chapter, slot) | {"body": " ".join(3 * words.SENTENCES)})


@_mistake("parent_mismatch")
def _answer_elsewhere(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    world, about, new = chapter.world, _about(chapter, slot), chapter.world.comments.born(chapter.birth)
    if not new or track_id(world.comment_track(new[slot])) == about["entity_id"]:
        return None
    return _comment(chapter, slot, about | {"body": "no, you", "parent_comment_id": comment_id(new[slot])})


# of contests


def _contest(chapter: Chapter, slot: int, track: int, end_date: str) -> Draft:
    body = {"event_type": "remix_contest", "entity_type": "track", "entity_id": track_id(track), "end_date": end_date}
    honest = draft((chapter.world.track_owner(track), 0), "Event", "Create", event_id, wrapped(body))
    return msgspec.structs.replace(honest, entity_id=_unknown(chapter, slot, "contest", EVENT_ID_MIN))


@_mistake("contest_exists")
def _second_contest(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    held = range(max(0, chapter.number - 2 * SETTLING_CHAPTERS), chapter.number - SETTLING_CHAPTERS + 1)
    about = next((it for number in held if (it := contest_track(chapter.world, number, slot)) is not None), None)
    return None if about is None else _contest(chapter, slot, about, "2100-01-01T00:00:00.000Z")


@_mistake("track_is_remix")
def _contest_of_a_remix(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    world = chapter.world
    new = world.tracks.born(chapter.birth)[slot :: world.verses]
    remix = next((track for track in new if world.descent(track) in _REMIXES), None)
    return None if remix is None else _contest(chapter, slot, remix, "2100-01-01T00:00:00.000Z")


@_mistake("end_date_past")
def _contest_of_yesteryear(chapter: Chapter, slot: int, _now: int) -> Draft:
    track = chapter.fresh(chapter.world.tracks, chapter.dice("contest of yesteryear", slot))
    return _contest(chapter, slot, track, "2020-01-01T00:00:00.000Z")


# after what takes many chapters


@_mistake("already_approved")
def _agree_again(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    those = cohort(chapter, slot, 2 * SETTLING_CHAPTERS)
    return answer(those, Part.MANAGED, "Approve") if those and those.number % 2 else None


@_mistake("grant_not_approved")
def _manage_without_a_word(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    asked = (cohort(chapter, slot, ago) for ago in range(SETTLING_CHAPTERS, 3 * SETTLING_CHAPTERS))
    those = next((it for it in asked if it and it.number % 2 and not is_declined(it)), None)
    return those and edit_for(those, Part.DECLINED, signed_by(those.user(Part.MANAGER)))


@_mistake("no_active_record")
def _unsave_again(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    taken_back = chapter.relation("save track", chapters_ago=2 * SETTLING_CHAPTERS)
    return draft(taken_back[UNSAVES_PER_VERSE * slot], "Track", "Unsave", track_id) if taken_back else None


@_mistake("grant_revoked")
def _app_after_the_end(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    those = cohort(chapter, slot, _AFTER_THE_END + chapter.number % 2)
    return those and edit_for(those, Part.LISTENER, those.key(APP))


@_mistake("deleted")
def _delete_again(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    world, birth = chapter.world, chapter.number - DELETED_AFTER_CHAPTERS - SETTLING_CHAPTERS
    if not world.tracks.born(birth):
        return None
    track = world.deleted_track(birth, slot)
    return draft((world.track_owner(track), track), "Track", "Delete", track_id)
