"""What an order form lists is kept from request to request, and is what is stored after every change of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update

from app.catalog.models import Item, ItemAlias
from app.core.db import command, db
from app.ordering.models import Offer
from app.ordering.shelf.listing import OfferListing, listing
from tests import world
from tests.world import World


@pytest.fixture
def town(app: Flask) -> World:
    return world.build()


def seen(here: World) -> OfferListing:
    db.session.rollback()
    return listing(here.cycle.id)


def change(statement: object) -> None:
    @command
    def run() -> None:
        db.session.execute(statement)  # type: ignore[call-overload]

    run()


def first_name(found: OfferListing, here: World) -> set[str]:
    return set(found.words[here.offers[0].id].names)


def test_nothing_is_read_anew_while_nothing_changes(town: World) -> None:
    assert seen(town) is seen(town)


CHANGES: dict[str, tuple[Callable[[World], object], Callable[[OfferListing, World], bool]]] = {
    "price": (
        lambda here: update(Offer).where(Offer.id == here.offers[0].id).values(price_fen=1234),
        lambda found, here: found.terms[here.offers[0].id].price_fen == 1234,
    ),
    "limit": (
        lambda here: update(Offer).where(Offer.id == here.offers[0].id).values(limit_per_household=1),
        lambda found, here: found.by_id[here.offers[0].id].limit == 1,
    ),
    "taken off the list": (
        lambda here: update(Offer).where(Offer.id == here.offers[0].id).values(is_listed=False),
        lambda found, here: here.offers[0].id not in found.terms,
    ),
    "order of the list": (
        lambda here: update(Offer).where(Offer.id == here.offers[0].id).values(position=99),
        lambda found, here: found.offers[-1].id == here.offers[0].id,
    ),
    "name of the goods": (
        lambda here: update(Item).where(Item.id == here.items[0].id).values(name="另一种菜"),
        lambda found, here: "另一种菜" in first_name(found, here),
    ),
    "specification": (
        lambda here: update(Item).where(Item.id == here.items[0].id).values(spec="3kg/箱"),
        lambda found, here: found.by_id[here.offers[0].id].contents == "3kg/箱",
    ),
    "category": (
        lambda here: update(Item).where(Item.id == here.items[0].id).values(category="时令"),
        lambda found, here: found.by_id[here.offers[0].id].category == "时令",
    ),
    "another name": (
        lambda here: insert(ItemAlias).values(item_id=here.items[0].id, alias="油菜心"),
        lambda found, here: "油菜心" in first_name(found, here),
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_on_the_next_form(town: World, kind: str) -> None:
    statement, is_shown = CHANGES[kind]
    before = seen(town)
    assert not is_shown(before, town)
    change(statement(town))
    after = seen(town)
    assert after is not before
    assert is_shown(after, town)


def test_a_name_that_was_taken_back_finds_nothing_any_more(town: World) -> None:
    change(insert(ItemAlias).values(item_id=town.items[0].id, alias="油菜心"))
    assert "油菜心" in first_name(seen(town), town)
    change(delete(ItemAlias).where(ItemAlias.alias == "油菜心"))
    assert "油菜心" not in first_name(seen(town), town)


def test_what_a_command_read_and_took_back_is_shown_to_nobody(town: World) -> None:
    kept = seen(town)

    @command
    def fail() -> None:
        db.session.execute(update(Offer).where(Offer.id == town.offers[0].id).values(price_fen=1))
        assert listing(town.cycle.id).terms[town.offers[0].id].price_fen == 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen(town).terms == kept.terms
