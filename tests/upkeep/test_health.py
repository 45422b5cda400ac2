"""A monitor hears how the installation is, whatever the pages are waiting for."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.db import db
from app.core.jobs import Job, JobState
from app.settings import ROOT, Settings
from app.upkeep.serving import health
from app.upkeep.serving.metrics import exposition

QUICK_S = 3.0  # on a machine with other work; the pages behind are held for ever


@pytest.fixture
def settings(app: Flask) -> Settings:
    found: Settings = app.extensions["louda_settings"]
    found.data_dir.mkdir(parents=True, exist_ok=True)
    return found


def wait(kind: str, state: JobState, minutes: int, lease: timedelta | None = None) -> None:
    at = clock.now()
    db.session.add(
        Job(
            kind=kind, subject_id=minutes, input_sha256="x", payload={}, state=state,
            created_at=at - timedelta(minutes=minutes), lease_until=None if lease is None else at + lease,
        )
    )  # fmt: skip
    db.session.commit()


def beat_of(settings: Settings, seconds_ago: float) -> None:
    health.write_heartbeat(settings)
    path = settings.data_dir / health.BEAT_FILE
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "uptime_s": told["uptime_s"] - seconds_ago}))


def test_all_is_well_with_a_worker_that_beats(settings: Settings) -> None:
    health.write_heartbeat(settings)
    seen = health.examine(settings)
    assert (seen.ok, seen.problems, seen.database) == (True, (), True)
    assert seen.worker_beat_s in range(10)  # on a busy machine the look itself may take a second


def test_a_job_that_waits_for_a_quarter_of_an_hour_is_told(settings: Settings) -> None:
    wait("plan", JobState.QUEUED, 14)
    assert health.examine(settings).problems == ()
    wait("plan", JobState.QUEUED, 16)
    seen = health.examine(settings)
    assert (seen.ok, seen.problems) == (False, ("job_waits",))
    assert 16 * 60 <= (seen.oldest_waiting_job_s or 0) < 17 * 60


def test_a_worker_that_hangs_in_a_job_is_told_and_one_that_reports_progress_is_not(settings: Settings) -> None:
    beat_of(settings, 180)
    wait("plan", JobState.RUNNING, 3, timedelta(seconds=30))
    assert health.examine(settings).problems == ()
    with clock.shifted_by(timedelta(minutes=1)):
        assert health.examine(settings).problems == ("worker_silent",)


def test_a_beat_from_before_the_machine_started_again_is_no_beat(settings: Settings) -> None:
    beat_of(settings, -10_000)
    assert health.examine(settings).worker_beat_s is None


@pytest.mark.parametrize("is_first_start", [False, True])
def test_a_worker_that_never_comes_up_after_a_start_is_told_after_two_minutes(
    settings: Settings, is_first_start: bool
) -> None:
    if is_first_start:
        health.expect_worker(settings)
    else:
        beat_of(settings, -10_000)
    assert health.examine(settings, up_s=110).problems == ()  # it may still be loading
    seen = health.examine(settings, up_s=130)
    assert (seen.ok, seen.problems, seen.worker_beat_s) == (False, ("worker_silent",), None)
    health.write_heartbeat(settings)
    health.expect_worker(settings)  # a start does not forget a beat
    assert health.examine(settings, up_s=130).problems == ()


def test_no_worker_is_missed_where_none_was_ever_started(settings: Settings) -> None:
    """The pages alone, with the worker on another machine."""
    assert health.examine(settings, up_s=10_000).problems == ()


def test_a_watch_counts_how_long_it_has_looked(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []

    def examine(*_of: object) -> health.Health:
        told.append(float(str(_of[2])))
        looked.set()
        raise SystemExit  # ends the thread

    monkeypatch.setattr(health, "examine", examine)
    looked, now = threading.Event(), time.monotonic
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(health.time, "monotonic", lambda: now() - 300)
        watch = health.HealthWatch(settings)
    watch.start()
    assert looked.wait(60)
    assert 300 <= told[0] < 360


def test_an_old_backup_is_told_without_calling_anybody(settings: Settings) -> None:
    taken = clock.now() - timedelta(hours=2)
    (settings.backups_dir / taken.strftime("%Y%m%dT%H%M%SZ")).mkdir(parents=True)
    seen = health.examine(settings)
    assert (seen.ok, seen.problems) == (True, ("backup_old",))


def test_a_database_that_does_not_answer_is_told_quickly(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import create_engine

    nowhere = create_engine("sqlite:////nowhere/louda.db")
    seen = health.examine(settings, nowhere)
    assert (seen.ok, seen.database, seen.problems[0]) == (False, False, "database")


def test_looking_at_a_lost_database_makes_no_file_in_its_place(settings: Settings) -> None:
    path = settings.sqlite_path
    if path is None:
        pytest.skip("only SQLite makes a file that is missing")
    assert health.examine(settings).database
    db.session.remove()
    db.engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    seen = health.examine(settings)
    assert (seen.ok, seen.database) == (False, False)
    assert not path.exists()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_look_that_fails_does_not_end_the_looking(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []
    is_over = False

    def disk_usage(path: Path) -> object:
        looks.append(1)
        if is_over:
            raise SystemExit  # ends the thread without a word
        if len(looks) == 1:
            raise OSError("the disk is away")
        return usage(path)

    usage = shutil.disk_usage
    monkeypatch.setattr(health.shutil, "disk_usage", disk_usage)
    monkeypatch.setattr(health, "LOOK_EVERY_S", 0.05)
    watch = health.HealthWatch(settings)
    watch.start()
    deadline = time.monotonic() + 10
    while watch.latest()[0] != 200 and time.monotonic() < deadline:
        time.sleep(0.05)
    is_over = True
    seen = watch.latest()
    while "health" in [thread.name for thread in threading.enumerate()] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert seen[0] == 200
    assert caplog.text.count("OSError: the disk is away") == 1


def test_the_page_for_monitors_tells_all_of_it(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    told = answer.get_json()
    assert {"ok", "database", "worker_beat_s", "oldest_waiting_job_s", "newest_backup_s", "disk_free_bytes"} <= set(
        told
    )


def test_metrics_are_written_as_prometheus_reads_them(settings: Settings) -> None:
    lines = exposition(health.examine(settings).body()).splitlines()
    assert "louda_ok 1" in lines
    assert "louda_database_up 1" in lines
    assert any(line.startswith("louda_disk_free_bytes ") for line in lines)
    assert not any(line.startswith("louda_worker_beat_seconds") for line in lines)  # nobody has beaten yet


# --- the real server --------------------------------------------------------------------------------------------------
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    data_dir: Path, template_database: Path, start: tuple[str, ...] = (), more: tuple[str, ...] = ()
) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """gunicorn as `louda run` starts it, without the worker; its port. `start` runs it in another way, `more` are words
    at the end of its command."""
    from app.upkeep.serving.server import web_command

    shutil.copy(template_database, data_dir / "louda.db")
    port = free_port()
    own = {"LOUDA_ENV": "testing", "LOUDA_DATA_DIR": str(data_dir), "PORT": str(port), "LOUDA_SECRET_KEY": "x" * 40}
    environment = {**os.environ, **own}
    words = web_command(Settings.from_env(environment))
    command = [words[0], *(start or words[1:3]), *words[3:-1], *more, words[-1]]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        for _ in range(600):
            if process.poll() is None and asked(port, "/healthz", within=5) is not None:
                break
            time.sleep(0.1)
        yield port, process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def server(tmp_path: Path, template_database: Path) -> Iterator[int]:
    with serving(tmp_path, template_database) as (port, _process):
        yield port


def asked(port: int, path: str, within: float) -> tuple[int, Any, float] | None:
    """Status, body, seconds; None if there was no answer in time."""
    began = time.monotonic()
    connection = HTTPConnection("127.0.0.1", port, timeout=within)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(), time.monotonic() - began
    except OSError:
        return None
    finally:
        connection.close()


def test_health_is_answered_while_forty_requests_are_half_sent(server: int) -> None:
    with ExitStack() as held:

        def half(text: str) -> None:
            held.enter_context(socket.create_connection(("127.0.0.1", server))).sendall(text.encode())

        for number in range(40):
            half(f"GET /sign-in?{number} HTTP/1.1\r\nHost: localhost\r\nX-Half: ")
        page = asked(server, "/sign-in", within=20)  # half a head holds no thread
        assert page is not None
        assert page[0] == 200
        for _ in range(40):
            half("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                 "Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=")  # fmt: skip
        time.sleep(1)
        for _ in range(3):
            told = asked(server, "/healthz", within=QUICK_S)
            assert told is not None, "the answer waits for a thread"
            assert (told[0], json.loads(told[1])["database"]) == (200, True)


HURRIED = """
import sys
from gunicorn.app.wsgiapp import run
from app.upkeep.serving import web_worker
web_worker.HEAD_WITHIN_S = 2
run()
"""


def test_connections_on_which_nothing_comes_are_dropped_and_make_room(tmp_path: Path, template_database: Path) -> None:
    few = ("--workers", "1", "--worker-connections", "20")
    with serving(tmp_path, template_database, ("-c", HURRIED), few) as (port, _process), ExitStack() as held:
        silent = [held.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(25)]
        time.sleep(0.5)
        told = asked(port, "/healthz", within=15)
        assert told is not None, "nobody is accepted any more"
        assert told[0] == 200
        for connection in silent:
            connection.settimeout(10)
            assert connection.recv(1) == b""


def test_a_stop_does_not_wait_for_connections_on_which_nothing_comes(tmp_path: Path, template_database: Path) -> None:
    with serving(tmp_path, template_database) as (port, process), ExitStack() as held:
        for _ in range(5):
            held.enter_context(socket.create_connection(("127.0.0.1", port)))
        time.sleep(0.5)
        began = time.monotonic()
        process.terminate()
        process.wait(timeout=30)
        assert time.monotonic() - began < 10  # the grace for requests in hand is 15 seconds
