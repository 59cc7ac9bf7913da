"""The whole program through a real PgBouncer in transaction mode ends where it ends without one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import chosen, cluster_folder, tcp_url
from pgbouncer import pgbouncer

from backbeat.db.embedded import EmbeddedPostgres
from chaos.content import Content, content
from chaos.replay import Replay, simulated

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return simulated(tmp_path / "simulated.blocks", blocks=200, txs_per_second=10.0)


@pytest.fixture
def folder() -> Iterator[Path]:
    with cluster_folder() as made:
        yield made


def replayed(folder: Path, recording: Path, *, pooled: bool, more: str = "") -> Content:
    folder.mkdir()
    postgres = EmbeddedPostgres(folder / "data", chosen(), configuration={"fsync": "off"})
    asyncio.run(postgres.start())
    try:
        if not pooled:
            Replay(folder / "own", recording, {"BACKBEAT_DATABASE_URL": tcp_url(postgres)}).finish()
            return content(postgres.url)
        (folder / "pooler").mkdir()
        with pgbouncer(folder / "pooler", tcp_url(postgres), more=more) as url:
            Replay(folder / "own", recording, {"BACKBEAT_DATABASE_URL": url}).finish()
        return content(postgres.url)
    finally:
        asyncio.run(postgres.stop())


@pytest.mark.parametrize("more", ["", "ignore_startup_parameters = options"], ids=["refuses", "drops"])
def test_a_replay_through_pgbouncer_ends_as_a_direct_one(folder: Path, recording: Path, more: str) -> None:
    """It refuses settings in the first packet, or drops them without a word."""
    through_pooler = replayed(folder / "pooled", recording, pooled=True, more=more)
    assert through_pooler == replayed(folder / "direct", recording, pooled=False)
    assert through_pooler["public.plays"][0] > 0
