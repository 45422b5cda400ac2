"""An installation set up in any order ends with one subdistrict that has its official code and its name."""

from __future__ import annotations

import io
from itertools import permutations
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import select

from app.access.models import Account
from app.core.db import db
from app.places.imports.cli import COMMANDS
from app.places.models import Community, ServicePoint, Subdistrict
from app.upkeep.accounts import account
from tests import messages
from tests.world import post, sign_in_as

CODE = "330102011"
COMMUNITIES = "社区代码,社区,街道代码,街道\n001,一社区,330102011,大石桥街道\n002,二社区,330102011,大石桥街道\n"
POINTS = "点位,社区\n南门,一社区\n"


def run(app: Flask, *words: str) -> Result:
    command = account if words[0] == "account" else next(one for one in COMMANDS if one.name == words[0])
    return app.test_cli_runner().invoke(command, list(words[1:]), obj=ScriptInfo(create_app=lambda: app))


def places() -> list[tuple[str, str]]:
    db.session.expire_all()
    return [(row.code, row.name) for row in db.session.scalars(select(Subdistrict).order_by(Subdistrict.id))]


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, str]:
    found = {"communities": COMMUNITIES, "points": POINTS, "codes": COMMUNITIES.replace("大石桥街道", "")}
    for name, text in found.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return {name: str(tmp_path / f"{name}.csv") for name in found}


@pytest.mark.parametrize("order", list(permutations(("account", "communities", "points"))))
def test_accounts_and_imports_in_any_order_end_with_one_subdistrict(
    app: Flask, tables: dict[str, str], order: tuple[str, ...]
) -> None:
    for _again in range(2):  # points before communities are refused, and come in at the second try
        for step in order:
            if step == "account":
                run(app, "account", "create", "wang", "--name", "值班", "--subdistrict", "大石桥街道")
            else:
                run(app, step, tables[step])
    assert places() == [(CODE, "大石桥街道")]
    assert db.session.scalars(select(Community.code).order_by(Community.code)).all() == ["001", "002"]
    assert db.session.scalars(select(ServicePoint.name)).all() == ["南门"]
    assert db.session.scalars(select(Account.username)).all() == ["wang"]


@pytest.mark.parametrize("named", ["大石桥街道办事处", "上城区大石桥街道", CODE, "大石桥街道"])
def test_what_the_first_account_called_it_is_recognised(app: Flask, tables: dict[str, str], named: str) -> None:
    run(app, "account", "create", "wang", "--name", "值班", "--subdistrict", named)
    done = run(app, "communities", tables["communities"])
    assert done.exit_code == 0, done.output
    assert [code for code, _name in places()] == [CODE]


def test_a_name_that_arrives_after_the_code_is_taken_over(app: Flask, tables: dict[str, str]) -> None:
    run(app, "communities", tables["codes"])
    done = run(app, "account", "create", "wang", "--name", "值班", "--subdistrict", "大石桥街道")
    assert done.exit_code == 0, done.output
    assert places() == [(CODE, "大石桥街道")]


def test_a_table_of_another_subdistrict_is_asked_about_and_makes_no_second_one(
    app: Flask, tables: dict[str, str]
) -> None:
    run(app, "account", "create", "wang", "--name", "值班", "--subdistrict", "小营街道")
    refused = run(app, "communities", tables["communities"])
    assert (refused.exit_code, "--subdistrict" in refused.output) == (1, True)
    assert places() == [("小营街道", "小营街道")]
    taken = run(app, "communities", tables["communities"], "--subdistrict", "小营街道")
    assert taken.exit_code == 0, taken.output
    assert places() == [(CODE, "小营街道")]


@pytest.mark.parametrize(("named", "said", "code"), [("大石桥街道", 303, CODE), ("小营街道", 422, "小营街道")])
def test_the_web_page_says_the_same_as_the_command_line(app: Flask, named: str, said: int, code: str) -> None:
    run(app, "account", "create", "wang", "--name", "值班", "--subdistrict", named)
    client = sign_in_as(app, db.session.scalars(select(Account)).one())
    shown = client.get("/places/import/").get_data(as_text=True)
    token = shown.split('name="csrf_token" value="')[1].split('"')[0]
    key = shown.split('name="_key" value="')[1].split('"')[0]
    file = (io.BytesIO(COMMUNITIES.encode()), "communities.csv")
    seen = client.post("/places/import/preview", data={"csrf_token": token, "_key": key, "file": file, "suffix": "幢"})
    text = seen.get_data(as_text=True)
    if said == 422:
        assert messages.OTHER_SUBDISTRICT in text
        assert places() == [(code, named)]
        return
    assert "330102011" in text
    upload = text.split('name="upload" value="')[1].split('"')[0]
    done = post(client, "/places/import/", "/places/import/commit", {"kind": "communities", "upload": upload})
    assert done.status_code == said
    assert places() == [(code, named)]
