"""The client that the documentation shows is run as it stands, against a server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from flask import Flask
from werkzeug.serving import make_server

from app.core.db import db
from app.ordering.models import HouseholdOrder
from app.settings import ROOT
from tests.api.client import token_of
from tests.world import build

CLIENT = ROOT / "docs" / "development" / "api_client.py"


def test_the_client_of_the_documentation_places_an_order_and_is_told_why_not(app: Flask) -> None:
    here = build()
    leader = here.accounts["leader"]
    secret = token_of(leader.id, leader.session_epoch)
    ids = [str(one) for one in (here.cycle.id, here.households[0].id, here.offers[0].id, 2)]
    db.session.remove()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    environment = {**os.environ, "API_URL": f"http://127.0.0.1:{server.server_port}", "API_TOKEN": secret}
    try:
        runs = [
            subprocess.run(
                [sys.executable, str(CLIENT), *ids], env=environment, capture_output=True, text=True, check=False
            )
            for _ in range(2)
        ]
    finally:
        server.shutdown()
        thread.join()
    assert "[{'open': 2}]" in runs[0].stdout, runs[0].stderr
    assert "1 orders of the cycle" in runs[0].stdout
    assert db.session.query(HouseholdOrder).count() == 1
    assert runs[1].returncode == 1
    assert "urn:louda:problem" not in runs[1].stdout
    assert "Refused" in runs[1].stderr
    assert len(CLIENT.read_text("utf-8").splitlines()) <= 62
