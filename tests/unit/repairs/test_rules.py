"""What is read off the answers of content nodes, where they are asked, and when a track is asked about again."""

from typing import Any

import pytest

from backbeat.codes import MUSICAL_KEYS
from backbeat.derived.repairs import audio_analysis, track_cid
from backbeat.derived.repairs.audio_analysis import COUNT_MAX, OF_CIDS, OF_UPLOADS, Analysis
from backbeat.derived.repairs.nodes import NAME_CHARACTERS_MAX, NAMED_MAX, addresses, segment
from backbeat.derived.repairs.queue import HOUR_SECONDS, Waiting, pause_seconds
from backbeat.errors import ConfigError

SUBJECT: Any = None


def waiting(upload_id: str | None = None, cid: str | None = None) -> Waiting:
    return Waiting(1, SUBJECT, 0, upload_id, cid)


def analysed(**results: Any) -> Analysis:
    return audio_analysis.read({"audio_analysis_results": results}, OF_UPLOADS)


@pytest.mark.parametrize("key", MUSICAL_KEYS)
@pytest.mark.parametrize("spelling", ["key", "Key"])
def test_each_of_the_25_keys_is_taken_under_either_spelling(key: str, spelling: str) -> None:
    assert analysed(**{spelling: key}).musical_key == key


@pytest.mark.parametrize("key", ["C# minor", "c minor", "C Minor", "A", "", " A major", None, 7, True, ["A major"], {}])
def test_no_other_key_is(key: Any) -> None:
    assert analysed(key=key).musical_key is None


@pytest.mark.parametrize("spelling", ["bpm", "BPM"])
@pytest.mark.parametrize(("told", "stored"), [(120.0, 120.0), (120, 120.0), (0.5, 0.5), (998.9, 998.9), (998, 998.0)])
def test_a_tempo_is_taken_whole_or_not(spelling: str, told: float, stored: float) -> None:
    found = analysed(**{spelling: told}).bpm
    assert (found, type(found)) == (stored, float)


@pytest.mark.parametrize(
    "told",
    [
        0,
        0.0,
        -0.0,
        -120,
        999,
        999.0,
        10**30,
        1e300,
        float("nan"),
        float("inf"),
        -float("inf"),
        "120",
        None,
        True,
        [1],
        {},
    ],
)
def test_no_other_tempo_is(told: Any) -> None:
    assert analysed(bpm=told).bpm is None


def test_of_both_spellings_the_first_usable_one_counts() -> None:
    assert analysed(key="H major", Key="A major", bpm="fast", BPM=90) == Analysis("A major", 90.0)
    assert analysed(key="A major", Key="B major", bpm=80, BPM=90) == Analysis("A major", 80.0)


@pytest.mark.parametrize(
    ("told", "stored"),
    [(0, 0), (3, 3), (COUNT_MAX, COUNT_MAX), (COUNT_MAX + 1, None), (-1, None), (3.0, None), (True, None), ("3", None)],
)
def test_a_count_of_errors_is_one_that_the_column_holds(told: Any, stored: int | None) -> None:
    assert audio_analysis.read({"audio_analysis_error_count": told}, OF_UPLOADS).error_count == stored
    assert audio_analysis.read({"error_count": told}, OF_CIDS).error_count == stored


@pytest.mark.parametrize("results", [None, [], "A major", 7, {"key": {}}, {"keys": "A major"}])
def test_results_of_another_shape_tell_nothing(results: Any) -> None:
    told = {"audio_analysis_results": results, "results": results}
    assert audio_analysis.read(told, OF_UPLOADS) == audio_analysis.read(told, OF_CIDS) == Analysis()


def test_answers_about_uploads_and_about_cids_have_other_names() -> None:
    told = {
        "audio_analysis_results": {"bpm": 1},
        "results": {"bpm": 2},
        "audio_analysis_error_count": 1,
        "error_count": 2,
    }
    assert audio_analysis.read(told, OF_UPLOADS) == Analysis(None, 1.0, 1)
    assert audio_analysis.read(told, OF_CIDS) == Analysis(None, 2.0, 2)


