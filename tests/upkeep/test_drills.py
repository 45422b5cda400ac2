"""Each drill of the table can be called, and a short one of each kind holds."""

from __future__ import annotations

import random

import click
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.jobs import Job, JobState
from app.upkeep.drills.commands import DRILLS, drill
from app.upkeep.drills.kills import Killer
from tests.conftest import POSTGRES
from tests.core.test_jobs import before_packing


def test_each_drill_of_the_table_is_a_command() -> None:
    shown = CliRunner().invoke(drill, ["--help"]).output
    for name, entry in DRILLS.items():
        assert name in shown
        assert entry.en[:20] in shown
        with click.Context(drill) as context:
            assert isinstance(drill.get_command(context, name), click.Command)


def test_a_job_that_is_really_killed_twice_tells_the_truth_at_its_third_attempt(app: Flask) -> None:
    if POSTGRES:
        return  # the children share no connection there either, but the server outlives what they held
    job_id = before_packing()
    killer = Killer(random.Random(3), 2)
    assert killer.drain() == 1
    job = db.session.get_one(Job, job_id)
    assert (job.state, job.error, job.result["bags"]) == (JobState.SUCCEEDED, "", 4)
    assert killer.killed >= 1
    assert db.session.scalars(select(Job.state).where(Job.id != job_id)).all() == []
