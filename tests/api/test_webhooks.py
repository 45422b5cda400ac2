"""Other systems are told once, signed, at addresses of the public internet only, and again where it failed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.api.webhooks import sending, service
from app.api.webhooks.models import Webhook, WebhookDelivery
from app.api.webhooks.rules import AFTER, next_attempt
from app.api.webhooks.schemas import CHOSEN
from app.core import clock
from app.core.database.turns import current_subdistrict
from app.core.db import db
from app.core.events import SYSTEM, record
from app.ordering.orders import OfferPick, PlaceOrder
from app.ordering.service import place
from tests.world import World, build, post, sign_in

PRIVATE = (
    "127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1"
    " ::1 :: fd00::1 fe80::1%eth0 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: ff02::1"
).split()
KINDS = [kind.value for kind in CHOSEN]


@dataclass
class Receiver:
    """What was received, and what to answer."""

    url: str = ""
    answer: int = 204
    got: list[tuple[dict[str, str], str]] = field(default_factory=list)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    made = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost"]
    name = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *made, *name],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def receiver(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(told.answer)
            if told.answer == 302:
                self.send_header("Location", told.url + "elsewhere")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told.url = f"https://localhost:{server.server_port}/hook/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(app: Flask) -> World:
    made = build()
    db.session.commit()
    return made


@pytest.fixture
def private_allowed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    held = app.extensions["louda_settings"]
    monkeypatch.setitem(app.extensions, "louda_settings", replace(held, is_webhook_private_allowed=True))


def told_at(world: World, url: str, kinds: list[str] = KINDS) -> Webhook:
    row = Webhook(subdistrict_id=world.subdistrict.id, url=url, kinds=kinds, salt="s")
    row.created_by_id = world.accounts["admin"].id
    db.session.add(row)
    db.session.commit()
    return row


def order(world: World, home: int = 0) -> None:
    picks = (OfferPick(world.offers[0].id, 1),)
    place(world.actor("leader"), PlaceOrder(world.cycle.id, world.households[home].id, picks, remark="请轻放"))


def states() -> list[tuple[str, int, str]]:
    db.session.rollback()
    rows = db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id))
    return [(row.state, row.attempts, row.answer) for row in rows]


def make_due(**values: object) -> None:
    db.session.execute(update(WebhookDelivery).values(due_at=clock.now(), **values))
    db.session.commit()


@pytest.mark.usefixtures("private_allowed")
def test_an_order_is_told_once_signed_and_in_numbers_only(world: World, receiver: Receiver) -> None:
    row = told_at(world, receiver.url)
    order(world)
    assert [service.send_due(), service.send_due()] == [1, 0]
    ((headers, body),) = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(service.secret_for(row), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = json.loads(body)
    names = {"subdistrict_id", "cycle_id", "subject_type", "subject_id", "event_id"}
    assert (said["type"], set(said["data"])) == ("order.placed", names)
    assert states() == [("sent", 1, "204")]


@pytest.mark.usefixtures("private_allowed")
def test_a_failure_is_tried_again_later_under_the_same_id_until_it_is_given_up_and_asked_for_again(
    app: Flask, world: World, receiver: Receiver
) -> None:
    row = told_at(world, receiver.url)
    order(world)
    receiver.answer = 500
    assert [service.send_due(), service.send_due()] == [1, 0]  # not due again yet
    assert [next_attempt(1), next_attempt(len(AFTER) + 1)] == [timedelta(seconds=5), None]
    make_due(attempts=len(AFTER))
    service.send_due()
    assert states() == [("failed", len(AFTER) + 1, "500")]
    make_due()
    assert service.send_due() == 0
    browser, page = sign_in(app, world, "admin"), f"/webhooks/{row.id}"
    (again,) = re.findall(rf"{page}/messages/\d+/again", browser.get(page).get_data(as_text=True))
    receiver.answer = 200
    assert post(browser, page, again, {}).status_code == 303
    service.send_due()
    assert states() == [("sent", 1, "200")]
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1


@pytest.mark.usefixtures("private_allowed")
def test_a_redirect_is_not_followed_and_one_that_fails_waits_with_all_its_messages(
    world: World, receiver: Receiver
) -> None:
    told_at(world, receiver.url)
    order(world)
    order(world, 1)
    receiver.answer = 302
    assert service.send_due() == 1
    assert len(receiver.got) == 1
    assert states() == [("queued", 1, "302"), ("queued", 0, "")]


def test_a_private_address_is_refused_at_each_message(world: World, receiver: Receiver) -> None:
    told_at(world, receiver.url)
    order(world)
    service.send_due()
    assert receiver.got == []
    assert states() == [("queued", 1, "private address")]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not sending.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert sending.is_public(address)


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere when it is asked for again leads nobody there."""
    asked: list[str] = []

    def answers(host: str, *_args: object, **_options: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("127.0.0.1" if len(asked) > 1 else "1.1.1.1", 443))]

    reached: list[str] = []

    def connects(address: tuple[str, int], *_args: object) -> None:
        reached.append(address[0])
        raise OSError

    monkeypatch.setattr("socket.getaddrinfo", answers)
    monkeypatch.setattr("socket.create_connection", connects)
    with pytest.raises(sending.NotSent):
        sending.post("https://example.org/", "{}", {}, allows_private=False)
    assert (asked, reached) == (["example.org"], ["1.1.1.1"])


