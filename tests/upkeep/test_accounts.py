"""The first administrator, and the way back in."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app.access.models import Account
from app.access.service import account_with
from app.core.db import db
from app.core.events import Event
from app.places.models import Subdistrict
from app.upkeep.accounts import account
from tests import messages
from tests.conftest import POSTGRES


@pytest.fixture
def louda(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def run(runner: FlaskCliRunner, *words: str) -> Result:
    return runner.invoke(account, list(words), obj=ScriptInfo(create_app=lambda: runner.app))


def password_in(result: Result) -> str:
    found = re.search(r"password: (\S+)", result.output)
    assert found, result.output
    return found[1]


def test_the_first_administrator_makes_the_subdistrict_and_must_change_the_password(louda: FlaskCliRunner) -> None:
    result = run(louda, "create", "Wang", "--name", "街道值班", "--subdistrict", "演示街道")
    assert result.exit_code == 0, result.output
    entered = account_with("wang", password_in(result))
    assert entered is not None
    assert entered.must_change_password
    assert [(grant.role, grant.subdistrict_id) for grant in entered.grants] == [
        ("subdistrict_admin", db.session.scalar(select(Subdistrict.id)))
    ]
    assert "create" in set(db.session.scalars(select(Event.verb)))


def test_without_a_subdistrict_its_name_is_asked_for_and_nothing_is_written(louda: FlaskCliRunner) -> None:
    result = run(louda, "create", "wang", "--name", "街道值班")
    assert (result.exit_code, "--subdistrict" in result.output) == (1, True)
    assert db.session.scalar(select(Account.id)) is None


@pytest.mark.parametrize("username", ["王", "1abc", "a b", "x" * 41, "wang'--"])
def test_a_user_name_that_cannot_be_typed_everywhere_is_refused(louda: FlaskCliRunner, username: str) -> None:
    result = run(louda, "create", username, "--name", "值班", "--subdistrict", "演示街道")
    assert result.exit_code == 1
    assert db.session.scalar(select(Account.id)) is None


def test_a_taken_user_name_is_refused(louda: FlaskCliRunner) -> None:
    run(louda, "create", "wang", "--name", "值班", "--subdistrict", "演示街道")
    result = run(louda, "create", "wang", "--name", "值班")
    assert (result.exit_code, "已有账号" in result.output) == (1, True)


def test_a_reset_password_replaces_the_old_one_and_ends_sessions(louda: FlaskCliRunner) -> None:
    first = password_in(run(louda, "create", "wang", "--name", "值班", "--subdistrict", "演示街道"))
    before = db.session.scalar(select(Account.session_epoch))
    second = password_in(run(louda, "reset", "wang"))
    db.session.expire_all()
    assert account_with("wang", first) is None
    assert account_with("wang", second) is not None
    assert db.session.scalar(select(Account.session_epoch)) != before


def test_a_disabled_account_cannot_sign_in_and_is_listed_as_such(louda: FlaskCliRunner) -> None:
    password = password_in(run(louda, "create", "wang", "--name", "值班", "--subdistrict", "演示街道"))
    assert run(louda, "disable", "wang").exit_code == 0
    db.session.expire_all()
    assert account_with("wang", password) is None
    assert "停用" in run(louda, "list").output


def test_an_unknown_account_is_a_sentence(louda: FlaskCliRunner) -> None:
    for words in (("reset", "nobody"), ("disable", "nobody")):
        result = run(louda, *words)
        assert (result.exit_code, messages.NO_ACCOUNT in result.output) == (1, True)


def test_before_there_is_a_database_the_command_says_what_makes_one(louda: FlaskCliRunner, tmp_path: Path) -> None:
    if POSTGRES:
        pytest.skip("a server's database is made by its administrator")
    before = louda.app.extensions["louda_settings"]
    louda.app.extensions["louda_settings"] = replace(before, database_url=f"sqlite:///{tmp_path / 'none.db'}")
    result = run(louda, "create", "wang", "--name", "街道值班", "--subdistrict", "演示街道")
    assert (result.exit_code, "louda migrate" in result.output) == (1, True)
    assert not (tmp_path / "none.db").exists()
