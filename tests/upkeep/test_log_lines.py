"""The log says what happened and where, never what somebody wrote."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from app.settings import Settings, SettingsError
from app.upkeep.serving.log_lines import DiscreetFormatter, JsonFormatter, formatter_of

PHONE, NAME, REMARK, CODE = "13812345678", "欧阳金丝雀", "门口有一只金丝雀", "QYJS-7788"
CANARIES = (PHONE, NAME, REMARK, CODE)


@pytest.fixture(params=[DiscreetFormatter, JsonFormatter], ids=["text", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(request.param())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def test_no_word_that_somebody_sent_reaches_the_log(
    app: Flask, client: FlaskClient, lines: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_of: object, **_more: object) -> None:
        try:
            raise ValueError(REMARK)
        except ValueError as error:
            raise IntegrityError(f"INSERT {NAME}", {"phone": PHONE, "remark": REMARK}, error) from error

    client.post("/sign-in", data={"username": NAME, "password": PHONE})
    client.get(f"/{CODE}?q={PHONE}")
    client.get(f"/%00{CODE}")
    monkeypatch.setitem(app.view_functions, "access.sign_in", fails)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    assert client.get(f"/sign-in?next=/{PHONE}").status_code >= 400
    try:
        fails()
    except IntegrityError:
        logging.getLogger("gunicorn.error").exception("Error handling request /my/%s?remark=%s", CODE, REMARK)
        logging.getLogger("louda.keeper").exception("it was not kept")
    told = lines.getvalue()
    assert "refused before the application" in told
    assert "it was not kept" in told
    assert "IntegrityError" in told
    assert "test_log_lines.py" in told  # where
    assert [word for word in CANARIES if word in told or json.dumps(word)[1:-1] in told] == []


def test_each_line_is_an_object(lines: StringIO) -> None:
    logging.getLogger("louda.x").warning("two\nlines of %s", "words")
    if lines.getvalue().startswith("{"):
        (line,) = lines.getvalue().splitlines()
        assert json.loads(line)["message"] == "two\nlines of words"


def test_lines_are_discreet_in_production_and_objects_where_asked() -> None:
    settings = Settings.from_env({"LOUDA_ENV": "development"})
    assert formatter_of(settings) is None
    assert isinstance(formatter_of(replace(settings, env="production")), DiscreetFormatter)
    assert isinstance(formatter_of(Settings.from_env({"LOUDA_LOG_FORMAT": "json"})), JsonFormatter)
    with pytest.raises(SettingsError, match="LOUDA_LOG_FORMAT"):
        Settings.from_env({"LOUDA_LOG_FORMAT": "xml"})
