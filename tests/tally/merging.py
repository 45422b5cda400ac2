"""A family that stands in the register twice, and its merge as a leader does it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient

from app.access.sessions import issue_token
from app.core import clock
from app.core.db import command, db
from app.core.text.natural import natural_key
from app.ordering.resident.service import token_expiry
from app.oversight.reconcile import equations
from app.places.models import Household
from app.tally.merging import queries as merging_queries
from app.tally.merging import service as merging_service
from app.tally.merging.schemas import Merge
from tests.world import World, post, sign_in


@dataclass
class Twice:
    """`kept` is 101 of the world, `gone` the second row of the same family."""

    world: World
    gone: Household = field(init=False)
    kept: Household = field(init=False)

    def __post_init__(self) -> None:
        self.kept = self.world.households[0]
        self.gone = add_room(self.kept, "1-101")

    @property
    def page(self) -> str:
        return f"/households/{self.gone.id}/merge?into={self.kept.id}"

    def merge(self, who: str = "leader") -> None:
        merging_service.merge(self.world.actor(who), self.gone.id, Merge(self.kept.id, self.seen(who)))
        db.session.expire_all()

    def seen(self, who: str = "leader") -> str:
        return merging_queries.holdings(
            *merging_queries.require_pair(self.world.actor(who), self.gone.id, self.kept.id)
        ).seen

    def through_the_page(self, app: Flask, who: str = "leader", key: str | None = None) -> tuple[FlaskClient, int]:
        client = sign_in(app, self.world, who)
        status = self.send(client, self.form(client), key)
        db.session.expire_all()
        return client, status

    def form(self, client: FlaskClient) -> dict[str, str]:
        shown = client.get(self.page).get_data(as_text=True)
        found = re.search(r'name="seen" value="([^"]+)"', shown)
        assert found, shown
        return {"into": str(self.kept.id), "seen": found[1]}

    def send(self, client: FlaskClient, form: dict[str, str], key: str | None = None) -> int:
        page = f"/buildings/{self.world.buildings[0].id}/merge"
        return post(client, page, self.page.partition("?")[0], form, key).status_code


@command
def add_room(beside: Household, room_no: str) -> Household:
    """Another row in the stairwell of a household."""
    home = Household(stairwell_id=beside.stairwell_id, room_no=room_no, sort_key=natural_key(room_no), floor=1)
    db.session.add(home)
    db.session.flush()
    return home


@command
def phone_of(household_id: int, hand: str = "") -> str:
    """The token of a phone that acts for a household."""
    return issue_token(household_id, token_expiry(clock.now()), hand)


def phone(app: Flask, token: str) -> FlaskClient:
    client = app.test_client()
    client.set_cookie("household", token, domain="localhost")
    return client


def broken() -> dict[str, int]:
    """Closing equations that do not hold."""
    return {one.code: one.violations for one in equations.equations() if one.violations}
