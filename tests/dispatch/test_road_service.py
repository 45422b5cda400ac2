"""Road distances come from the service that the installation names, and from an estimate when it does not answer."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import numpy as np
import pytest
from flask import Flask

from app.core.db import db
from app.core.errors import Conflict
from app.dispatch.drafts import editing
from app.dispatch.planning import problem
from app.dispatch.planning.problem import CachedRoadService, road_service
from app.settings import Settings, SettingsError
from routing.providers import CrowFly, Osrm, ProviderFailure, Valhalla
from tests import messages, world
from tests.allocation.test_runs import running as running
from tests.dispatch.test_rounds import packed as packed
from tests.dispatch.test_rounds import planned
from tests.world import World


class Roads(BaseHTTPRequestHandler):
    """An OSRM server on which every way is 5 km long and takes 100 s."""

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def do_GET(self) -> None:
        rows = len(self.path.split("sources=")[1].split("&")[0].split(";"))
        columns = len(self.path.split("destinations=")[1].split("&")[0].split(";"))
        answer = {"code": "Ok", "distances": [[5000.0] * columns] * rows, "durations": [[100.0] * columns] * rows}
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def roads() -> Iterator[str]:
    """Its address."""
    server = HTTPServer(("127.0.0.1", 0), Roads)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def use(app: Flask, **urls: str) -> None:
    app.extensions["louda_settings"] = dataclasses.replace(app.extensions["louda_settings"], **urls)


def test_without_a_setting_ways_are_estimated(app: Flask) -> None:
    assert road_service() is None


def test_the_settings_name_the_service(app: Flask) -> None:
    settings = Settings.from_env({"LOUDA_ENV": "testing", "LOUDA_OSRM_URL": "http://roads:5000/"})
    assert settings.osrm_url == "http://roads:5000"
    use(app, osrm_url=settings.osrm_url)
    assert road_service() == Osrm("http://roads:5000")
    use(app, osrm_url="", valhalla_url="http://roads:8002")
    assert road_service() == Valhalla("http://roads:8002")
    with pytest.raises(SettingsError, match="LOUDA_VALHALLA_URL"):
        Settings.from_env({"LOUDA_ENV": "testing", "LOUDA_VALHALLA_URL": "file:///etc/passwd"})


def test_a_plan_uses_the_road_service(app: Flask, packed: World, roads: str) -> None:
    use(app, osrm_url=roads)
    plan = planned(packed)
    assert plan.statistics["notes"] == []
    assert min(one.distance_m for one in plan.rounds) >= 10_000


class Attentive:
    """A road service that notes whether somebody holds a snapshot, or the turn to write, while it is asked."""

    def __init__(self) -> None:
        self.held: list[bool] = []

    def table(self, *asked: Any) -> Any:
        """As the crow flies."""
        self.held.append(db.session().in_transaction())
        return CrowFly().table(*asked)


def test_nobody_holds_a_snapshot_or_the_turn_to_write_while_the_road_service_is_asked(
    app: Flask, packed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    roads = Attentive()
    monkeypatch.setattr(problem, "road_service", lambda: roads)
    plan = planned(packed)
    assert roads.held == [False]
    browser, page = world.sign_in(app, packed, "supplies"), f"/plans/{plan.id}/adjust"
    name = sorted(editing.open_plan(plan).stop_rows)[0]
    for action, sent in (
        ("", {"do": "out", "stop": name}),
        ("", {"do": "fit", "stop": name}),
        ("/undo", {}),
        ("/undo", {}),
        ("/lock", {"kind": "stop", "name": name}),
    ):
        db.session.refresh(plan)
        before = len(roads.held)
        assert world.post(browser, page, page + action, {**sent, "version": str(plan.version)}).status_code == 303
        assert len(roads.held) > before
    assert set(roads.held) == {False}


def test_a_command_knows_only_the_roads_that_were_measured_before_it() -> None:
    places, failed = np.zeros((1, 2)), CachedRoadService(Valhalla("http://127.0.0.1:9"))
    asked = (places, places, "foot", 1350, 1350)
    with pytest.raises(ProviderFailure):
        failed.table(*asked)
    with pytest.raises(ProviderFailure):
        failed.close().table(*asked)
    with pytest.raises(Conflict, match=messages.PLAN_AGAIN):
        CachedRoadService(CrowFly()).close().table(*asked)


def test_a_plan_says_that_the_road_service_did_not_answer(app: Flask, packed: World) -> None:
    use(app, valhalla_url="http://127.0.0.1:9")
    plan = planned(packed)
    assert len(plan.statistics["notes"]) >= 1
    shown = world.sign_in(app, packed, "supplies").get(f"/plans/{plan.id}").get_data(as_text=True)
    assert messages.STRAIGHT_LINE_ESTIMATE in shown
