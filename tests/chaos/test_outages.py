"""The database goes away and comes back, here or elsewhere, with or without a word: all parts recover, nothing is lost.

``BACKBEAT_CHAOS_OUTAGE_SECONDS`` (``make chaos``: 60) and ``BACKBEAT_CHAOS_SILENCE_SECONDS`` (20) say how long things
take; what recovery took is logged, and appended to the file that ``BACKBEAT_CHAOS_FIGURES`` names.
"""

import random
import time
from pathlib import Path

import psycopg
import pytest

from chaos.content import Content, content
from chaos.program import (
    ENVIRON,
    OUTAGE_SECONDS,
    RECOVERY_SECONDS_MAX,
    SILENCE_SECONDS,
    copy_cluster,
    figure,
    program,
    recovery,
    server,
)
from chaos.proxy import proxy
from chaos.replay import Replay

TERMINATION_PAUSE_SECONDS = 0.1
OURS = "SELECT pid FROM pg_stat_activity WHERE application_name ~ '^backbeat/' AND datname = current_database()"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_database_stops_then_moves_then_falls_silent_and_nothing_is_lost(
    folder: Path, recording: Path, undisturbed: Content
) -> None:
    with server(folder / "a") as first, server(folder / "b") as second:
        url = first.start()
        with proxy(first.port) as address, program(folder, recording, address.url(url)) as under_test:
            under_test.wait_for_progress(url)

            first.stop()
            time.sleep(OUTAGE_SECONDS)
            assert first.start() == url
            recovery(f"stopped for {OUTAGE_SECONDS:g} s", under_test, url, seconds_max=RECOVERY_SECONDS_MAX)

            first.stop()
            copy_cluster(folder / "a", folder / "b")
            url = second.start()
            address.upstream_port = second.port
            recovery("failed over to another port", under_test, url, seconds_max=RECOVERY_SECONDS_MAX)

            address.freeze()
            address.admit()
            name = f"fell silent, given up after {SILENCE_SECONDS:g} s"
            recovery(name, under_test, url, seconds_max=SILENCE_SECONDS + RECOVERY_SECONDS_MAX)

            under_test.run_until_idle()
        assert content(url) == undisturbed


def test_sessions_that_are_terminated_all_the_time(folder: Path, recording: Path, undisturbed: Content) -> None:
    with server(folder / "a") as first:
        url = first.start()
        replay = Replay(folder / "own", recording, ENVIRON | {"BACKBEAT_DATABASE_URL": url})
        process, victims = replay.start(), random.Random(9)
        replay.wait_for_progress(url, process)
        terminated = 0
        with psycopg.connect(url, autocommit=True) as executioner:
            while process.poll() is None:
                pids = [row[0] for row in executioner.execute(OURS)]
                if pids:
                    terminated += 1
                    executioner.execute("SELECT pg_terminate_backend(%s)", [victims.choice(pids)])
                time.sleep(TERMINATION_PAUSE_SECONDS)
        replay.ends(process, settled=False)
        replay.finish()  # jobs whose last run was cut off are due again
        figure("terminated sessions", {"sessions": terminated})
        assert terminated > 10
        assert content(url) == undisturbed
