"""Pages travel compressed, with a length that does not tell what is in them."""

from __future__ import annotations

import gzip

from flask import Flask
from flask.testing import FlaskClient

from tests import world


def fetch(client: FlaskClient, encoding: str) -> tuple[str | None, bytes]:
    answer = client.get("/sign-in", headers={"Accept-Encoding": encoding})
    assert "Accept-Encoding" in answer.headers["Vary"]
    return answer.headers.get("Content-Encoding"), answer.data


def test_a_page_is_compressed_for_a_browser_that_takes_it_and_is_the_same_page(app: Flask) -> None:
    world.build()
    encoding, body = fetch(app.test_client(), "gzip, deflate")
    assert encoding == "gzip"
    plain_encoding, plain = fetch(app.test_client(), "identity")
    assert plain_encoding is None
    assert len(body) < len(plain) / 2
    text = gzip.decompress(body).decode()
    assert text.split("csrf_token", 1)[0] == plain.decode().split("csrf_token", 1)[0]


def test_the_length_of_the_same_page_varies(app: Flask) -> None:
    lengths = {len(fetch(app.test_client(), "gzip")[1]) for _ in range(12)}
    assert len(lengths) > 4


def test_a_browser_that_refuses_compression_gets_none(app: Flask) -> None:
    assert fetch(app.test_client(), "gzip;q=0")[0] is None


def test_files_and_short_answers_stay_as_they_are(app: Flask) -> None:
    health = app.test_client().get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert (health.status_code, health.content_encoding) == (200, None)
