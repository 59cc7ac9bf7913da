import asyncio
import re
from typing import Any

import httpx
import psycopg
from psycopg.sql import SQL, Identifier

from backbeat.clock import SystemClock
from backbeat.db.pool import Lanes
from backbeat.jobs import operate
from backbeat.jobs.catalog import JOBS
from backbeat.jobs.store import register
from backbeat.web.site import site
from builders.indexed import make_behind, seed, seed_counts, seed_rejected
from builders.waiting import eventually

Connection = psycopg.AsyncConnection[Any]
SCRIPT = "<script>alert(1)</script>"


async def test_the_page_tells_the_state(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_counts(connection)
    await seed_rejected(connection, 1)
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "<h1>At the tip: block 1,234, 0 behind</h1>" in answer.text
    assert "1,204,311" in answer.text
    assert "signer_unauthorized" in answer.text


async def test_the_page_tells_who_is_behind_in_the_change_log(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    await make_behind(connection)
    text = (await client.get("/")).text
    assert "2 consumers, 1 behind" in text
    assert re.search(r"slow</td>.*songs</td>.*300</td>.*2</td>.*2 h</td>", text)
    assert "quick</td>" not in text
    assert "<code>backbeat jobs forget slow</code>" in text
    await connection.execute("DELETE FROM backbeat.consumers WHERE name = 'slow'")
    assert await eventually(lambda: _tells(client, "Everybody has read everything."))


async def test_the_page_tells_how_a_comparison_stands(client: httpx.AsyncClient, connection: Connection) -> None:
    assert "Beside another indexer" not in (await client.get("/")).text
    await connection.execute(
        "INSERT INTO backbeat.watched VALUES (true, 'discovery', 9, 8, now(), now(), now() - interval '1 day', 5)"
    )
    await connection.execute(
        "INSERT INTO backbeat.watch_rounds (subject, way, rounds) VALUES ('plays', 'there', 2), ('plays', 'here', 2)"
    )
    await connection.execute(
        "INSERT INTO backbeat.watch_differences VALUES ('plays', '{5}', 'missing there', '{plays}', '{3}', NULL, 'd',"
        " 7, 7, now(), now(), now(), 3, true, 'plays_lost')"
    )
    assert await eventually(lambda: _tells(client, "Beside another indexer"))
    text = " ".join((await client.get("/")).text.split())
    assert "Equal for 1 d, from height 5 to 8, in 2 rounds but for these known defects of theirs: plays of a" in text
    assert re.search(r"plays</td><td>missing there</td><td>plays of a block were lost</td>.*>5</td>.*>1</td>", text)
    assert (
        'backbeat_watch_differences{cause="plays_lost",kind="missing there",subject="plays"} 1.0'
        in (await client.get("/metrics")).text
    )
    assert (await client.get("/status")).json()["watch"]["differences"][0]["cause"] == "plays_lost"


async def _tells(client: httpx.AsyncClient, words: str) -> bool:
    return words in (await client.get("/")).text


async def test_the_page_of_an_empty_database(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "<h1>Nothing is indexed yet</h1>" in answer.text
    assert "Nothing was rejected." in answer.text


async def test_jobs_stand_together_by_what_they_are_about(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    headings = re.findall(r'class="group"><th scope="rowgroup" colspan="7">([^<]+)<', (await client.get("/")).text)
    assert {"plays", "challenges", "trending", "scores"} <= set(headings)
    assert len(headings) == len(set(headings))


async def test_the_part_that_is_fetched_again_is_no_whole_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/live")
    assert "<html" not in answer.text
    assert 'id="detail" hx-swap-oob="innerHTML"' in answer.text


async def test_what_others_wrote_is_escaped(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection, phase=SCRIPT)
    count = "INSERT INTO backbeat.transaction_counts VALUES (%s, %s, 'rejected', %s, 1)"
    await connection.execute(count, [f"kind{SCRIPT}", f"pair{SCRIPT}", f"reason{SCRIPT}"])
    await operate.pause(connection, JOBS[0].name)
    values = [f"error{SCRIPT}", f"see `cure{SCRIPT}`"]
    await connection.execute("UPDATE backbeat.jobs SET error = %s, cure = %s, failures = 1", values)
    for path in ("/", "/live"):
        text = (await client.get(path)).text
        assert SCRIPT not in text
        for place in ("kind", "pair", "reason", "error", "<code>cure"):
            assert f"{place}&lt;script&gt;" in text


async def test_the_page_runs_no_inline_code(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    text = (await client.get("/")).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"\s(?:style|on[a-z]+)=", text) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []


async def test_everything_the_page_loads_is_there(client: httpx.AsyncClient) -> None:
    text = (await client.get("/")).text
    wanted = re.findall(r'(?:src|href)="(static/[^"]+)"', text)
    assert len(wanted) >= 6
    for address in wanted:
        assert (await client.get(f"/{address}")).status_code == 200


async def test_what_the_first_page_fetches_is_small(client: httpx.AsyncClient, connection: Connection) -> None:
    """In all, as it comes over the line to a browser that takes gzip."""
    await seed(connection)
    await seed_counts(connection)
    fetched = [
        "/",
        *(f"/{path}" for path in re.findall(r'(?:src|href)="(static/[^"]+)"', (await client.get("/")).text)),
    ]
    answers = [await client.get(path) for path in dict.fromkeys(fetched)]
    assert sum(answer.num_bytes_downloaded for answer in answers) < 40_000


async def test_jobs_that_need_a_look_come_first_and_fresh_ones_are_folded(
    client: httpx.AsyncClient, connection: Connection
) -> None:
    await seed(connection)
    await register(connection, JOBS)
    await connection.execute("UPDATE backbeat.jobs SET outcome = 'quiet', succeeded_at = now(), started_at = now()")
    await connection.execute("UPDATE backbeat.jobs SET failures = 2 WHERE name = %s", [JOBS[2].name])
    await connection.execute(
        "UPDATE backbeat.jobs SET succeeded_at = now() - interval '30 d' WHERE name = %s", [JOBS[1].name]
    )
    await operate.pause(connection, JOBS[0].name)
    shown, folded = (await client.get("/")).text.split('<details id="folded">')
    assert re.findall(r'id="job-([^"]+)"', shown) == [JOBS[1].name, JOBS[2].name, JOBS[0].name]
    assert len(re.findall(r'id="job-([^"]+)"', folded)) == len(JOBS) - 3
    assert '<details id="folded" open>' in (await client.get("/?jobs=all")).text


async def test_an_outage_is_told_and_the_page_recovers(
    database_url: str, lanes: Lanes, admin: psycopg.Connection
) -> None:
    dbname = str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"])
    name = Identifier(dbname)
    transport = httpx.ASGITransport(app=site(lanes, SystemClock()))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        assert (await client.get("/")).status_code == 200
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = %s AND application_name = 'backbeat/status'
            """,
            [dbname],
        )
        await asyncio.sleep(1.0)  # a status is shown for a second
        page, live, status, scrape = [await client.get(path) for path in ("/", "/live", "/status", "/metrics")]
        admin.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
        assert (page.status_code, live.status_code, status.status_code) == (503, 503, 503)
        assert "<h1>The database does not answer</h1>" in page.text
        assert status.json()["code"] == "database_unreachable"
        assert "backbeat_database_up 0.0" in scrape.text

        async def is_back() -> bool:
            return (await client.get("/")).status_code == 200

        assert await eventually(is_back)
