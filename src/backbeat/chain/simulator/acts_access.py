"""Apps and managers that users let act for them, from the first word to the last six chapters later.

Apps are registered in even chapters, managers asked in odd ones.
"""

from typing import Final

import msgspec

from backbeat.chain.signatures import personal_digest
from backbeat.chain.simulator import words
from backbeat.chain.simulator.acts import Draft, flat, signed_by, wrapped
from backbeat.chain.simulator.acts_social import draft
from backbeat.chain.simulator.chapter import Chapter
from backbeat.chain.simulator.cohort import Cohort, Part, cohort
from backbeat.chain.simulator.population import SETTLING_CHAPTERS
from backbeat.chain.simulator.world import track_id, user_id

APP: Final = "app"
_THEN: Final = SETTLING_CHAPTERS
_LATER: Final = 2 * SETTLING_CHAPTERS
_IN_THE_END: Final = 3 * SETTLING_CHAPTERS
_ROUND: Final = 4  # chapters in which one who asks in vain is declined, and the next is not answered


def bare(user: int, entity_type: str, action: str, metadata: str) -> Draft:
    """Return what a user says about something that has no id."""
    return Draft(
        user_id=user_id(user),
        entity_type=entity_type,
        entity_id=0,
        action=action,
        signer=signed_by(user),
        metadata=metadata,
    )


def register(chapter: Chapter, slot: int, now: int) -> Draft:
    """Register an app, under the address that signs for it."""
    return registration(Cohort(chapter.world, chapter.number, slot), now)


def registration(those: Cohort, signed_at: int, purpose: str = APP) -> Draft:
    """Return the DeveloperApp/Create of a cohort with a proof of that Unix time."""
    creator, app = those.user(Part.CREATOR), those.world.signer(those.key(purpose))
    dice, message = those.world.user_dice(creator), f"Creating Audius developer app at {signed_at}"
    place = f"https://{words.handle_of(creator)}.example"
    body = {
        "name": dice.choice(words.TITLES),
        "description": dice.choice(words.SENTENCES),
        "image_url": f"{place}/app.png",
        "is_personal_access": dice.random() < 0.1,
        "app_signature": {"message": message, "signature": app.sign_digest(personal_digest(message.encode()))},
        "redirect_uris": [f"{place}/back"],
    }
    return bare(creator, "DeveloperApp", "Create", flat(body))


def let_app(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let an app act for a user."""
    those = cohort(chapter, slot, _THEN)
    return those and _granted(those, Part.LISTENER, "Create", those.address(APP))


def describe_app(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Describe an app again."""
    those = cohort(chapter, slot, _THEN)
    if those is None:
        return None
    name = chapter.dice("DeveloperApp/Update", slot).choice(words.TITLES)
    body = {"address": those.address(APP), "name": name, "description": "Now with more of everything."}
    return bare(those.user(Part.CREATOR), "DeveloperApp", "Update", flat(body))


def save_by_app(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Save a new track for a user by an app that may, unless the user does so without it."""
    those = cohort(chapter, slot, _LATER)
    if those is None:
        return None
    user, track = those.user(Part.LISTENER), chapter.fresh(chapter.world.tracks, chapter.dice("save by app", slot))
    if chapter.world.track_owner(track) == user or (user, track) in chapter.relation("save track"):
        return None
    return msgspec.structs.replace(draft((user, track), "Track", "Save", track_id), signer=those.key(APP))


def stop_app(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Let an app no longer act for a user."""
    those = cohort(chapter, slot, _IN_THE_END)
    return those and _granted(those, Part.LISTENER, "Delete", those.address(APP))


def delete_app(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Delete an app."""
    those = cohort(chapter, slot, _IN_THE_END)
    return those and bare(those.user(Part.CREATOR), "DeveloperApp", "Delete", flat({"address": those.address(APP)}))


def ask(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Ask a user to be one's manager."""
    those = Cohort(chapter.world, chapter.number, slot)
    return _granted(those, Part.MANAGED, "Create", those.wallet(Part.MANAGER))


def ask_in_vain(chapter: Chapter, slot: int, _now: int) -> Draft:
    """Ask the same user, who declines or does not answer."""
    those = Cohort(chapter.world, chapter.number, slot)
    return _granted(those, Part.DECLINED, "Create", those.wallet(Part.MANAGER))


def agree(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Agree to be the manager."""
    those = cohort(chapter, slot, _THEN)
    return those and answer(those, Part.MANAGED, "Approve")


def answer(those: Cohort, asking: Part, action: str) -> Draft:
    """Return what the manager says to one who asked."""
    body = {"grantor_user_id": user_id(those.user(asking))}
    return bare(those.user(Part.MANAGER), "Grant", action, flat(body))


def decline(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Decline to be the manager of the other one who asked."""
    those = cohort(chapter, slot, _THEN)
    return answer(those, Part.DECLINED, "Reject") if those and is_declined(those) else None


def is_declined(those: Cohort) -> bool:
    """Whether the one who asks in vain gets an answer."""
    return those.number % _ROUND == 1


def edit_by_manager(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """Edit the profile of a user whom one manages."""
    those = cohort(chapter, slot, _LATER)
    return those and edit_for(those, Part.MANAGED, signed_by(those.user(Part.MANAGER)))


def edit_for(those: Cohort, part: Part, signer: str) -> Draft:
    """Return an edit of a user's profile that another key signs."""
    user = those.user(part)
    body = {"bio": those.world.user_dice(user).choice(words.SENTENCES)}
    return msgspec.structs.replace(draft((user, user), "User", "Update", user_id, wrapped(body)), signer=signer)


def part(chapter: Chapter, slot: int, _now: int) -> Draft | None:
    """End it, by turns as the user and as the manager."""
    those = cohort(chapter, slot, _IN_THE_END)
    if those is None:
        return None
    said = _granted(those, Part.MANAGED, "Delete", those.wallet(Part.MANAGER))
    is_said_by_manager = chapter.number % _ROUND == 1
    return msgspec.structs.replace(said, signer=signed_by(those.user(Part.MANAGER))) if is_said_by_manager else said


def _granted(those: Cohort, by: Part, action: str, grantee: str) -> Draft:
    return bare(those.user(by), "Grant", action, flat({"grantee_address": grantee}))
