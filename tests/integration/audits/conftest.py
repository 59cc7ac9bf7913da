import asyncio

import pytest

from harness.young_life import live


@pytest.fixture(scope="module")
def settled(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A young network with a row in every derived table: it followed a chain to its tip, with all jobs at rest."""
    asyncio.run(live(module_database_url, tmp_path_factory.mktemp("chain")))
    return module_database_url
