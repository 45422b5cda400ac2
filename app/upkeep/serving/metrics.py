"""Liveness, readiness and figures on a port of their own, so that a monitor never stands in the queue of the pages.

/livez     200 while this process runs
/readyz    200 while pages can be served: the database answers and is at this program's version, and nobody has told the
           server to stop
/healthz   as on the site: 200 while nobody has to come
/metrics   figures as Prometheus reads them, those of all processes of this server added up
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.settings import Settings
from app.upkeep.serving.health import HealthWatch

FIGURES = {
    "worker_beat_s": ("louda_worker_beat_seconds", "Seconds since the worker's last beat"),
    "oldest_waiting_job_s": ("louda_oldest_waiting_job_seconds", "How long the oldest waiting job has waited"),
    "running_job_s": ("louda_running_job_seconds", "How long ago the oldest running job was asked for"),
    "newest_backup_s": ("louda_newest_backup_seconds", "Age of the newest backup"),
    "unsealed_s": ("louda_log_unsealed_seconds", "How long the oldest entry of the log has waited for its seal"),
    "disk_free_bytes": ("louda_disk_free_bytes", "Free space where the data are"),
}


def exposition(told: dict[str, Any], jobs: Mapping[str, tuple[int, int]] | None = None) -> str:
    """What was seen, in the text format of Prometheus; what has no value is left out. `jobs`: state → how many, and the
    age of the oldest in seconds."""
    rows = [("louda_ok", "Whether nobody has to come", int(told["ok"]))]
    if "database" in told:
        rows.append(("louda_database_up", "Whether the database answers", int(told["database"])))
        rows.append(("louda_schema_current", "Whether the database is at this program's version", int(told["schema"])))
    rows += [(name, text, told[key]) for key, (name, text) in FIGURES.items() if told.get(key) is not None]
    problems = [(f'{{problem="{name}"}}', 1) for name in told["problems"]]
    states = [(f'{{state="{state}"}}', found) for state, found in (jobs or {}).items()]
    return (
        "".join(_gauge(name, text, [("", value)]) for name, text, value in rows)
        + _gauge("louda_problem", "What is wrong, see /healthz", problems)
        + _gauge("louda_jobs", "Jobs by state", [(label, count) for label, (count, _age) in states])
        + _gauge("louda_oldest_job_seconds", "Age of the oldest job", [(label, age) for label, (_count, age) in states])
    )


def _gauge(name: str, text: str, samples: Sequence[tuple[str, float]]) -> str:
    if not samples:
        return ""
    values = "".join(f"{name}{label} {value}\n" for label, value in samples)
    return f"# HELP {name} {text}\n# TYPE {name} gauge\n{values}"


def counted(folder: Path | None) -> str:
    """What the processes that write into `folder` counted, added up; without one what this process did."""
    registry = REGISTRY
    if folder is not None:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return generate_latest(registry).decode()


@contextmanager
def serving(settings: Settings, folder: Path | None = None, draining: threading.Event | None = None) -> Iterator[None]:
    """Answer in a thread while the block runs; where no port is set or it is taken, the site goes on without.

    `folder`: where the processes count, None for this one alone. `draining`: set once no more requests shall come.
    """
    server = _server(settings, folder, draining or threading.Event())
    if server is None:
        yield
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _server(settings: Settings, folder: Path | None, draining: threading.Event) -> ThreadingHTTPServer | None:
    if not settings.metrics_port:
        return None
    watch = HealthWatch(settings, counts_jobs=True)
    try:
        server = ThreadingHTTPServer((settings.metrics_host, settings.metrics_port), _handler(watch, folder, draining))
    except OSError as error:
        where = f"{settings.metrics_host}:{settings.metrics_port}"
        print(f"监控端口 {where} 不可用 cannot be used: {error.strerror}", file=sys.stderr, flush=True)
        return None
    watch.start()
    server.daemon_threads = True
    return server


def _handler(watch: HealthWatch, folder: Path | None, draining: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, told = watch.latest()
            if self.path == "/livez":
                self._send(200, "application/json", '{"ok": true}')
            elif self.path == "/readyz":
                is_seen = bool(told.get("database") and told.get("schema")) and "not_seen" not in told["problems"]
                is_ready = is_seen and not draining.is_set()
                self._send(200 if is_ready else 503, "application/json", json.dumps({"ok": is_ready}))
            elif self.path == "/healthz":
                self._send(status, "application/json", json.dumps(told))
            elif self.path == "/metrics":
                self._send(200, "text/plain; version=0.0.4", exposition(told, watch.jobs) + counted(folder))
            else:
                self._send(404, "text/plain", "")

        def _send(self, status: int, kind: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """A monitor asks every few seconds; nobody wants to read of it."""

    return Handler