@pytest.mark.parametrize(
    ("answer", "vote"),
    [
        ({"status": "done", "results": {"320": "baeaaa"}}, "baeaaa"),
        ({"status": "done", "results": {"320": "  baeaaa\n"}}, "baeaaa"),
        ({"status": "busy", "results": {"320": "baeaaa"}}, None),
        ({"results": {"320": "baeaaa"}}, None),
        ({"status": "done", "results": {"320_preview": "baeaaa"}}, None),
        ({"status": "done", "results": {"320": ""}}, None),
        ({"status": "done", "results": {"320": "   "}}, None),
        ({"status": "done", "results": {"320": "two words"}}, None),
        ({"status": "done", "results": {"320": "nul\x00"}}, None),
        ({"status": "done", "results": {"320": "ä"}}, None),
        ({"status": "done", "results": {"320": "b" * 2_501}}, None),
        ({"status": "done", "results": {"320": 320}}, None),
        ({"status": "done", "results": ["baeaaa"]}, None),
        ({"status": "done"}, None),
        ({"status": ["done"], "results": {"320": "baeaaa"}}, None),
    ],
)
def test_a_node_votes_for_the_copy_of_an_upload_that_it_is_done_with(answer: dict[str, Any], vote: str | None) -> None:
    assert track_cid.read(answer) == vote


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("01HV-x_y.z~", "01HV-x_y.z~"),
        ("../health", "..%2Fhealth"),
        ("a/../../b?c#d", "a%2F..%2F..%2Fb%3Fc%23d"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("%2e%2e", "%252e%252e"),
        ("\x7fä", "%7F%C3%A4"),
        ("...", "..."),
        ("x" * NAME_CHARACTERS_MAX, "x" * NAME_CHARACTERS_MAX),
        ("x" * (NAME_CHARACTERS_MAX + 1), None),
        (".", None),
        ("..", None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_is_one_segment_of_a_path_or_not_asked_for(name: str | None, asked: str | None) -> None:
    assert segment(name) == asked


def test_an_upload_is_asked_for_before_a_cid() -> None:
    assert audio_analysis.path(waiting("up 1", "cid")) == "/uploads/up%201"
    assert audio_analysis.path(waiting(None, "cid/1")) == "/tracks/legacy/cid%2F1/analysis"
    assert audio_analysis.path(waiting("", "cid")) == "/tracks/legacy/cid/analysis"
    assert audio_analysis.path(waiting("..", "cid")) is None
    assert audio_analysis.path(waiting()) is None
    assert track_cid.path(waiting("up 1", "cid")) == "/uploads/up%201"
    assert track_cid.path(waiting(None, "cid")) is None


def test_who_is_asked_about_in_vain_waits_longer_each_time_up_to_a_day() -> None:
    assert [pause_seconds(attempts) / HOUR_SECONDS for attempts in (0, 1, 2, 3, 4, 5, 6, 7, 1_000_000)] == [
        1, 2, 4, 8, 16, 24, 24, 24, 24,
    ]  # fmt: skip


def test_nodes_are_named_once_in_lower_case_and_without_a_slash_at_the_end() -> None:
    named = (" https://Node.Example/ ", "https://node.example", "http://127.0.0.1:4000/Prefix//")
    assert addresses(named) == ("https://node.example", "http://127.0.0.1:4000/prefix")


@pytest.mark.parametrize(
    "named",
    ["", "node.example", "ftp://node.example", "https://", "https://u:p@node.example", "https://n.example?a=b",
     "https://n.example#a", "https://n.example:port", "https://n.example:70000", "https://[::1"],
)  # fmt: skip
def test_what_is_no_address_of_a_node_is_refused(named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        addresses([named])
    assert refused.value.code == "content_node_invalid"


def test_more_nodes_than_any_network_has_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        addresses([f"https://n{number}.example" for number in range(NAMED_MAX + 1)])
    assert refused.value.code == "content_node_invalid"
