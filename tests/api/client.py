"""A program with a token of an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.access.models import Account
from app.access.sessions import token_digest
from app.access.tokens.models import ApiToken, TokenScope
from app.access.tokens.service import new_secret
from app.core import clock
from app.core.db import db
from app.core.idempotency import new_key

EVERY_SCOPE = tuple(scope.value for scope in TokenScope)


def token_of(account_id: int, epoch: int, scopes: tuple[str, ...] = EVERY_SCOPE, grant_id: int | None = None) -> str:
    """A fresh token, stored as the page stores it."""
    secret = new_secret()
    row = ApiToken(account_id=account_id, name="x", token_sha256=token_digest(secret), scopes=list(scopes))
    row.grant_id, row.session_epoch, row.expires_at = grant_id, epoch, clock.now() + timedelta(days=1)
    row.used_at = clock.now() + timedelta(hours=6)  # nothing to note of its use while a test lasts
    db.session.add(row)
    db.session.commit()
    return secret


class Program:
    """Asks the API with one token."""

    def __init__(self, app: Flask, secret: str) -> None:
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, **query: Any) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers, query_string=query)

    def post(self, path: str, body: Any = None, key: str | None = None, **headers: str) -> TestResponse:
        own = {**self.headers, "Idempotency-Key": key or new_key(), **headers}
        return self.client.post(f"/api/v1{path}", json={} if body is None else body, headers=own)


def program(
    app: Flask, account: Account, scopes: tuple[str, ...] = EVERY_SCOPE, grant_id: int | None = None
) -> Program:
    return Program(app, token_of(account.id, account.session_epoch, scopes, grant_id))
