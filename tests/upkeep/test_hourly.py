"""The worker asks by itself, once an hour."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.jobs import Job
from app.upkeep.serving.hourly import Hourly


def test_the_hours_jobs_are_asked_for_once(app: Flask) -> None:
    hourly = Hourly()
    assert hourly.ask_if_due()
    assert not hourly.ask_if_due()
    assert sorted(db.session.scalars(select(Job.kind))) == ["confirm_overdue", "purge", "reconcile"]
