"""The pages in a real browser: axe finds nothing, focus and folds outlast a refresh, a lost server is told.

Skipped where there is no Chromium. axe-core is not carried along, being a tool of tests alone: ``BACKBEAT_TEST_AXE``
names its ``axe.min.js``, or ``npm install axe-core`` puts it into ``node_modules`` of the checkout.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from browser.chromium import Tab, chromium, program
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.store import register
from backbeat.settings import WebSettings
from backbeat.web.server import WebServer
from backbeat.web.site import site
from builders.indexed import seed, seed_counts, seed_rejected
from builders.states import JOB_PAGE, STATES
from builders.waiting import eventually

Connection = psycopg.AsyncConnection[Any]
AXE = Path(os.environ.get("BACKBEAT_TEST_AXE") or Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js")
NO_AXE = "there is no axe-core; npm install axe-core, or name it in BACKBEAT_TEST_AXE"
STAYS_FRESH = "UPDATE backbeat.jobs SET succeeded_at = now() + interval '1 hour' WHERE now() - succeeded_at < '1 hour'"
REACHABLE = """
    [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
        .filter(each => each.checkVisibility({ visibilityProperty: true }))
        .map(each => (each.getAttribute("aria-label") ?? each.textContent).trim())
"""
FOCUSED = """
    (() => {
        const at = document.activeElement, style = getComputedStyle(at);
        const isOutlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        return [(at.getAttribute("aria-label") ?? at.textContent).trim(), isOutlined];
    })()
"""
WIDER = "Number(document.documentElement.scrollWidth > innerWidth)"
TOKEN = "a-long-operator-token"  # noqa: S105 - made up
JOB = "hourly_play_counts"
PATHS = (
    "",
    "?jobs=all",
    f"jobs/{JOB}",
    "jobs/nothing",
    "rejected",
    "rejected/test-chain:1.1.-1",
    "explain/reward",
    "explain/score?kind=track&id=5",
    "explain/count?kind=user&id=5",
)

pytestmark = [
    pytest.mark.newest,
    pytest.mark.skipif(program() is None, reason="there is no Chromium; Debian: apt-get install chromium"),
]


@asynccontextmanager
async def served(lanes: Lanes) -> AsyncIterator[tuple[WebServer, Tab]]:
    """Serve the site on a port, with a browser beside it."""
    server = WebServer(site(lanes, SystemClock(), WebSettings(host="127.0.0.1", token=TOKEN)), "127.0.0.1", 0)
    server.bind()
    running = asyncio.create_task(server.run())
    try:
        async with chromium() as tab:
            yield server, tab
    finally:
        server.drain()
        await running


async def filled(connection: Connection) -> None:
    """Make a database of which there is everything to show: jobs that are late, failing, paused, fresh."""
    await seed(connection)
    await seed_counts(connection)
    await seed_rejected(connection, 3)
    await register(connection, JOBS)
    await connection.execute("UPDATE backbeat.jobs SET outcome = 'quiet', succeeded_at = now(), started_at = now()")
    for place, change in enumerate(
        (
            "failures = 3, error = 'no room', cure = 'Make `room`.'",
            "succeeded_at = now() - interval '30 days'",
            "paused = true",
        )
    ):
        statement = SQL("UPDATE backbeat.jobs SET {} WHERE name = %s").format(SQL(change))
        await connection.execute(statement, [JOBS[place].name])


async def violations(tab: Tab) -> list[str]:
    await tab.evaluate(AXE.read_text(encoding="utf-8"))  # noqa: ASYNC240 - a file of the test's own
    found = await tab.evaluate("axe.run().then(found => found.violations)")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary']}" for each in found]


@pytest.mark.skipif(not AXE.exists(), reason=NO_AXE)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing(lanes: Lanes, connection: Connection, dark: bool) -> None:
    await filled(connection)
    found = {}
    async with served(lanes) as (server, tab):
        for width, paths in ((1300, PATHS), (390, PATHS[:3])):
            await tab.look(width, dark=dark)
            for path in paths:
                await tab.go(server.url + path)
                if path in {"", f"jobs/{JOB}"}:  # with the buttons of those who know the token
                    await tab.evaluate("document.body.classList.add('operator')")
                found[width, path] = await violations(tab)
    assert found == {each: [] for each in found}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not AXE.exists(), reason=NO_AXE)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_in_any_state(
    lanes: Lanes, connection: Connection, admin: psycopg.Connection, database_url: str, dark: bool
) -> None:
    """The states that people meet, one after another, and in the end a server that is gone."""
    found, unlike = {}, []
    async with served(lanes) as (server, tab):
        await tab.look(390 if dark else 1300, dark=dark)
        for state in STATES:
            await state.bring_about(connection)
            await _until_it_says(tab, server.url, state.says)
            for path in state.paths:
                await tab.go(server.url + path)
                found[state.name, path] = await violations(tab)
                unlike += [(state.name, path)] * await tab.evaluate(WIDER)
        async with out_of_reach(admin, database_url):
            await _until_it_says(tab, server.url, "The database does not answer")
            for path in ("", JOB_PAGE, "rejected", "explain/reward"):
                await tab.go(server.url + path)
                found["gone", path] = await violations(tab)
                unlike += [("gone", path)] * await tab.evaluate(WIDER)
    assert found == {each: [] for each in found}
    assert unlike == [], "wider than the screen"


async def _until_it_says(tab: Tab, url: str, words: str) -> None:
    async def says() -> bool:
        await tab.go(url)
        return words in await tab.evaluate("document.body.textContent")

    assert await eventually(says), words


@asynccontextmanager
async def out_of_reach(admin: psycopg.Connection, url: str) -> AsyncIterator[None]:
    """Let nobody into one database, and end the sessions of ours that are in it."""
    dbname = str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])
    admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(Identifier(dbname)))
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [dbname])
    try:
        yield
    finally:
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(Identifier(dbname)))


async def test_focus_and_what_is_unfolded_outlast_a_refresh(lanes: Lanes, connection: Connection) -> None:
    await filled(connection)
    async with served(lanes) as (server, tab):
        await tab.look(1300)
        await tab.go(server.url)
        await tab.evaluate("document.getElementById('folded').open = true")
        await tab.evaluate(f"document.getElementById('job-{JOBS[5].name}').focus()")
        await tab.evaluate("document.querySelector('h1').textContent = 'old'")
        await tab.until("document.querySelector('h1').textContent !== 'old'")
        assert await tab.evaluate("document.activeElement.id") == f"job-{JOBS[5].name}"
        assert await tab.evaluate("document.getElementById('folded').open")


async def test_a_token_is_checked_an_action_is_asked_and_its_button_keeps_the_focus(
    lanes: Lanes, connection: Connection
) -> None:
    await filled(connection)
    enter = "document.querySelector('#operator input').value = '{}'; document.querySelector('#operator button').click()"
    said = "document.getElementById('said').textContent"
    async with served(lanes) as (server, tab):
        await tab.look(1300)
        await tab.go(f"{server.url}jobs/{JOB}")
        await tab.evaluate("document.getElementById('operate').click()")
        await tab.evaluate(enter.format("wrong-wrong-wrong-wrong"))
        await tab.until(f'{said} === "That is not the operator\'s token."')
        assert not await tab.evaluate("document.body.classList.contains('operator')")
        await tab.evaluate(enter.format(TOKEN))
        await tab.until("document.body.classList.contains('operator')")
        await tab.evaluate(f"document.getElementById('run-{JOB}').focus()")
        await tab.evaluate(f"document.getElementById('run-{JOB}').click()")
        await tab.until(f"{said} === '{JOB} is asked to run; a worker takes it up.'")
        await tab.evaluate("document.querySelector('.subline').textContent = 'old'")
        await tab.until("document.querySelector('.subline').textContent !== 'old'")
        assert await tab.evaluate("document.activeElement.id") == f"run-{JOB}"


async def test_the_keyboard_alone_reaches_everything_in_order_and_shows_where_it_is(
    lanes: Lanes, connection: Connection
) -> None:
    """Of the first page with a fold open and of a job's, with the buttons of those who know the token."""
    await filled(connection)
    await connection.execute(STAYS_FRESH)  # a job that becomes late meanwhile would take another place
    async with served(lanes) as (server, tab):
        await tab.look(1300)
        for path in ("?jobs=all", JOB_PAGE):
            await tab.go(server.url + path)
            await tab.evaluate("document.body.classList.add('operator')")
            wanted = await tab.evaluate(REACHABLE)
            reached = []
            for _ in wanted:
                await tab.press("Tab")
                name, is_outlined = await tab.evaluate(FOCUSED)
                reached.append(name)
                assert is_outlined, f"the focus on {name} is not to be seen"
            assert reached == wanted
            assert {"Operate", f"run {JOBS[0].name}", f"pause {JOBS[0].name}"} <= set(reached)


async def test_an_action_is_taken_by_the_keyboard_and_the_focus_stays(lanes: Lanes, connection: Connection) -> None:
    await seed(connection)
    button = f"pause-{JOBS[0].name}"
    async with served(lanes) as (server, tab):
        await tab.look(1300)
        await tab.go(server.url + JOB_PAGE)
        await tab.until("!document.getElementById('operate').hidden")
        await tab.evaluate("document.getElementById('operate').focus()")
        await tab.press("Enter")
        await tab.until("document.activeElement.matches('#operator input')")
        await tab.do("Input.insertText", text=TOKEN)
        await tab.press("Enter")
        await tab.until("document.body.classList.contains('operator') && document.activeElement.id === 'operate'")
        await tab.evaluate(f"document.getElementById('{button}').focus()")
        await tab.press("Enter")
        await tab.until(f"document.getElementById('{button}').textContent === 'resume'")
        assert await tab.evaluate("document.activeElement.id") == button


async def test_a_page_that_lost_its_server_says_so_everywhere(lanes: Lanes, connection: Connection) -> None:
    await filled(connection)
    async with served(lanes) as (server, tab):
        await tab.look(1300)
        await tab.go(server.url)
        server.drain()
        await tab.until("document.body.classList.contains('stale')")
        assert await tab.evaluate("document.title") == "! No server · Backbeat"
        assert (await tab.evaluate("document.querySelector('h1').textContent")).startswith(
            "This page has lost its server"
        )
        assert "The figures are old" in await tab.evaluate("document.querySelector('[role=alert]').textContent")
