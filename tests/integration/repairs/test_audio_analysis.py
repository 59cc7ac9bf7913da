"""Keys and tempos come from the first node that answers, where they are missing (domain: derived state, 4.12)."""

from datetime import timedelta
from typing import Any

import pytest

from backbeat.db.sql import load
from backbeat.derived.repairs.audio_analysis import ANALYSIS, AUDIO_ANALYSIS
from backbeat.derived.repairs.queue import queue
from backbeat.derived.repairs.repair import Repair
from backbeat.errors import OutgoingError
from backbeat.incremental.transaction import Session
from builders.content_nodes import HOUR, NOON, MakeRepair, RepairWorld, RingingClock, at, knowing, nodes, song


def legacy(track_id: int) -> str:
    return f"/tracks/legacy/cid{track_id}/analysis"


def told(key: Any = "A major", bpm: Any = 120.0, errors: Any = 0) -> dict[str, Any]:
    return {"results": {"key": key, "bpm": bpm}, "error_count": errors}


async def test_60_a_key_that_is_none_is_not_taken_and_three_errors_end_it(
    world: RepairWorld, analyses: MakeRepair, clock: RingingClock
) -> None:
    await world.apply([song(1, bpm=None), song(2)])
    known = {legacy(1): told("C# minor", 120.0), legacy(2): told(None, None, 3)}
    async with nodes(knowing(known)) as [node]:
        await world.world.run(analyses([node.address]))
        assert await world.tracks() == [(1, None, 120.0, 0, "cid1"), (2, None, None, 3, "cid2")]
        assert await world.queue() == [("audio_analysis", 1, 1, NOON + HOUR)]
        clock.time = NOON + timedelta(days=400)
        node.asked.clear()
        await world.world.run(analyses([node.address]))
        assert [request.target for request in node.asked] == [legacy(1)]


async def test_what_is_missing_is_filled_and_what_is_there_stays(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply(
        [
            song(1),
            song(2, musical_key="B minor"),
            song(3, bpm=77.5),
            song(4, is_custom_musical_key=True),
            song(5, is_custom_bpm=True),
            song(6, is_custom_bpm=None, is_custom_musical_key=None),
        ]
    )
    async with nodes(knowing({legacy(number): told(bpm=120) for number in range(1, 7)})) as [node]:
        await world.world.run(analyses([node.address]))
    assert [row[:3] for row in await world.tracks()] == [
        (1, "A major", 120.0),
        (2, "B minor", 120.0),
        (3, "A major", 77.5),
        (4, None, 120.0),
        (5, "A major", None),
        (6, "A major", 120.0),
    ]
    assert await world.queue() == []


async def test_who_lacks_nothing_that_a_node_may_tell_is_asked_about_by_nobody(
    world: RepairWorld, analyses: MakeRepair
) -> None:
    await world.apply(
        [
            song(1, musical_key="A major", bpm=90.0),
            song(2, is_custom_musical_key=True, is_custom_bpm=True),
            song(3, audio_analysis_error_count=3),
            song(4, track_cid=None),
            song(5, genre="Podcasts"),
            song(6, genre="Podcast"),
            song(7, genre="Audiobooks"),
            song(8, genre=None),
        ]
    )
    async with nodes(knowing({})) as [node]:
        await world.world.run(analyses([node.address]))
        assert node.asked == []
    assert await world.queue() == []


async def test_an_upload_is_asked_for_by_its_name(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1, audio_upload_id="up/1"), song(2, audio_upload_id="")])
    known = {
        "/uploads/up%2F1": {"audio_analysis_results": {"Key": "Silence", "BPM": 60.5}, "audio_analysis_error_count": 1},
        legacy(2): told(),
    }
    async with nodes(knowing(known)) as [node]:
        await world.world.run(analyses([node.address]))
    assert await world.tracks() == [(1, "Silence", 60.5, 1, "cid1"), (2, "A major", 120.0, 0, "cid2")]


async def test_the_first_node_that_answers_decides(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    scripts = [knowing({}), knowing({legacy(1): told("D minor", None)}), knowing({legacy(1): told("E minor", 99.0)})]
    async with nodes(*scripts) as servers:
        await world.world.run(analyses(at(servers)))
        heard = [server for server in servers if server.asked]
        [track] = await world.tracks()
        assert track[1] == ("D minor" if heard[-1] is servers[1] else "E minor")
        assert {len(server.asked) for server in heard} == {1}


async def test_a_pass_asks_five_nodes_that_chance_chooses(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(number) for number in range(1, 21)])
    async with nodes(*[knowing({})] * 8) as servers:
        await world.world.run(analyses(at(servers)))
        assert sorted(len(server.asked) for server in servers) == [0, 0, 0, 20, 20, 20, 20, 20]


