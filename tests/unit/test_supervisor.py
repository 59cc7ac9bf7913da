"""Services side by side: what starts and ends when, what a failure does, and how long an end may take."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
from virtual_time import VirtualClock

from backbeat.service import beside, until
from backbeat.supervisor import CUT_SECONDS, DRAIN_SECONDS, Supervisor

TICKS = 20  # of the event loop: more than anything here takes


class Part:
    """A service under the test's hand: it notes what happens to it, and ends when drained unless it ``lingers``."""

    def __init__(self, name: str, notes: list[str], *, lingers: bool = False) -> None:
        self.name = name
        self.lingers = lingers
        self.error: Exception | None = None
        self.let_go = asyncio.Event()
        self._notes = notes

    async def run(self) -> None:
        self._notes.append(f"{self.name} runs")
        try:
            await self.let_go.wait()
            if self.error:
                raise self.error
        except asyncio.CancelledError:
            self._notes.append(f"{self.name} is cancelled")
            raise
        self._notes.append(f"{self.name} ends")

    def drain(self) -> None:
        self._notes.append(f"{self.name} drains")
        if not self.lingers:
            self.let_go.set()


class Stage:
    """Two services and an optional one under a supervisor, on a clock that the test moves."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.cuts = 0
        self.stop = asyncio.Event()
        self.clock = VirtualClock()
        self.first, self.second, self.page = (Part(name, self.notes) for name in ("first", "second", "page"))
        self.supervisor = Supervisor(self.clock, self._cut, optional={"page"})
        self.running = asyncio.create_task(self.supervisor.run([self.first, self.second, self.page], self.stop))

    def _cut(self) -> None:
        self.cuts += 1

    async def run_until_idle(self) -> None:
        for _ in range(TICKS):
            await asyncio.sleep(0)

    async def pass_(self, seconds: float) -> None:
        await self.run_until_idle()
        self.clock.seconds += seconds
        self.clock.wake()
        await self.run_until_idle()


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    await made.run_until_idle()
    made.notes.clear()
    try:
        yield made
    finally:
        made.running.cancel()
        await asyncio.wait([made.running])


@asynccontextmanager
async def deaf_beside_another() -> AsyncIterator[Stage]:
    """A stage whose first service waits for the database in spite of everything, until it is cut off."""
    made, held = Stage(), asyncio.Event()

    def cut() -> None:
        made.cuts += 1
        held.set()

    async def deaf() -> None:
        while not held.is_set():
            try:
                await held.wait()
            except asyncio.CancelledError:
                made.notes.append("first heard nothing")

    made.supervisor._cut = cut  # what the stage gave it only counts
    made.first.run = deaf  # type: ignore[method-assign]  # of one service alone
    await made.run_until_idle()
    try:
        yield made
    finally:
        held.set()
        made.running.cancel()
        await asyncio.wait([made.running])


async def test_what_drains_last_is_there_first() -> None:
    made = Stage()
    await made.run_until_idle()
    assert made.notes == ["page runs", "second runs", "first runs"]
    assert made.supervisor.alive() == {"page": True, "second": True, "first": True}
    made.stop.set()
    await made.running


async def test_asked_to_stop_each_ends_before_the_next_is_drained() -> None:
    async with stage() as made:
        made.stop.set()
        await made.running
        assert made.notes == [
            "first drains", "first ends", "second drains", "second ends", "page drains", "page ends",
        ]  # fmt: skip
        assert (made.supervisor.alive(), made.cuts) == ({"page": False, "second": False, "first": False}, 0)


@pytest.mark.parametrize("name", ["first", "second"])
async def test_one_that_ends_by_itself_ends_the_others_in_order(name: str) -> None:
    async with stage() as made:
        getattr(made, name).let_go.set()
        await made.running
        drained = [note for note in made.notes if note.endswith("drains")]
        assert drained == ["first drains", "second drains", "page drains"]
        assert not any("cancelled" in note for note in made.notes)


async def test_one_that_is_optional_may_end_by_itself() -> None:
    async with stage() as made:
        made.page.let_go.set()
        await made.run_until_idle()
        assert made.notes == ["page ends"]
        assert made.supervisor.alive() == {"page": False, "second": True, "first": True}
        made.stop.set()
        await made.running


@pytest.mark.parametrize("name", ["first", "second", "page"])
async def test_one_that_fails_cancels_the_others_and_its_error_is_raised(name: str) -> None:
    async with stage() as made:
        failing = getattr(made, name)
        failing.error = ValueError(name)
        failing.let_go.set()
        with pytest.raises(ValueError, match=name):
            await made.running
        others = {"first", "second", "page"} - {name}
        assert set(made.notes) == {f"{other} is cancelled" for other in others}


async def test_the_first_of_two_failures_is_raised() -> None:
    async with stage() as made:
        for part in (made.second, made.first):
            part.error = ValueError(part.name)
            part.let_go.set()
        with pytest.raises(ValueError, match="second"):
            await made.running


async def test_one_that_fails_while_others_drain_is_told_of() -> None:
    async with stage() as made:
        made.second.error = ValueError("in the end")
        made.stop.set()
        with pytest.raises(ValueError, match="in the end"):
            await made.running


async def test_what_takes_too_long_is_cancelled_and_the_next_get_their_turn() -> None:
    async with stage() as made:
        made.first.lingers = True
        made.stop.set()
        await made.pass_(DRAIN_SECONDS - 0.1)
        assert made.notes == ["first drains"]
        await made.pass_(0.1)
        await made.running
        assert "first is cancelled" in made.notes
        assert [note for note in made.notes if note.endswith("drains")] == [
            "first drains", "second drains", "page drains",
        ]  # fmt: skip
        assert made.cuts == 0


async def test_what_ends_by_itself_leaves_the_others_their_time() -> None:
    async with stage() as made:
        made.second.lingers = True
        made.first.let_go.set()
        await made.pass_(DRAIN_SECONDS * 100)
        assert made.notes == ["first ends", "first drains", "second drains"]
        made.stop.set()
        await made.pass_(DRAIN_SECONDS)
        await made.running
        assert "second is cancelled" in made.notes


async def test_what_does_not_end_even_then_is_cut_off_from_the_database() -> None:
    async with deaf_beside_another() as made:
        made.stop.set()
        await made.pass_(DRAIN_SECONDS)
        assert ("first heard nothing" in made.notes, made.cuts) == (True, 0)
        with structlog.testing.capture_logs() as logs:
            await made.pass_(CUT_SECONDS)
            await made.running
        assert ([line["event"] for line in logs], made.cuts) == (["drain_cut_short"], 1)


@pytest.mark.parametrize("drains", [False, True])
async def test_what_does_not_end_after_another_failed_is_cut_off_as_well(*, drains: bool) -> None:
    async with deaf_beside_another() as made:
        if drains:
            made.stop.set()
            await made.run_until_idle()
        made.second.error = ValueError("second")
        made.second.let_go.set()
        await made.run_until_idle()
        assert ("first heard nothing" in made.notes, made.cuts) == (True, 0)
        await made.pass_(CUT_SECONDS)
        assert made.running.done()
        with pytest.raises(ValueError, match="second"):
            await made.running
        assert made.cuts == 1


async def test_what_does_not_end_after_the_program_is_cancelled_is_cut_off_as_well() -> None:
    async with deaf_beside_another() as made:
        made.running.cancel()
        await made.run_until_idle()
        assert (made.running.done(), made.cuts) == (False, 0)
        await made.pass_(CUT_SECONDS)
        assert (made.running.cancelled(), made.cuts) == (True, 1)


async def test_asked_to_stop_before_it_began_it_drains_at_once() -> None:
    made = Stage()
    made.stop.set()
    await made.running
    assert [note for note in made.notes if note.endswith("drains")] == ["first drains", "second drains", "page drains"]


async def test_work_beside_other_work_ends_with_it_and_keeps_its_failure() -> None:
    async with beside(asyncio.sleep(3_600)) as task:
        assert not task.done()
    assert task.cancelled()

    async def fails() -> None:
        raise ValueError

    async with beside(fails()) as task:
        await asyncio.sleep(0)
        assert task.done()
    with pytest.raises(ValueError):  # noqa: PT011 - the only one there is
        task.result()


async def test_work_goes_on_until_it_is_done_or_an_end_has_come() -> None:
    async def answer() -> int:
        return 3

    end = asyncio.Event()
    assert await until(answer(), end) == 3
    waiting = asyncio.create_task(until(asyncio.Event().wait(), asyncio.Event(), end))
    await asyncio.sleep(0)
    end.set()
    assert await waiting is None
