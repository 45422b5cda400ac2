"""gunicorn's worker with threads, changed in one thing: a request takes a thread only when its head is complete.

A phone on the edge of its network sends half a request and falls silent; sixteen of them held all threads. Heads are
now waited for in the loop that accepts connections, which also answers /healthz by itself: a monitor hears how the
installation is while every thread waits for the database.

A connection on which nothing comes (opened by a browser in advance, or of a phone that is gone) has the same time: a
worker that kept them would one day hold as many as it may, and accept nobody any more.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from app.core.database.turns import writers
from app.settings import Settings
from app.upkeep.serving.health import HealthWatch

HEAD_AT_MOST = 65_536
HEAD_WITHIN_S = 30.0
LOOK_AGAIN_S = 0.05
FOR_READERS = 2  # threads that no order may take while it waits for its turn
STOP_WITHIN_S = 2.0  # what a stopping worker still waits for a head that may be under way
HEALTH = (b"GET /healthz ", b"HEAD /healthz ")


class HeadFirstWorker(ThreadWorker):  # type: ignore[misc]
    """See the module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slow: list[tuple[float, TConn]] = []
        """Connections with an incomplete head, and until when they may complete it."""
        self.waiting: dict[TConn, float] = {}
        """Connections in the poller, from which nothing has come since they were last looked at, and until when."""
        self._stop_at: float | None = None
        self._next_look = 0.0
        self.health: HealthWatch | None = None

    def init_process(self) -> None:
        """In the forked process: begin to look at the installation, then work."""
        self.health = HealthWatch(Settings.from_env())
        self.health.start()
        writers.most = max(1, self.cfg.threads - FOR_READERS)
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Take a connection: it is given a thread once its head is there."""
        if conn.initialized and conn.parser is not None and conn.parser.unreader.buf.getvalue():
            super().enqueue_req(conn)  # a part of the next request has been read already
            return
        conn.sock.setblocking(False)
        self._wait_for_head(time.monotonic() + HEAD_WITHIN_S, conn)

    def _wait_for_head(self, until: float, conn: TConn) -> None:
        self.waiting[conn] = until
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_head, until, conn))

    def _on_head(self, until: float, conn: TConn, _socket: socket.socket) -> None:
        """Something came: look at it without taking it out of the connection."""
        self._stop_waiting(conn)
        try:
            head = conn.sock.recv(HEAD_AT_MOST, socket.MSG_PEEK)
        except BlockingIOError:
            self._wait_for_head(until, conn)
            return
        except OSError:
            self._drop(conn)
            return
        if head.startswith(HEALTH):
            self._answer_health(conn, head)
        elif not head or b"\r\n\r\n" in head or len(head) >= HEAD_AT_MOST:
            conn.data_ready = True
            super().enqueue_req(conn)
        else:
            self.slow.append((until, conn))  # what came stays readable, so that the poller would come back at once

    def _stop_waiting(self, conn: TConn) -> None:
        del self.waiting[conn]
        self.poller.unregister(conn.sock)

    def _answer_health(self, conn: TConn, head: bytes) -> None:
        """Answer and close; nothing here waits for anybody."""
        assert self.health is not None
        status, told = self.health.latest()
        body = json.dumps(told).encode()
        lines = (
            f"HTTP/1.1 {status} {'OK' if status == 200 else 'Service Unavailable'}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
            "Connection: close",
        )
        with suppress(OSError):
            conn.sock.recv(HEAD_AT_MOST)
            conn.sock.send("\r\n".join(lines).encode() + b"\r\n\r\n" + (b"" if head.startswith(b"HEAD") else body))
        self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Also look again at connections whose head was incomplete, and drop those whose time is over."""
        now = time.monotonic()
        if self.slow and now >= self._next_look:
            self._next_look = now + LOOK_AGAIN_S
            waiting, self.slow = self.slow, []
            for until, conn in waiting:
                if now >= until or not self.alive:
                    self._drop(conn)
                else:
                    self._wait_for_head(until, conn)
        self._drop_overdue(now)
        super().wait_for_and_dispatch_events(min(timeout, LOOK_AGAIN_S) if self.slow else timeout)

    def _drop_overdue(self, now: float) -> None:
        """Called at least once a second, by the loop around it."""
        if not self.alive and self._stop_at is None:
            self._stop_at = now + STOP_WITHIN_S
        latest = self._stop_at if self._stop_at is not None else float("inf")
        for conn in [conn for conn, until in self.waiting.items() if now >= min(until, latest)]:
            self._stop_waiting(conn)
            self._drop(conn)