async def test_those_that_nobody_knows_wait_and_the_older_ones_come_to_their_turn(
    world: RepairWorld, analyses: MakeRepair, clock: RingingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbeat.derived.repairs.repair.TRACKS_MAX", 2)
    for number in range(1, 7):
        await world.apply([song(number)])
    async with nodes(knowing({legacy(1): told(), legacy(2): told()})) as [node]:
        repair = analyses([node.address])
        asked = []
        for _ in range(4):
            node.asked.clear()
            await repair.incremental(Session(world.connection))
            asked.append(sorted(request.target for request in node.asked))
        assert asked == [[legacy(5), legacy(6)], [legacy(3), legacy(4)], [legacy(1), legacy(2)], []]
        assert [row[1:] for row in await world.queue()] == [(number, 1, NOON + HOUR) for number in (3, 4, 5, 6)]
        clock.time = NOON + HOUR
        await world.apply([song(7)])  # a track that is new comes first
        node.asked.clear()
        await repair.incremental(Session(world.connection))
        assert sorted(request.target for request in node.asked) == [legacy(6), legacy(7)]


async def test_a_track_with_another_audio_begins_again(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    async with nodes(knowing({"/tracks/legacy/other/analysis": told()})) as [node]:
        repair = analyses([node.address])
        await world.world.run(repair)
        assert [row[2] for row in await world.queue()] == [1]
        await world.by_hand("UPDATE tracks SET track_cid = 'other' WHERE track_id = 1")
        await world.world.run(repair)
    assert await world.tracks() == [(1, "A major", 120.0, 0, "other")]
    assert await world.queue() == []


async def test_a_count_of_errors_that_fell_makes_a_track_wait_again(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1, audio_analysis_error_count=3)])
    async with nodes(knowing({legacy(1): told(errors=2)})) as [node]:
        repair = analyses([node.address])
        await world.world.run(repair)
        assert node.asked == []
        await world.by_hand("UPDATE tracks SET audio_analysis_error_count = 0")
        await world.world.run(repair)
    assert await world.tracks() == [(1, "A major", 120.0, 2, "cid1")]


async def test_without_a_node_the_queue_is_kept_and_nobody_asked(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    await world.world.run(analyses([]))
    assert [row[1:] for row in await world.queue()] == [(1, 0, None)]


async def test_that_no_node_is_heard_is_an_error_with_a_cure_and_each_track_waits(
    world: RepairWorld, analyses: MakeRepair
) -> None:
    await world.apply([song(number) for number in range(1, 51)])
    async with nodes(knowing({}), knowing({})) as servers:
        gone = at(servers)
    with pytest.raises(OutgoingError) as raised:
        await analyses(gone).incremental(Session(world.connection))
    assert raised.value.code == "content_nodes_unheard"
    assert "jobs.content_nodes" in raised.value.cure
    attempts = [row[2] for row in await world.queue()]
    assert 0 < sum(attempts) < 25, (
        "those that were under way when both nodes were given up wait; no other is asked about"
    )


async def test_the_edit_is_told_to_whoever_follows_tracks(world: RepairWorld, analyses: MakeRepair) -> None:
    await world.apply([song(1)])
    await world.by_hand("INSERT INTO backbeat.consumers VALUES ('me', 'edits', pg_current_snapshot(), 1)")
    async with nodes(knowing({legacy(1): told()})) as [node]:
        await world.world.run(analyses([node.address]))
    found = await world.world.all("SELECT keys FROM backbeat.changes WHERE stream = 'edits'")
    assert "track:1" in found[-1][0]


async def test_nobody_is_asked_before_all_of_a_backlog_is_in_the_queue(
    world: RepairWorld, clock: RingingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbeat.derived.repairs.queue.ROWS_MAX", 1)
    following = queue(
        AUDIO_ANALYSIS.name, ANALYSIS.name, load("backbeat.derived.repairs", "audio_analysis_lacking.sql")
    )
    async with nodes(knowing({})) as [node]:
        repair = Repair(ANALYSIS, following, [node.address], clock=clock, now=clock.at)
        await world.world.run(repair)
        for number in (1, 2, 3):
            await world.apply([song(number)])
        reports = []
        while not node.asked:
            reports.append(await repair.incremental(Session(world.connection)))
        assert [report.more for report in reports] == [True, True, False]
        assert len(node.asked) == 3


async def test_the_queue_is_what_tracks_lack(world: RepairWorld, analyses: MakeRepair) -> None:
    repair = analyses([])
    await world.apply([song(1), song(2), song(3), song(4)])
    await world.world.run(repair)
    await world.apply([song(2, bpm=1.0, musical_key="A major"), song(5)])
    await world.by_hand("UPDATE tracks SET genre = 'Podcasts' WHERE track_id = 3")
    await world.by_hand("DELETE FROM tracks WHERE track_id = 4")
    await world.world.run(repair)
    assert [row[1] for row in await world.queue()] == [1, 5]
    assert (await repair.audit(world.connection)).is_clean
    await world.by_hand("DELETE FROM backbeat.track_repairs WHERE track_id = 5")
    assert (await repair.difference(world.connection)).missing == 1
    await repair.rebuild(Session(world.connection))
    assert [row[1] for row in await world.queue()] == [1, 5]
