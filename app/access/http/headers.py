"""What every response tells the browser (OWASP ASVS 5.0 V3.4)."""

from __future__ import annotations

from flask import Flask, Response, request

from app.access.http.compression import compress_response
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


def headers_of(settings: Settings) -> dict[str, str]:
    """Content-Security-Policy without inline script, no framing, no sniffing, no referrer, no caching."""
    said = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
        "Cache-Control": "no-store",
    }
    if settings.is_secure:
        said["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return said


def register_headers(app: Flask, settings: Settings) -> None:
    """Put them on every answer. Only files of the program itself may be kept: all else may tell of a person."""

    @app.after_request
    def add(response: Response) -> Response:
        is_asset = request.endpoint in ("assets.file", "static")
        for name, value in headers_of(settings).items():
            if name != "Cache-Control" or not is_asset:
                response.headers[name] = value
        return compress_response(response)
