from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import cluster_folder


@pytest.fixture
def data_dir(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data directory of the test's own; what still runs in it afterwards is stopped."""
    del request
    with cluster_folder() as folder:
        yield folder / "data"
