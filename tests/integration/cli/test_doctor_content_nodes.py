"""What the doctor says of content nodes: it asks them, as the repairs would."""

import pytest
from scripted_http import Script, answer

from backbeat.cli.doctor_nodes import of_content_nodes
from backbeat.clock import SystemClock
from backbeat.observe.tree import Check
from backbeat.settings import JobsSettings, Settings
from builders.content_nodes import at, nodes

WELL = answer(b"{}")
AWAY: Script = answer(b"", status="302 Found", headers="Location: https://elsewhere.example/\r\n")


async def checked(*named: str) -> list[Check]:
    return list(await of_content_nodes(Settings(jobs=JobsSettings(content_nodes=named)), SystemClock()))


async def test_without_nodes_there_is_nothing_to_say() -> None:
    assert await checked() == []


async def test_a_node_that_answers_is_well_whatever_it_answers() -> None:
    async with nodes(WELL, answer(b"", status="404 Not Found")) as servers:
        [check] = await checked(*at(servers))
        assert [request.target for request in servers[0].asked] == ["/health_check"]
    assert (check.ok, check.detail, check.cure) == (True, "2 of 2 content nodes asked answer.", "")


@pytest.mark.parametrize(("scripts", "ok"), [((WELL, AWAY), False), ((WELL, WELL, AWAY), True), ((AWAY,), False)])
async def test_one_that_does_not_is_told_with_a_cure(scripts: tuple[Script, ...], ok: bool) -> None:
    async with nodes(*scripts) as servers:
        [check] = await checked(*at(servers))
    assert check.ok is ok
    assert "sends us on" in check.detail
    assert "jobs.content_nodes" in check.cure


async def test_a_setting_that_names_none_is_told() -> None:
    [check] = await checked("nowhere")
    assert not check.ok
    assert "jobs.content_nodes" in check.detail
