"""What every response tells the browser (OWASP ASVS 5.0 V3.4)."""

from __future__ import annotations

from flask import Flask, Response, request

from app.access.compression import packed
from app.settings import Settings

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def register_headers(app: Flask, settings: Settings) -> None:
    """Content-Security-Policy without inline script, no framing, no sniffing, no referrer, no caching of pages."""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["X-Frame-Options"] = "DENY"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
        if settings.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint not in ("assets.file", "static"):
            headers.setdefault("Cache-Control", "no-store")
        return packed(response)
