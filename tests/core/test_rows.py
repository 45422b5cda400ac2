"""One field for each row of a table, and fields that are a page's own: no schema is made for a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from flask import Flask
from marshmallow import fields
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.core.input.fields import Line, Whole, Yuan
from app.core.input.schemas import CommandSchema, Form, Rows, load, schema_of
from app.ordering.schemas import BasketSchema, OrderFormPage, ProxyBasketSchema


class PricesSchema(CommandSchema):
    price = Rows(Yuan(required=True))
    limit = Rows(Whole(least=1, load_default=None))
    listed = Rows(fields.Boolean(load_default=False))


@dataclass(frozen=True)
class Narrowed:
    search: Annotated[str, Line(longest=5, blank=True)]


def loaded(**typed: str) -> Any:
    return load(PricesSchema([3, 4]), MultiDict(typed))


def refused(schema: CommandSchema, typed: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as error:
        load(schema, typed)
    return {name: [str(one) for one in said] for name, said in error.value.problems.items()}


def test_each_row_has_a_value_and_a_missing_one_is_what_its_field_says(app: Flask) -> None:
    with app.test_request_context():
        values = loaded(price_3="1.50", limit_3="2", listed_3="1", price_4="2", limit_4="")
    assert values == {"price": {3: 150, 4: 200}, "limit": {3: 2, 4: None}, "listed": {3: True, 4: False}}


def test_a_wrong_row_is_named_as_the_form_names_it(app: Flask) -> None:
    with app.test_request_context():
        problems = refused(PricesSchema([3, 4]), MultiDict({"price_3": "x", "limit_4": "0"}))
    assert problems.keys() == {"price_3", "price_4", "limit_4"}


@pytest.mark.parametrize("name", ["price_5", "price", "price_", "price_03", "other_3"])
def test_the_name_of_another_row_is_refused(app: Flask, name: str) -> None:
    with app.test_request_context():
        assert name in refused(PricesSchema([3]), MultiDict({"price_3": "1", name: "1"}))


def test_json_is_loaded_as_a_form_is(app: Flask) -> None:
    with app.test_request_context():
        basket = load(BasketSchema([7]), {"qty_7": 2, "sub_7": True})
        assert basket == load(BasketSchema([7]), MultiDict({"qty_7": "2", "sub_7": "1"}))
        assert [(pick.offer_id, pick.qty, pick.is_substitutable) for pick in basket.picks] == [(7, 2, True)]


def test_a_page_has_fields_of_its_own_that_the_command_does_not_know(app: Flask) -> None:
    typed = MultiDict({"price_3": "1", "search": "菜"})
    with app.test_request_context():
        form = Form(PricesSchema([3]), typed, page=Narrowed)
        assert (form.is_valid, form.page, form.value("search")) == (True, Narrowed("菜"), "菜")
        assert form.command["price"] == {3: 100}
        assert "search" in refused(PricesSchema([3]), typed)
        wrong = Form(PricesSchema([3]), MultiDict({"price_3": "x", "search": "太长的一个词"}), page=Narrowed)
        assert {name for name, _sentence in wrong.problems} == {"search", "price_3"}


@pytest.mark.parametrize("name", ["step", "search", "add"])
def test_an_order_knows_nothing_of_the_buttons_of_its_page(app: Flask, name: str) -> None:
    with app.test_request_context():
        assert name in refused(BasketSchema([7]), {"qty_7": 1, name: "1"})
        assert name in schema_of(OrderFormPage)().fields


def test_only_a_proxy_says_how_an_order_came(app: Flask) -> None:
    with app.test_request_context():
        assert "source" in refused(BasketSchema([7]), {"source": "door"})
        assert load(ProxyBasketSchema([7]), {"source": "door"}).source == "door"
