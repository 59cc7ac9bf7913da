"""Which wire pairs have a handler (domain: chain and entities, 4.6 and 4.7)."""

import pytest

from backbeat.index.entities import ROUTES
from backbeat.index.wire.names import ACTIONS, ENTITY_TYPES
from backbeat.index.wire.routing import ANY_TYPE, handles

WIRE_PAIRS = {
    "User": "Create Update Verify Mute Unmute",
    "MutedUser": "Mute Unmute",
    "Track": "Create Update Delete Download Mute Unmute",
    "Playlist": "Create Update Delete",
    "*": "Follow Unfollow Subscribe Unsubscribe Save Unsave Repost Unrepost Share",
    "Comment": "Create Update Delete React Unreact Pin Unpin Report Mute Unmute",
    "Event": "Create Update Delete",
    "DeveloperApp": "Create Update Delete",
    "Grant": "Create Delete Approve Reject",
    "TrackCollaborator": "Approve Reject",
    "AssociatedWallet": "Create Delete",
    "DashboardWalletUser": "Create Delete",
    "Collectibles": "Create Update",
    "Tip": "Update",
    "Notification": "Create View ViewPlaylist",
    "EncryptedEmail": "AddEmail",
    "EmailAccess": "Update",
}
"""The pairs of the network; ``MutedUser`` is the other name of two of them (5.1.5)."""


def test_every_pair_of_the_network_has_a_handler() -> None:
    assert ROUTES.keys() == {(kind, action) for kind, actions in WIRE_PAIRS.items() for action in actions.split()}


def test_every_entity_type_has_a_handler_of_its_own() -> None:
    assert {kind for kind, _ in ROUTES} == {*ENTITY_TYPES, ANY_TYPE}


def test_a_pair_has_one_handler() -> None:
    route = ROUTES["Track", "Create"]
    with pytest.raises(ValueError, match="Track/Create has two handlers"):
        handles("Track", "Create", wants=route.wants)(route.handler)
    assert ROUTES["Track", "Create"] is route


def test_pairs_are_made_of_names_that_are_counted() -> None:
    for entity_type, action in ROUTES:
        assert entity_type in {*ENTITY_TYPES, ANY_TYPE}
        assert action in ACTIONS
