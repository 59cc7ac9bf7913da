"""Refused transactions, rewards, scores and counts as pages; the same addresses answer programs as before."""

from typing import Any

import httpx
import psycopg
import pytest

from builders.indexed import seed, seed_rejected

Connection = psycopg.AsyncConnection[Any]
BROWSER = {"Accept": "text/html"}


async def text(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


async def test_browsers_see_the_refused_a_page_at_a_time(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    first = await text(client, "/rejected?limit=2")
    assert first.count('<td><a href="rejected/') == 2
    assert "Older ones" in first
    assert 'href="rejected?limit=2&amp;after=test-chain%3A1.1.-1"' in first
    second = await text(client, "/rejected?limit=2&after=test-chain%3A1.1.-1")
    assert second.count('<td><a href="rejected/') == 1
    assert "Older ones" not in second


async def test_one_of_them_is_shown_with_its_bytes(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await seed_rejected(connection, 3)
    found = await text(client, "/rejected/test-chain%3A1.1.-1")
    assert '<h1 class="plain">Rejected at 1.1</h1>' in found
    assert '<code class="wraps">AP8=</code>' in found
    assert "Nothing was refused at" in await text(client, "/rejected/else:1.1.-1", 404)


async def test_a_form_without_a_reason_asks_for_all(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    assert "Nothing was rejected." in await text(client, "/rejected?reason=")
    assert "is out of range" in await text(client, "/rejected?limit=0", 400)


async def test_a_reward_is_explained(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    form = await text(client, "/explain/reward")
    assert '<option value="profile-completion">' in form or "<option value=" in form
    [[challenge]] = await (await connection.execute("SELECT id FROM challenges ORDER BY id LIMIT 1")).fetchall()
    assert "No user 7 was indexed" in await text(client, f"/explain/reward?user=7&challenge={challenge}", 404)
    await connection.execute(
        "INSERT INTO users (user_id, is_current, created_at, updated_at, txhash) VALUES (7, true, now(), now(), '')"
    )
    found = await text(client, f"/explain/reward?user=7&challenge={challenge}")
    assert f"User 7 has not earned {challenge}" in found
    assert "Audit of the rows:" in found
    unknown = await text(client, "/explain/reward?user=7&challenge=nothing", 404)
    assert "The catalogue has no challenge" in unknown


async def test_a_score_is_explained(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    assert "Explain</button>" in await text(client, "/explain/score")
    assert "Track 5 has no scores" in await text(client, "/explain/score?kind=track&id=5")
    assert "Playlist 5 has no scores" in await text(client, "/explain/score?kind=playlist&id=5")


async def test_a_count_is_explained(client: httpx.AsyncClient, connection: Connection) -> None:
    await seed(connection)
    await connection.execute("INSERT INTO aggregate_user (user_id, follower_count) VALUES (5, 3)")
    found = await text(client, "/explain/count?kind=user&id=5")
    assert "1 of the counts of user 5 differ" in found
    assert '<td class="number refused">3</td><td class="number">0</td>' in found
    await connection.execute("UPDATE aggregate_user SET follower_count = 0")
    assert "Every count of user 5 is what counting again gives." in await text(client, "/explain/count?kind=user&id=5")
    for kind in ("track", "playlist"):
        assert f"No counts are kept of {kind} 9" in await text(client, f"/explain/count?kind={kind}&id=9")


@pytest.mark.parametrize(
    "path", ["/explain/count?kind=song", "/explain/count?id=x", "/explain/reward?user=0", "/explain/score?kind=%3Cb%3E"]
)
async def test_what_cannot_be_asked_is_refused_with_a_cure(client: httpx.AsyncClient, path: str) -> None:
    refused = await text(client, path, 400)
    assert "parameter_invalid" in refused
    assert 'class="cure"' in refused


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_programs_are_answered_in_json(client: httpx.AsyncClient, connection: Connection, accept: str) -> None:
    await seed(connection)
    answer = await client.get("/rejected", headers={"Accept": accept})
    assert answer.json() == {"transactions": [], "next": None}
