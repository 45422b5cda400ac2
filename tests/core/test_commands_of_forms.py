"""A command says beside each field what is taken for it; loading follows the dataclass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from flask import Flask

from app.core.errors import Invalid
from app.core.input.fields import Line, Whole
from app.core.input.schemas import load, rows_of, schema_of


@dataclass(frozen=True)
class PackedGoods:
    id: Annotated[int, Whole()]
    packs: Annotated[int, Whole(most=9)] = 1


@dataclass(frozen=True)
class PackGoods:
    name: Annotated[str, Line(longest=5)]
    remark: Annotated[str, Line(blank=True)]
    limit: Annotated[int | None, Whole(least=1)] = None
    rows: Annotated[list[PackedGoods], rows_of(PackedGoods)] = field(default_factory=list)


def refused(typed: dict[str, Any]) -> set[str]:
    with pytest.raises(Invalid) as error:
        load(PackGoods, typed)
    return set(error.value.problems)


def test_a_field_without_a_default_is_required_and_another_one_is_its_default(app: Flask) -> None:
    with app.test_request_context():
        assert refused({}) == {"name"}
        assert load(PackGoods, {"name": "青菜"}) == PackGoods("青菜", "", None, [])
        assert load(PackGoods, {"name": "青菜", "limit": None}).limit is None


def test_rows_are_loaded_to_their_own_command_and_named_by_their_place(app: Flask) -> None:
    with app.test_request_context():
        assert load(PackGoods, {"name": "青菜", "rows": [{"id": 3}]}).rows == [PackedGoods(3, 1)]
        assert refused({"name": "青菜", "rows": [{"id": 3}, {"id": 4, "packs": "10"}]}) == {"rows.1.packs"}


def test_what_is_no_field_of_the_command_is_refused(app: Flask) -> None:
    with app.test_request_context():
        assert refused({"name": "青菜", "other": "1"}) == {"other"}


def test_two_empty_lists_by_default_are_two_lists(app: Flask) -> None:
    with app.test_request_context():
        assert load(PackGoods, {"name": "甲"}).rows is not load(PackGoods, {"name": "乙"}).rows


def test_a_dataclass_that_does_not_say_what_is_taken_is_no_command() -> None:
    @dataclass(frozen=True)
    class Silent:
        name: str

    with pytest.raises(TypeError, match=r"Silent\.name"):
        schema_of(Silent)
