"""What a user who has a reward goes on to make costs its challenge one look, however much there is of it."""

from datetime import timedelta

import pytest
from integration.jobs.test_buffers import measured

from bench.synthetic.chain import Chain
from bench.synthetic.settle import until_quiet
from bench.synthetic.sizes import Sizes
from harness.young_network import SMALL, jobs, opened, settled

pytestmark = [pytest.mark.slow, pytest.mark.newest]

FEW = Sizes(*(max(rows // 20, 5) for rows in SMALL))
MADE = 1_500
BUFFERS_MAX = 250  # counted: some 70; a thousand and more where all that was made is read


@pytest.mark.parametrize(
    ("name", "change"), [("challenges.first_playlist", "playlists"), ("challenges.track_upload", "uploads")]
)
async def test_who_is_done_costs_one_look(database_url: str, name: str, change: str) -> None:
    await settled(database_url, FEW)
    [job] = (each for each in jobs() if each.name == name)
    found = []
    async with opened(database_url) as connection, opened(database_url) as writer:
        for rows in (MADE, 1, 1):
            chain = await Chain.on(writer)
            one_user = Chain(writer, chain.block, chain.at, {**chain._counts, "users": 1})
            await one_user.commit(timedelta(seconds=1), {change: rows})
            found.append(await measured(connection, job))
            await until_quiet(job.run, connection)
    assert [buffers for report, buffers in found[1:] if buffers > BUFFERS_MAX or not report.keys] == []
