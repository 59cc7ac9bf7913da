"""What the trials with a server's faults share: a recording, room for clusters, and what a replay without any gives."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import cluster_folder

from chaos.content import Content, content
from chaos.program import BRIEF_SECONDS, OUTAGE_SECONDS
from chaos.replay import Replay, a_recording, simulated
from chaos.test_kills import running


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "simulated.blocks"
    return a_recording(path) if OUTAGE_SECONDS > BRIEF_SECONDS else simulated(path, blocks=1_000, txs_per_second=2.0)


@pytest.fixture
def folder() -> Iterator[Path]:
    with cluster_folder() as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(recording: Path) -> Content:
    with cluster_folder() as made, running(made / "data") as url:
        Replay(made / "data", recording).finish()
        return content(url)
