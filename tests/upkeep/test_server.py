"""Web server and worker together: announced when ready, kept running, stopped as one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core import clock
from app.settings import ROOT, Settings
from app.upkeep.serving import server
from app.upkeep.serving.health import BEAT_FILE

# A stand-in for the pages and one for the worker, so that what is tested is the keeping and not the kept.
STAND_IN = """
import sys
from app.settings import Settings
from app.upkeep.serving import server
from app.upkeep.setup.secrets import prepare_private_folders
settings = Settings.from_env()
prepare_private_folders(settings)
server.web_command = lambda settings: [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(settings.port)]
server.work_command = lambda: ["sh", "-c", "echo $$ >> " + sys.argv[1] + "; exec sleep " + sys.argv[2]]
server.RESTART_AFTER_S = 0
server.is_backup_due = lambda settings: False
sys.exit(server.serve(settings, lambda address: print("ready", address, flush=True)))
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def workers(tmp_path: Path) -> Path:
    """The file in which each stand-in worker notes its process id."""
    return tmp_path / "workers"


def start(tmp_path: Path, port: int, workers: Path, lives_s: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1", "LOUDA_DATA_DIR": str(tmp_path / "var")}
    environment["LOUDA_ENV"] = "testing"
    command = [sys.executable, "-c", STAND_IN, str(workers), str(lives_s)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


@pytest.fixture
def running(tmp_path: Path, port: int, workers: Path) -> Iterator[subprocess.Popen[str]]:
    process = start(tmp_path, port, workers, lives_s=600)
    yield process
    process.kill()
    process.wait()


def announcement(process: subprocess.Popen[str]) -> str:
    """The line that says where the pages are; the stand-in for the pages prints lines of its own."""
    assert process.stdout is not None
    return next(line for line in process.stdout if line.startswith("ready"))


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def first_worker(workers: Path) -> int:
    """The process id of the first stand-in worker, once it has noted it."""
    assert wait_for(lambda: workers.exists() and workers.read_text().endswith("\n"))
    return int(workers.read_text().split()[0])


def wait_for(condition: object, seconds: float = 10) -> bool:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_web_and_worker_with_status_0(
    running: subprocess.Popen[str], port: int, workers: Path, number: signal.Signals, tmp_path: Path
) -> None:
    assert announcement(running) == f"ready http://localhost:{port}\n"
    worker = first_worker(workers)
    assert (tmp_path / "var" / BEAT_FILE).exists()  # from now on a worker is missed
    running.send_signal(number)
    assert running.wait(timeout=20) == 0
    assert not is_alive(worker)


def test_a_killed_parent_leaves_no_orphan_behind(running: subprocess.Popen[str], workers: Path) -> None:
    announcement(running)
    worker = first_worker(workers)
    running.kill()
    assert wait_for(lambda: not is_alive(worker))


def test_a_worker_that_ends_is_started_again(tmp_path: Path, port: int, workers: Path) -> None:
    process = start(tmp_path, port, workers, lives_s=0)
    try:
        announcement(process)
        assert wait_for(lambda: workers.exists() and len(workers.read_text().split()) >= 3)
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0


def test_a_taken_port_is_refused_with_the_way_out(port: int) -> None:
    settings = replace(Settings.from_env({"LOUDA_ENV": "testing"}), port=port)
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        with pytest.raises(server.ServerError, match=f"{port}.*PORT="):
            server.serve(settings, print)


def test_files_written_by_the_web_server_are_private() -> None:
    command = server.web_command(Settings.from_env({"HOST": "::1", "PORT": "9000"}))
    assert command[command.index("--umask") + 1] == "0o077"
    assert command[command.index("--bind") + 1] == "[::1]:9000"


def test_a_server_for_the_whole_network_trusts_and_prints_its_own_address(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOUDA_TRUSTED_HOSTS", "LOUDA_PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(server, "own_address", lambda: "192.168.1.20")
    around = server.child_environment(Settings.from_env({"HOST": "0.0.0.0", "PORT": "8100"}))
    assert around["LOUDA_PUBLIC_URL"] == "http://192.168.1.20:8100"
    assert {"localhost", "192.168.1.20"} <= set(around["LOUDA_TRUSTED_HOSTS"].split(","))


def test_production_trusts_only_what_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOUDA_TRUSTED_HOSTS", raising=False)
    settings = Settings.from_env({"HOST": "0.0.0.0", "LOUDA_ENV": "production", "LOUDA_PUBLIC_URL": "https://l.cn"})
    assert "LOUDA_TRUSTED_HOSTS" not in server.child_environment(settings)


def test_a_backup_is_due_every_quarter_of_an_hour(tmp_path: Path) -> None:
    settings = Settings.from_env({"LOUDA_DATA_DIR": str(tmp_path)})
    assert server.is_backup_due(settings)
    (settings.backups_dir / "20220412T040000Z").mkdir(parents=True)
    noon = datetime(2022, 4, 12, 4, tzinfo=UTC)
    with clock.frozen_at(noon + timedelta(minutes=14)):
        assert not server.is_backup_due(settings)
    with clock.frozen_at(noon + timedelta(minutes=15)):
        assert server.is_backup_due(settings)
