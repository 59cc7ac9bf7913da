"""Signing up, editing a profile, being verified."""

from typing import Any

from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import VERIFIER, Draft, act, signed_by, wrapped
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.cohort import is_manager
from backbeat.chain.simulator.world import USERS_PER_VERSE, World, playlist_id, track_id, user_id


@act("User/Create", per_verse=USERS_PER_VERSE)
def create(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Let the next user sign up."""
    return sign_up(chapter.world, chapter.world.users.born(chapter.number)[slot])


def sign_up(world: World, user: int) -> Draft:
    """Return the User/Create of a user; guests come without a profile."""
    metadata = '{"cid":null,"data":null}' if world.is_guest(user) else _profile_of_newcomer(world, user)
    return Draft(
        user_id=user_id(user),
        entity_type="User",
        entity_id=user_id(user),
        action="Create",
        signer=signed_by(user),
        metadata=metadata,
    )


@act("User/Update", per_verse=37)
def update(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Resend a whole profile with something new in it, as clients do on every edit."""
    world, dice = chapter.world, chapter.dice("User/Update", slot)
    pick = _artist_pick(chapter, slot)
    user = chapter.some_user(dice) if pick is None else world.track_owner(pick)
    data: dict[str, Any] = {
        "name": dice.choice(words.NAMES),
        "handle": words.handle_of(user),
        "location": dice.choice(words.PLACES),
        "events": {"is_mobile_user": True} if dice.random() < 0.06 else {},
        "is_deactivated": dice.random() < 0.015 and not is_manager(world, user),
        "allow_ai_attribution": dice.random() < 0.2,
    }
    if dice.random() < 0.76:
        shelf = chapter.fresh(world.playlists, dice)
        data["playlist_library"] = {"contents": [{"type": "playlist", "playlist_id": playlist_id(shelf)}]}
    if dice.random() < 0.45:
        data["bio"] = dice.choice(words.SENTENCES)
    if dice.random() < 0.3:
        data["cover_photo"] = data["cover_photo_sizes"] = words.upload_id(dice)
    if dice.random() < 0.12:
        data["website"] = f"https://{words.handle_of(user)}.example"
        data["instagram_handle"] = words.handle_of(user)
    if pick is not None:
        data["artist_pick_track_id"] = track_id(pick)
    return _by(user, "Update", wrapped(data, words.metadata_cid(dice)))


def verify(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Let the network's verifier vouch for the owner of a track that is often played."""
    dice = chapter.dice("User/Verify", slot)
    return vouch(chapter.world.track_owner(chapter.some_track(dice)))


def vouch(user: int) -> Draft:
    """Return the User/Verify of a user, signed by the verifier."""
    data = {"is_verified": True, "twitter_handle": words.handle_of(user)}
    return Draft(
        user_id=user_id(user),
        entity_type="User",
        entity_id=user_id(user),
        action="Verify",
        signer=VERIFIER,
        metadata=wrapped(data),
    )


def _by(user: int, action: str, metadata: str) -> Draft:
    return Draft(
        user_id=user_id(user),
        entity_type="User",
        entity_id=user_id(user),
        action=action,
        signer=signed_by(user),
        metadata=metadata,
    )


def _profile_of_newcomer(world: World, user: int) -> str:
    dice = world.user_dice(user)
    picture = words.upload_id(dice)
    data: dict[str, Any] = {
        "handle": words.handle_of(user),
        "events": _events(world, user),
        "name": dice.choice(words.NAMES),
        "wallet": world.user_signer(user).address,
        "user_id": user_id(user),
        "profile_picture": picture,
        "profile_picture_sizes": picture,
    }
    if dice.random() < 0.7:
        data["location"] = dice.choice(words.PLACES)
    if dice.random() < 0.08:
        data["cover_photo"] = data["cover_photo_sizes"] = words.upload_id(dice)
    return wrapped(data, words.metadata_cid(dice))


def _events(world: World, user: int) -> dict[str, Any]:
    dice = world.user_dice(user)
    chance = dice.random()
    if chance < 0.2:
        return {"is_mobile_user": True}
    founders = world.users.founding
    return {"referrer": user_id(dice.randrange(founders))} if chance < 0.24 and user >= founders else {}


def _artist_pick(chapter: Chapter, slot: int) -> int | None:
    dice = chapter.dice("artist pick", slot)
    track = chapter.some_track(dice)
    return track if dice.random() < 0.06 and not chapter.world.is_track_doomed(track) else None
