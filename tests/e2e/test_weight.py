"""What the first page weighs on the wire: every byte of every request of a browser that has nothing of us yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.access.sessions import issue_token
from app.core import clock
from app.core.db import command, db
from tests import sixty_goods, world
from tests.e2e.conftest import Person, Site, served

pytestmark = pytest.mark.browser

STAFF_PAGE = 90_000  # bytes, heads of the answers included
RESIDENT_PAGE = 30_000 - 1_500  # what is promised, less what a proxy's heads, https and a longer list may add
GOODS = 60


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


@pytest.fixture
def furnished(app: Flask) -> Iterator[Site]:
    """The small world with sixty goods on the list; one household ordered before, another has an order now."""
    with app.app_context():
        here = world.build()
        sixty_goods.furnish(here)
        here.order(here.households[1], dict.fromkeys(range(0, 56, 7), 2))
        for one in (here.cycle, *here.buildings, *here.households, *here.offers):
            db.session.refresh(one)
        db.session.expunge_all()
        db.session.remove()
    with served(app, here) as running:
        yield running


RESIDENT_PAGES = {  # a page of the resident: the household that opens it (none: nobody known yet), its address
    "entry": (None, "/enter"),
    "door": (None, "/enter/{code}"),
    "door, with a code or PIN": (None, "/enter/{code}?have=code"),
    "door, known phone": (0, "/enter/{code}"),
    "home": (0, "/my"),
    "order form": (0, "/my/cycles/{cycle}/order"),
    "order form in English": (0, "/my/cycles/{cycle}/order?lang=en"),
    "order form, dark": (0, "/my/cycles/{cycle}/order?theme=dark"),
    "order form, large type": (0, "/my/cycles/{cycle}/order?type=large"),
    "order form, to change an order": (1, "/my/cycles/{cycle}/order"),
    "order status": (1, "/my/cycles/{cycle}"),
    "deliveries": (0, "/my/deliveries"),
    "errands": (0, "/my/errands"),
    "privacy": (0, "/privacy"),
    "no such page": (0, "/my/nothing"),
}


def test_every_page_of_a_resident_is_light_with_sixty_goods_on_the_list(furnished: Site, chromium: Any) -> None:
    here, weights = furnished.world, {}
    setting = furnished.app.extensions["louda_settings"].cookie_name("household")
    for page, (household, path) in RESIDENT_PAGES.items():
        phone = Person(chromium, furnished, width=360)
        if household is not None:
            with furnished.app.app_context():
                token = _token_of(here.households[household].id)
            phone.context.add_cookies([{"name": setting, "value": token, "url": furnished.address}])
        came = weigh(phone, path.format(code=here.buildings[0].public_code, cycle=here.cycle.id))
        assert any(name.endswith("/resident.js") for name in came), (page, came)
        if page == "order form":
            assert phone.page.locator(".ld-shelf-row").count() == GOODS
        weights[page] = sum(came.values())
        print({page: weights[page], **{name.rsplit("/", 1)[-1]: size for name, size in came.items()}})
        phone.context.close()
    assert {page: weight for page, weight in weights.items() if weight > RESIDENT_PAGE} == {}
