import pytest
from conformance.world import World, fixture_world


@pytest.fixture(params=[False, True], ids=["one_batch", "batch_each"])
def world(request: pytest.FixtureRequest) -> World:
    return fixture_world(commits_each=request.param)
