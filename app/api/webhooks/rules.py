"""How a message is signed, and when it is tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

AFTER = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds to wait after the first, second, … attempt that failed, as Standard Webhooks advises; then it is given up."""


def next_attempt(failed: int) -> timedelta | None:
    """How long to wait after so many attempts that failed; None: not at all any more.

    1 → 5 s · 2 → 5 min · 9 → 1 day · 10 → None
    """
    return timedelta(seconds=AFTER[failed - 1]) if failed <= len(AFTER) else None


def secret_of(installation_key: str, salt: str) -> bytes:
    """The secret of a webhook: 256 bits that only the installation and the receiver can make or know."""
    return hmac.new(installation_key.encode(), f"webhook:{salt}".encode(), hashlib.sha256).digest()


def shown_secret(secret: bytes) -> str:
    """The secret as receivers are given it (Standard Webhooks: `whsec_` and base64)."""
    return "whsec_" + base64.b64encode(secret).decode()


def signature(secret: bytes, message_id: str, timestamp: int, body: str) -> str:
    """The header `webhook-signature` of a message (Standard Webhooks 1.0.0, symmetric): `v1,` and base64 of
    HMAC-SHA256 over "id.timestamp.body"."""
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
