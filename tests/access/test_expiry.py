"""What lets a phone or a browser in ends at its instant, whatever still carries it."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app.access.sessions import issue_token
from app.core import clock
from app.core.db import db
from tests.world import build


def test_a_phone_is_let_in_until_its_token_expires_and_not_a_second_longer(app: Flask) -> None:
    world = build()
    now = clock.now()
    token = issue_token(world.households[0].id, now + timedelta(hours=5))
    db.session.commit()
    phone = app.test_client()
    phone.set_cookie("household", token)
    for seconds, is_in in ((0, True), (5 * 3600 - 1, True), (5 * 3600, False), (5 * 3600 + 1, False)):
        with clock.frozen_at(now + timedelta(seconds=seconds)):
            answer = phone.get("/my")
            assert (answer.status_code == 302 and answer.location.startswith("/enter")) != is_in, seconds
