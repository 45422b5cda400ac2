"""Requests that no page of ours makes: each gets a plain page with every header and leaves one line in the log."""

from __future__ import annotations

import io
import logging
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.core.db import db
from app.factory import create_app
from app.settings import ROOT
from app.upkeep.serving.server import web_command
from tests.conftest import settings_for
from tests.security.test_every_endpoint import HEADERS
from tests.world import build, sign_in

CONTROLS = ("%0d%0ax", "%0A", "%00", "%1b", "%7f", "%C2%85", "%E2%80%A8")


@pytest.fixture(scope="module")
def guarded(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An installation as in production: it answers to one name, by https."""
    held = settings_for(tmp_path_factory.mktemp("guarded"), f"sqlite:///{template_database}")
    return create_app(replace(held, trusted_hosts=("louda.example.cn",), public_url="https://louda.example.cn"))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert all(record.exc_info is None for record in found)
    return [record.getMessage() for record in found]


def is_plain_refusal(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    text = answer.get_data(as_text=True)
    assert "Traceback" not in text
    assert "werkzeug" not in text.lower()
    for name, value in HEADERS.items():
        assert answer.headers.get(name) == value, name
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


HOSTS = ("evil.example", "louda.example.cn.evil.example", "a b", "x\ty", "", "louda.example.cn@x")


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/enter?lang=en", "/healthz"])
def test_a_foreign_host_name_is_refused_plainly(
    guarded: Flask, caplog: pytest.LogCaptureFixture, host: str, path: str
) -> None:
    answer = guarded.test_client().get(path, headers={"Host": host}, base_url="https://louda.example.cn")
    is_plain_refusal(answer, 400)
    assert "evil" not in answer.get_data(as_text=True)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert len(lines(caplog)) == 1


def test_the_own_host_name_is_answered(guarded: Flask) -> None:
    assert guarded.test_client().get("/sign-in", base_url="https://louda.example.cn").status_code == 200


@pytest.mark.parametrize("where", ["/enter/{}?lang=en", "/{}", "/enter?code={}", "/sign-in?next=/{}&lang=en", "/?{}=1"])
def test_control_characters_in_an_address_are_refused_plainly(
    app: Flask, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    for control in CONTROLS:
        caplog.clear()
        is_plain_refusal(app.test_client().get(where.format(control)), 400)
        assert len(lines(caplog)) == 1, control
        assert "\n" not in lines(caplog)[0]


@pytest.mark.parametrize("cookie", ['theme="a\\015\\012b"', 'household="\\000"', 'lang="\\033[1m"', "type=a\x01b"])
def test_control_characters_in_a_cookie_are_refused_plainly(
    app: Flask, caplog: pytest.LogCaptureFixture, cookie: str
) -> None:
    is_plain_refusal(app.test_client(use_cookies=False).get("/sign-in", headers={"Cookie": cookie}), 400)
    assert len(lines(caplog)) == 1


def test_a_tab_in_a_search_is_no_attack(app: Flask) -> None:
    world = build()
    db.session.commit()
    assert sign_in(app, world, "admin").get("/places/?q=2%E5%8F%B7%E6%A5%BC%09302").status_code == 200


def test_a_body_that_is_too_large_is_answered_with_a_page(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    world = build()
    db.session.commit()
    browser = sign_in(app, world, "admin")
    answer = browser.post("/places/import/rooms", data={"file": (io.BytesIO(b"x" * 7_000_000), "x.csv")})
    is_plain_refusal(answer, 413)
    assert "5 MB" in answer.get_data(as_text=True)
    assert len(lines(caplog)) == 1


# --- through the server that runs in production -----------------------------------------------------------------------
@pytest.fixture(scope="module")
def port(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """gunicorn as `./louda run` starts it, on a database of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    folder = tmp_path_factory.mktemp("server")
    held = replace(settings_for(folder, f"sqlite:///{folder / 'louda.db'}"), port=number)
    (folder / "louda.db").write_bytes(template_database.read_bytes())
    environment = {
        "LOUDA_ENV": "testing",
        "LOUDA_SECRET_KEY": held.secret_key,
        "LOUDA_DATA_DIR": str(folder),
        "LOUDA_DATABASE_URL": held.database_url,
        "PATH": "/usr/bin:/bin",
        "PYTHONUTF8": "1",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(web_command(held), cwd=ROOT, env=environment, stderr=log, stdout=log)
        try:
            for _try in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", number)) == 0:
                        break
                time.sleep(0.1)
            yield number
        finally:
            process.terminate()
            process.wait(timeout=30)


def spoken(port: int, sent: bytes) -> bytes:
    """Everything the server says to these bytes, sent whole before a byte is read, as a browser does."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(sent)
        said = b""
        while part := line.recv(65536):
            said += part
        return said


def head(port: int, first: str, **more: str) -> bytes:
    headers = {"Host": f"127.0.0.1:{port}", "Connection": "close", **more}
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


@pytest.mark.parametrize("path", ["/sign-in", "/orders/import", "/nowhere"])
def test_the_real_server_answers_seven_megabytes_with_the_page_and_no_reset(port: int, path: str) -> None:
    body = b"username=" + b"x" * 7_000_000
    first = head(
        port,
        f"POST {path} HTTP/1.1",
        **{"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))},
    )
    said = spoken(port, first + body)
    assert said.startswith(b"HTTP/1.1 413 "), said[:80]
    assert b"nosniff" in said
    assert b"</html>" in said or b"Content-Encoding: gzip" in said


def test_the_real_server_answers_a_body_in_chunks_that_never_says_how_long_it_is(port: int) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    first = head(
        port,
        "POST /sign-in HTTP/1.1",
        **{"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"},
    )
    said = spoken(port, first + chunk * 112 + b"0\r\n\r\n")
    assert said.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 400 ")), said[:80]


def test_the_real_server_refuses_a_foreign_name_and_controls_without_an_error(port: int) -> None:
    for first in (
        head(port, "GET / HTTP/1.1", Host="evil.example"),
        head(port, "GET /enter/%0d%0ax?lang=en HTTP/1.1"),
    ):
        said = spoken(port, first)
        assert said.startswith(b"HTTP/1.1 400 "), said[:80]
        assert b"Content-Security-Policy" in said, said
