"""What Prometheus reads: figures of every process added up, and an answer whatever the pages wait for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY
from sqlalchemy import text

from app.core import clock
from app.core.database.turns import TurnKind, writers
from app.core.db import command, db
from app.core.errors import Busy, Conflict
from app.core.events import SYSTEM, record
from app.core.jobs import Job, JobState
from app.settings import ROOT, Settings
from app.upkeep.database import schema
from app.upkeep.serving import health, metrics


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(app: Flask) -> Settings:
    found: Settings = app.extensions["louda_settings"]
    found.data_dir.mkdir(parents=True, exist_ok=True)
    return replace(found, metrics_port=free_port())


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set after the first whole look of the watch."""
    looked, whole = threading.Event(), health.jobs_by_state

    def jobs_by_state(engine: object) -> dict[str, tuple[int, int]]:
        try:
            return whole(engine)  # type: ignore[arg-type]
        finally:
            looked.set()

    monkeypatch.setattr(health, "jobs_by_state", jobs_by_state)
    return looked


def ask(settings: Settings, path: str) -> tuple[int, str]:
    try:
        with urlopen(f"http://127.0.0.1:{settings.metrics_port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_a_request_is_counted_by_its_endpoint_and_never_by_its_address(client: FlaskClient) -> None:
    labels = {"endpoint": "access.sign_in", "method": "GET", "status": "200"}
    before, timed = value("louda_requests_total", **labels), value("louda_request_seconds_count", endpoint="none")
    client.get("/sign-in?next=/13812345678")
    client.get("/13812345678")
    client.open("/13812345678", method="BREW")
    assert value("louda_requests_total", **labels) == before + 1
    assert value("louda_request_seconds_count", endpoint="none") >= timed + 1
    assert "13812345678" not in metrics.counted(None)
    assert "BREW" not in metrics.counted(None)


def test_entries_and_orders_are_counted_once_they_are_committed(app: Flask) -> None:
    @command(turn=TurnKind.NOBODY)
    def place(fails: bool) -> None:
        record(SYSTEM, "place", ("household_order", 1))
        if fails:
            raise Conflict("")

    def figures() -> tuple[float, ...]:
        labels = {"verb": "place", "subject": "household_order"}
        return value("louda_events_total", **labels), value("louda_orders_placed_total")

    before, held = figures(), value("louda_turn_held_seconds_count", kind="nobody")
    with pytest.raises(Conflict):
        place(True)
    assert figures() == before
    place(False)
    assert figures() == tuple(figure + 1 for figure in before)
    assert value("louda_turn_held_seconds_count", kind="nobody") == held + 2
    assert value("louda_turn_waited_seconds_count", kind="nobody") >= 2


def test_a_turn_that_does_not_come_is_counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "most", 0)
    before = value("louda_turns_refused_total", kind="nobody")
    with pytest.raises(Busy):
        command(turn=TurnKind.NOBODY)(lambda: None)()
    assert value("louda_turns_refused_total", kind="nobody") == before + 1


def test_the_processes_of_a_server_are_added_up(tmp_path: Path) -> None:
    count = "from app.core.log.figures import ORDERS, TURN_HELD; ORDERS.inc(); TURN_HELD.labels('shared').observe(0.01)"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _process in range(2):
        subprocess.run([sys.executable, "-c", count], cwd=ROOT, env=environment, check=True)
    lines = metrics.counted(tmp_path).splitlines()
    assert "louda_orders_placed_total 2.0" in lines
    assert 'louda_turn_held_seconds_count{kind="shared"} 2.0' in lines


def test_waiting_and_failed_jobs_are_told_by_state_and_age(settings: Settings, seen: threading.Event) -> None:
    for number, state in enumerate((JobState.QUEUED, JobState.QUEUED, JobState.FAILED, JobState.SUCCEEDED)):
        db.session.add(
            Job(
                kind="plan",
                subject_id=number,
                input_sha256="x",
                payload={},
                state=state,
                created_at=clock.now() - timedelta(minutes=number + 1),
            )
        )
    db.session.commit()
    with metrics.serving(settings):
        assert seen.wait(60)
        status, told = ask(settings, "/metrics")
    assert status == 200
    assert 'louda_jobs{state="queued"} 2' in told.splitlines()
    assert 'louda_jobs{state="failed"} 1' in told.splitlines()
    (age,) = [
        line.split()[1] for line in told.splitlines() if line.startswith('louda_oldest_job_seconds{state="queued')
    ]
    assert 120 <= int(age) < 600


def test_a_server_that_was_told_to_stop_lives_and_is_not_ready(settings: Settings, seen: threading.Event) -> None:
    draining = threading.Event()
    with metrics.serving(settings, None, draining):
        assert seen.wait(60)
        assert [ask(settings, path)[0] for path in ("/livez", "/readyz")] == [200, 200]
        draining.set()
        assert [ask(settings, path)[0] for path in ("/livez", "/readyz")] == [200, 503]


def test_a_database_of_another_version_is_not_ready_and_told(settings: Settings, seen: threading.Event) -> None:
    (head,) = schema.heads()
    db.session.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    db.session.commit()
    try:
        assert "schema_other" in health.examine(settings).problems
        with metrics.serving(settings):
            assert seen.wait(60)
            assert ask(settings, "/readyz")[0] == 503
            assert 'louda_problem{problem="schema_other"} 1' in ask(settings, "/metrics")[1].splitlines()
    finally:  # PostgreSQL keeps the row for the next test
        db.session.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
        db.session.commit()


def test_liveness_is_answered_while_the_look_at_the_database_hangs(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang, begun = threading.Event(), threading.Event()

    def examine(*_of: object) -> health.Health:
        begun.set()
        hang.wait(60)
        raise SystemExit  # ends the thread

    monkeypatch.setattr(health, "examine", examine)
    with metrics.serving(settings):
        assert begun.wait(60)
        assert [ask(settings, path)[0] for path in ("/livez", "/readyz", "/metrics")] == [200, 503, 200]
        hang.set()
