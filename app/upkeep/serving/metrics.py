"""Liveness, readiness and figures on a port of their own, so that a monitor never stands in the queue of the pages.

/livez     200 while this process runs
/readyz    200 while the database answers: pages can be served
/healthz   as on the site: 200 while nobody has to come
/metrics   figures as Prometheus reads them
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from app.settings import Settings
from app.upkeep.serving.health import HealthWatch

FIGURES = {
    "worker_beat_s": ("louda_worker_beat_seconds", "Seconds since the worker's last beat"),
    "oldest_waiting_job_s": ("louda_oldest_waiting_job_seconds", "How long the oldest waiting job has waited"),
    "running_job_s": ("louda_running_job_seconds", "How long ago the oldest running job was asked for"),
    "newest_backup_s": ("louda_newest_backup_seconds", "Age of the newest backup"),
    "disk_free_bytes": ("louda_disk_free_bytes", "Free space where the data are"),
}


def exposition(told: dict[str, Any]) -> str:
    """What was seen, in the text format of Prometheus; what has no value is left out."""
    rows = [("louda_ok", "Whether nobody has to come", int(told["ok"]))]
    if "database" in told:
        rows.append(("louda_database_up", "Whether the database answers", int(told["database"])))
    rows += [(name, text, told[key]) for key, (name, text) in FIGURES.items() if told.get(key) is not None]
    return "".join(f"# HELP {name} {text}\n# TYPE {name} gauge\n{name} {value}\n" for name, text, value in rows)


@contextmanager
def serving(settings: Settings) -> Iterator[None]:
    """Answer in a thread while the block runs; where no port is set or it is taken, the site goes on without."""
    server = _server(settings)
    if server is None:
        yield
        return
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _server(settings: Settings) -> ThreadingHTTPServer | None:
    if not settings.metrics_port:
        return None
    watch = HealthWatch(settings)
    try:
        server = ThreadingHTTPServer((settings.metrics_host, settings.metrics_port), _handler(watch))
    except OSError as error:
        where = f"{settings.metrics_host}:{settings.metrics_port}"
        print(f"监控端口 {where} 不可用 cannot be used: {error.strerror}", file=sys.stderr, flush=True)
        return None
    watch.start()
    server.daemon_threads = True
    return server


def _handler(watch: HealthWatch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, told = watch.latest()
            if self.path == "/livez":
                self._send(200, "application/json", '{"ok": true}')
            elif self.path == "/readyz":
                is_ready = bool(told.get("database")) and "not_seen" not in told["problems"]
                self._send(200 if is_ready else 503, "application/json", json.dumps({"ok": is_ready}))
            elif self.path == "/healthz":
                self._send(status, "application/json", json.dumps(told))
            elif self.path == "/metrics":
                self._send(200, "text/plain; version=0.0.4", exposition(told))
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
