"""No job of the catalogue is without tests that kill it, and that run it twice at once, at any exchange."""

from itertools import chain
from pathlib import Path

import pytest

from backbeat.jobs.catalog import JOBS
from harness.keepers import HARNESSED, KEEP_NOTHING

TESTS = Path(__file__).parents[2]


def test_every_job_that_keeps_something_is_disturbed() -> None:
    jobs = {job.name for job in JOBS}
    assert jobs >= KEEP_NOTHING
    assert set(chain.from_iterable(HARNESSED.values())) == jobs - KEEP_NOTHING


@pytest.mark.parametrize("module", HARNESSED)
def test_a_module_that_is_to_disturb_jobs_takes_them_from_the_list(module: str) -> None:
    source = (TESTS / f"{module.replace('.', '/')}.py").read_text()
    assert "jobs_of(__name__)" in source
    assert "async def test_death_at_any_exchange" in source
    assert "second_worker_at_any_exchange" in source or "and_a_second_worker" in source
