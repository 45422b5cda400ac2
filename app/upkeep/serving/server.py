"""Web server and worker side by side: starts both, keeps both, backs up every 15 minutes, stops both on a signal."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

from app.core import clock
from app.settings import ANYWHERE, ROOT, Settings
from app.upkeep.backups import backup, retention
from app.upkeep.serving import health, metrics

WEB_PROCESSES = 2
THREADS = 8
READY_WITHIN_S = 60
STOP_WITHIN_S = 20
RESTART_AFTER_S = 2  # a child that fails at once must not be started as fast as the machine can
FIGURES_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for it
BACKUP_EVERY = timedelta(minutes=15)


class ServerError(Exception):
    """The server cannot start; the message says why."""


@dataclass(slots=True)
class Child:
    """One process that is kept running. `is_vital`: when it ends, everything ends."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    is_vital: bool
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        """Start it in a session of its own (Ctrl-C reaches only us) and have it end if we are killed."""
        command = [*_ends_with_us(), *self.command]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


def serve(settings: Settings, when_ready: Callable[[str], None], *, has_worker: bool = True) -> int:
    """Run until SIGINT or SIGTERM; calls `when_ready(address)` once pages are answered. Returns the exit status.

    Without a worker also without backups: on many machines both are processes of their own. Told to stop, it says "not
    ready" for as long as the settings say, so that whoever stands in front sends no more requests. Raises ServerError
    if the port is taken.
    """
    refuse_taken_port(settings)
    environment = child_environment(settings)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _setter(stop))
    with (
        tempfile.TemporaryDirectory(prefix="louda-figures-", ignore_cleanup_errors=True) as folder,
        backup.serving(settings),
        metrics.serving(settings, Path(folder), stop),
    ):
        environment |= {FIGURES_FOLDER: folder, "LOUDA_METRICS_PORT": "0"}
        children = [Child("web", web_command(settings), environment, is_vital=True)]
        try:
            children[0].start()
            if _wait_until_ready(settings, children[0], stop):
                when_ready(environment["LOUDA_PUBLIC_URL"])
            if has_worker:
                health.expect_worker(settings)
                children.append(Child("work", work_command(), environment, is_vital=False))
                children[1].start()  # second, so that loading it does not delay the first page
            status = _keep(children, stop, BackupTimer(settings) if has_worker else None)
            if status == 0 and settings.drain_s:
                time.sleep(settings.drain_s)
            return status
        finally:
            _end(children)


def web_command(settings: Settings) -> list[str]:
    """gunicorn with threads, of our own kind (see `web_worker`). The application is loaded once and forked (it connects
    to the database only on demand); files it makes are private; its control socket is off, nothing here uses it."""
    options = {
        "--bind": _bind_address(settings),
        "--worker-class": "app.upkeep.serving.web_worker.HeadFirstWorker",
        "--workers": str(WEB_PROCESSES),
        "--threads": str(THREADS),
        "--timeout": "60",
        "--graceful-timeout": str(STOP_WITHIN_S - 5),
        "--umask": "0o077",
        "--log-level": "warning",
        "--logger-class": "app.upkeep.serving.log_lines.ServerLogger",
    }
    words = [word for pair in options.items() for word in pair]
    return [sys.executable, "-m", "gunicorn", "--preload", "--no-control-socket", *words, "wsgi:app"]


def work_command() -> list[str]:
    """The worker: this very command line."""
    return [sys.executable, "-m", "app.cli", "work"]


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of the children: ours, and when a development server listens everywhere, the names by which the
    phones of the same network reach it, so that QR codes lead somewhere."""
    environment = {**os.environ, "LOUDA_PUBLIC_URL": settings.public_url}
    if settings.host in ANYWHERE and not settings.is_production:
        own = own_address()
        names = dict.fromkeys([*settings.trusted_hosts, own, socket.gethostname()])
        environment.setdefault("LOUDA_TRUSTED_HOSTS", ",".join(names))
        if "LOUDA_PUBLIC_URL" not in os.environ:
            environment["LOUDA_PUBLIC_URL"] = f"http://{own}:{settings.port}"
    return environment


def own_address() -> str:
    """The address of this machine on its network; connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def _keep(children: Sequence[Child], stop: threading.Event, timer: BackupTimer | None) -> int:
    """Watch until told to stop (0) or the web server ends by itself (1)."""
    copying: subprocess.Popen[bytes] | None = None
    look_again = time.monotonic() + 60
    while not stop.wait(0.5):
        for child in filter(Child.has_ended, children):
            print(f"{child.name} 已退出 has ended", file=sys.stderr, flush=True)
            if child.is_vital:
                return 1
            if not stop.wait(RESTART_AFTER_S):
                child.start()
        if time.monotonic() >= look_again:
            look_again = time.monotonic() + 60
            if timer is not None and (copying is None or copying.poll() is not None) and timer.is_due():
                command = ["nice", "-n", "10", sys.executable, "-m", "app.cli", "backup", "--quiet"]
                copying = subprocess.Popen([*_ends_with_us(), *command], cwd=ROOT)
    return 0


def is_backup_due(settings: Settings) -> bool:
    """At a start: whether the newest backup is 15 minutes old, or there is none. One from the future is none."""
    newest = retention.newest(settings.backups_dir)
    taken_at = retention.taken_at(newest) if newest is not None else None
    return taken_at is None or not -retention.AHEAD <= clock.now() - taken_at < BACKUP_EVERY


class BackupTimer:
    """When a backup is due: by the newest name once, at the start, then by time that nobody can set."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next: float | None = None

    def is_due(self) -> bool:
        """Whether to begin one now; a due one counts as begun."""
        now = time.monotonic()
        is_due = is_backup_due(self._settings) if self._next is None else now >= self._next
        if is_due or self._next is None:
            self._next = now + BACKUP_EVERY.total_seconds()
        return is_due


def _wait_until_ready(settings: Settings, web: Child, stop: threading.Event) -> bool:
    """Ask for a page until one is answered. False if the server ended, or we are to stop, or it takes too long."""
    host = "127.0.0.1" if settings.host in ANYWHERE else settings.host
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and not web.has_ended() and not stop.wait(0.05):
        connection = HTTPConnection(host, settings.port, timeout=READY_WITHIN_S)
        with suppress(OSError, HTTPException):
            connection.request("GET", "/healthz")
            connection.getresponse()
            return True
        connection.close()
    return False


def _end(children: Sequence[Child]) -> None:
    """Ask all to end, wait, and kill what is still there; a job cut short is taken up again after the next start."""
    running = [child.process for child in children if child.process is not None and child.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + STOP_WITHIN_S
    for process in running:
        try:
            process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()


def refuse_taken_port(settings: Settings) -> None:
    """Raises ServerError, with the way out, if the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise ServerError(
                f"不能使用 {settings.host}:{settings.port}（{error.strerror}）。可换一个端口：PORT=8001 ./louda run\n"
                f"{settings.host}:{settings.port} cannot be used. Try another port: PORT=8001 ./louda run"
            ) from error


def _bind_address(settings: Settings) -> str:
    return f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"


def _setter(stop: threading.Event) -> Callable[[int, FrameType | None], None]:
    return lambda _number, _frame: stop.set()


def _ends_with_us() -> tuple[str, ...]:
    """Words before a command by which Linux sends it SIGTERM when we are killed, so that no orphan keeps the port."""
    return ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
