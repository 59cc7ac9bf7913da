"""Kill -9 of an indexer while the network goes on under another chain id: the end is as if nothing had happened."""

import random
import time
from pathlib import Path

import psycopg
import pytest
from clusters import cluster_folder

from backbeat.chain.networks import PROD
from backbeat.chain.simulator.blocks import BlockMaker
from backbeat.chain.simulator.record import Recorder
from chaos.content import content
from chaos.replay import GENESIS_US, Replay, kill
from chaos.test_kills import KILLS, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CHAINS = (40, 3, 40)  # one of them so short that a kill falls on both of its ends


def environ(folder: Path) -> dict[str, str]:
    """Record a network of three chains, and return the settings to replay it by."""
    maker = BlockMaker(1, 10.0, 1.0, PROD, CHAINS[:-1])
    with Recorder(folder / "x.blocks", None) as recorder:
        for at in range(1, sum(CHAINS) + 1):
            recorder.write(maker.block(at, GENESIS_US + at * 400_000))
    ids = maker.chains.ids
    written = [f"{span.chain_id}@1-{span.last}" for span in maker.chains.spans[:-1]] + [ids[-1]]
    files = [f"{chain_id}={path}" for chain_id, path in zip(ids, recorder.block_files, strict=True)]
    return {"BACKBEAT_CHAIN_CHAIN_IDS": ",".join(written), "BACKBEAT_CHAIN_RECORDING_OF": ",".join(files)}


def blocks(url: str) -> int:
    """Return how many blocks of all chains are indexed; 0 before the tables are there."""
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            row = conn.execute("SELECT count(*) FROM core_indexed_blocks").fetchone()
    except psycopg.errors.UndefinedTable:
        return 0
    return row[0] if row else 0


def test_an_indexer_killed_while_it_crosses_ends_where_an_undisturbed_one_does(tmp_path: Path) -> None:
    chains, moments = environ(tmp_path), random.Random(9)
    with cluster_folder() as folder, running(folder / "data") as url:
        Replay(folder / "data", tmp_path / "x.blocks", chains).finish()
        undisturbed = content(url)
    assert undisturbed["backbeat.chains"][0] == len(CHAINS)
    assert undisturbed["public.core_indexed_blocks"][0] == sum(CHAINS)
    with cluster_folder() as folder, running(folder / "data") as url:
        replay = Replay(folder / "data", tmp_path / "x.blocks", chains)
        for _ in range(KILLS):
            process = replay.start()
            before = blocks(url)
            while process.poll() is None and blocks(url) == before:
                time.sleep(0.01)
            time.sleep(moments.uniform(0, 0.3))
            kill(process)
        replay.finish()
        assert content(url) == undisturbed
