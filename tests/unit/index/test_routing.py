import pytest

from backbeat.index.entities import ROUTES
from backbeat.index.wire.names import ACTIONS, ENTITY_TYPES
from backbeat.index.wire.routing import ANY_TYPE, handles


def test_a_pair_has_one_handler() -> None:
    route = ROUTES["Track", "Create"]
    with pytest.raises(ValueError, match="Track/Create has two handlers"):
        handles("Track", "Create", wants=route.wants)(route.handler)
    assert ROUTES["Track", "Create"] is route


def test_pairs_are_made_of_names_that_are_counted() -> None:
    for entity_type, action in ROUTES:
        assert entity_type in {*ENTITY_TYPES, ANY_TYPE}
        assert action in ACTIONS
