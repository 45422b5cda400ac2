"""From the poster to the order: what a slow phone has to load, in bytes and requests, with a list of sixty goods."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.assets import RESIDENT_SCRIPTS, STATIC
from app.catalog.models import Item
from app.core.db import db
from app.ordering.models import Offer, OfferComponent
from tests import world
from tests.world import World, post

GOODS = 60
WHOLE_WAY = 48_000  # bytes over the air for everything from the scanned code to the order's page; 1 s at 400 kbit/s
FIRST_PAGE = 24_000
REQUESTS = 12
PACKED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def shop(app: Flask) -> World:
    """A cycle with sixty goods in eight categories, every other one with a limit."""
    here = world.build()
    for number in range(GOODS - len(here.items)):
        name = "青红白黄大小新鲜"[number % 8] + "萝番南西冬苦丝黄"[number // 8 % 8] + f"瓜{number}号"
        item = Item(
            sku=f"W{number}", name=name, sale_unit="份", spec="500g/份", weight_g=500, category=f"分类{number % 8}"
        )
        db.session.add(item)
        db.session.flush()
        offer = Offer(cycle_id=here.cycle.id, item_id=item.id, name=name, price_fen=350 + number, position=9 + number)
        offer.limit_per_household = 3 if number % 2 else None
        db.session.add(offer)
        db.session.flush()
        db.session.add(OfferComponent(offer_id=offer.id, item_id=item.id, qty=1))
    db.session.commit()
    return here


class Phone:
    """A browser that fetches what a page refers to once, and counts."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.loaded: dict[str, int] = {}
        self.requests = 0

    def take(self, path: str, data: bytes) -> None:
        self.requests += 1
        self.loaded[f"{self.requests} {path}"] = len(data)

    def assets_of(self, html: str) -> None:
        for path in dict.fromkeys(re.findall(r'(?:href|src)="(/assets/[^"#]+)', html)):
            if not any(path in name for name in self.loaded):
                self.take(path, self.client.get(path, headers=PACKED).data)


def test_the_whole_way_from_the_poster_to_the_order_is_light(app: Flask, shop: World) -> None:
    phone = Phone(app.test_client())
    door, form = f"/enter/{shop.buildings[0].public_code}", f"/my/cycles/{shop.cycle.id}/order"
    wanted = {f"qty_{shop.offers[0].id}": "2", "step": "review"}
    phone.take(door, phone.client.get(door, headers=PACKED).data)
    phone.assets_of(phone.client.get(door).get_data(as_text=True))
    first = sum(phone.loaded.values())
    stairwell = str(shop.households[0].stairwell_id)
    assert post(phone.client, door, door, {"stairwell_id": stairwell, "room": "101"}).status_code == 303
    phone.take(form, phone.client.get(form, headers=PACKED).data)
    phone.assets_of(phone.client.get(form).get_data(as_text=True))
    review = post(phone.client, form, form, wanted)
    phone.take("review", _packed(phone.client, form, wanted))
    phone.assets_of(review.get_data(as_text=True))
    assert post(phone.client, form, form, {**wanted, "step": "place"}).status_code == 303
    status = f"/my/cycles/{shop.cycle.id}"
    phone.take(status, phone.client.get(status, headers=PACKED).data)
    assert first <= FIRST_PAGE, phone.loaded
    assert sum(phone.loaded.values()) <= WHOLE_WAY, phone.loaded
    assert phone.requests <= REQUESTS, phone.loaded
    print({"first page": first, "whole way": sum(phone.loaded.values()), "requests": phone.requests, **phone.loaded})


def _packed(client: FlaskClient, page: str, data: dict[str, str]) -> bytes:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).get_data(as_text=True))
    assert token
    return client.post(page, data={**data, "csrf_token": token[1]}, headers=PACKED).data


def test_nothing_blocks_the_first_page_and_nothing_comes_from_elsewhere(app: Flask, shop: World) -> None:
    page = app.test_client().get(f"/enter/{shop.buildings[0].public_code}").get_data(as_text=True)
    scripts = re.findall(r"<script[^>]*>", page)
    assert scripts
    assert all(" defer" in tag for tag in scripts)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert "bootstrap" not in page
    assert "viewport-fit=cover" in page


@pytest.mark.parametrize("name", RESIDENT_SCRIPTS)
def test_the_resident_scripts_are_written_for_old_phones(name: str) -> None:
    text = _code(STATIC / f"{name}.js")
    newer = r"=>|`|\?\.|\?\?|\b(?:let|const|class|async|await|import|of)\s+\w|\.\.\."
    newer += r"|\bfetch\(|\bPromise\b|\.includes\(|\*\*"
    assert re.findall(newer, text) == []
    assert '"use strict"' in text
    assert not re.search(r"innerHTML|document\.write|\beval\b|new Function", text)


def _code(path: Path) -> str:
    """A script without its comments and strings' contents."""
    return re.sub(r"//[^\n]*", "", path.read_text("utf-8"))
