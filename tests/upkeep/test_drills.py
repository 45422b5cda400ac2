"""Each drill of the table can be called, and a short one of each kind holds."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import click
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.jobs import Job, JobState
from tests.conftest import POSTGRES
from tests.core.test_jobs import before_packing
from tests.drills.commands import DRILLS, drill
from tests.drills.kills import Killer
from tests.source_tree import ROOT


def test_each_drill_of_the_table_is_a_command() -> None:
    shown = CliRunner().invoke(drill, ["--help"]).output
    for name, entry in DRILLS.items():
        assert name in shown
        assert entry.en[:20] in shown
        with click.Context(drill) as context:
            assert isinstance(drill.get_command(context, name), click.Command)


def test_without_the_folder_of_tests_a_drill_says_that_it_needs_a_checkout(tmp_path: Path) -> None:
    (tmp_path / "app").symlink_to(ROOT / "app")
    call = [sys.executable, "-m", "app.cli", "drill", "kills"]
    asked = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stdout) == (1, "")
    assert "Drills need a checkout" in asked.stderr
    assert "Traceback" not in asked.stderr


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
