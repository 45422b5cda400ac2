"""What the first page weighs on the wire: every byte of every request of a browser that has nothing of us yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.access.sessions import issue_token
from app.core import clock
from app.core.db import command
from tests.e2e.conftest import Person, Site

pytestmark = pytest.mark.browser

STAFF_PAGE = 90_000  # bytes, heads of the answers included
RESIDENT_PAGE = 30_000


def weigh(person: Person, path: str) -> dict[str, int]:
    """Address → bytes that came over the wire for it, while a page was opened with an empty cache."""
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("Network.enable")
    devtools.send("Network.clearBrowserCache")
    names: dict[str, str] = {}
    came: dict[str, int] = {}

    def finished(event: dict[str, Any]) -> None:
        name = names.get(event["requestId"])
        if name is None:  # a file of the page before this one, still on its way when counting began
            return
        came[name] = came.get(name, 0) + int(event["encodedDataLength"])

    devtools.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    devtools.on("Network.loadingFinished", finished)
    person.page.goto(person.site.address + path, wait_until="networkidle")
    return came


@command
def _token_of(household_id: int) -> str:
    return issue_token(household_id, clock.now() + timedelta(days=7))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_page_of_staff_is_light(person: Any, site: Site, theme: str) -> None:
    supplies = person("supplies")
    supplies.page.wait_for_url("**/cycles/*")
    came = weigh(supplies, f"/cycles/{site.world.cycle.id}?theme={theme}")
    assert {name.rsplit("/", 1)[-1] for name in came} >= {"louda.css", "louda.js", "htmx.js", "icons.svg"}
    assert sum(came.values()) <= STAFF_PAGE, came
    print({"staff": sum(came.values()), **came})


@pytest.mark.parametrize("path", ["/enter/{code}", "/my/cycles/{cycle}/order"])
def test_a_page_of_a_resident_is_light(person: Any, site: Site, path: str) -> None:
    phone, here = person(width=360), site.world
    with site.app.app_context():
        token = _token_of(here.households[0].id)
    name = site.app.extensions["louda_settings"].cookie_name("household")
    phone.context.add_cookies([{"name": name, "value": token, "url": site.address}])
    came = weigh(phone, path.format(code=here.buildings[0].public_code, cycle=here.cycle.id))
    assert {name.rsplit("/", 1)[-1] for name in came} >= {"home.css", "resident.js"}
    assert sum(came.values()) <= RESIDENT_PAGE, came
    print({path: sum(came.values()), **came})
