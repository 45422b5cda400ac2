"""Requests, counted and timed by the name of their endpoint: an address may hold a door code."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, g, request

from app.core.log import figures

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def watch_requests(app: Flask) -> None:
    """Count the requests of an application, and time them. Register it before anything else."""

    @app.before_request
    def begin() -> None:
        g.begun_at = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        method = request.method if request.method in METHODS else "other"
        figures.REQUESTS.labels(endpoint, method, str(response.status_code)).inc()
        begun: Any = g.get("begun_at")
        if begun is not None:
            figures.REQUEST_SECONDS.labels(endpoint).observe(time.perf_counter() - begun)
        return response