def test_only_https_addresses_are_taken_and_the_secret_is_shown_once(app: Flask, world: World) -> None:
    browser = sign_in(app, world, "admin")
    typed = {"kinds": ["order.placed"], "subdistrict": str(world.subdistrict.id)}
    for url in ("http://example.org/", "ftp://example.org", "https://", "https://me:pw@example.org/", "nonsense"):
        assert post(browser, "/webhooks/", "/webhooks/", {**typed, "url": url}).status_code == 422, url
    made = post(browser, "/webhooks/", "/webhooks/", {**typed, "url": "https://example.org/hook"})
    assert "whsec_" in made.get_data(as_text=True)
    (row,) = db.session.scalars(select(Webhook))
    assert "whsec_" not in browser.get(f"/webhooks/{row.id}").get_data(as_text=True)
    order(world)
    post(browser, f"/webhooks/{row.id}", f"/webhooks/{row.id}/try", {})
    post(browser, f"/webhooks/{row.id}", f"/webhooks/{row.id}/state", {"state": "paused"})
    order(world, 1)  # while it is paused nothing is written down for it
    assert states() == [("queued", 0, "")] * 2
    assert service.send_due() == 0
    post(browser, f"/webhooks/{row.id}", f"/webhooks/{row.id}/state", {"state": "removed"})
    assert browser.get(f"/webhooks/{row.id}").status_code == 404


def test_each_kind_is_told_to_who_asked_for_it_and_only_of_the_own_subdistrict(world: World) -> None:
    first, second = told_at(world, "https://example.org/"), told_at(world, "https://example.net/", ["tally.signed"])
    pairs = (("confirm", "tally"), ("publish", "plan"), ("hand_out", "building"), ("dispute", "bag"))
    for subdistrict_id in (world.subdistrict.id, world.subdistrict.id + 1):
        token = current_subdistrict.set(subdistrict_id)
        for verb, subject in (*pairs, ("confirm", "bag"), ("place_many", "cycle")):
            record(SYSTEM, verb, (subject, 1), cycle_id=world.cycle.id)
        current_subdistrict.reset(token)
    db.session.commit()
    rows = db.session.execute(select(WebhookDelivery.webhook_id, WebhookDelivery.kind)).all()
    assert sorted(kind for webhook, kind in rows if webhook == first.id) == sorted(KINDS)
    assert [kind for webhook, kind in rows if webhook == second.id] == ["tally.signed"]


def test_what_is_rolled_back_is_not_told_and_what_is_over_is_forgotten(world: World) -> None:
    told_at(world, "https://example.org/")
    token = current_subdistrict.set(world.subdistrict.id)
    record(SYSTEM, "confirm", ("tally", 1))
    db.session.rollback()
    assert states() == []
    record(SYSTEM, "confirm", ("tally", 1))
    record(SYSTEM, "confirm", ("tally", 2))
    current_subdistrict.reset(token)
    db.session.commit()
    old = clock.now() - service.KEPT_FOR - timedelta(hours=1)
    first = select(WebhookDelivery.id).order_by(WebhookDelivery.id).limit(1).scalar_subquery()
    db.session.execute(update(WebhookDelivery).where(WebhookDelivery.id == first).values(state="sent"))
    db.session.execute(update(WebhookDelivery).values(created_at=old))
    db.session.commit()
    service.forget_old_messages()
    assert [state for state, _attempts, _answer in states()] == ["queued"]
