"""Fields that travel with a form without being part of its command are declared once; every other is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid
from app.core.input.fields import Line
from app.core.input.schemas import TRANSPORT, CommandSchema, load
from tests import messages

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Renamed:
    name: str
    next: str = ""


class Plain(CommandSchema):
    makes = Renamed
    name = Line(required=True)


class Leading(Plain):
    next = Line(blank=True)


def test_a_schema_passes_over_what_only_travels_and_refuses_what_nobody_declared(app: Flask) -> None:
    with app.test_request_context():
        travelling = MultiDict({"name": "x", **dict.fromkeys(TRANSPORT, "7")})
        assert load(Plain, travelling) == Renamed("x")
        assert load(Leading, travelling) == Renamed("x", "7")  # a command that wants it gets it
        with pytest.raises(Invalid, match=messages.UNKNOWN_FIELD):
            load(Plain, MultiDict({"name": "x", "price_fen": "1"}))


def test_no_view_strips_fields_of_its_own() -> None:
    """A page that needs a field which is no part of the command names it in TRANSPORT, not in its view."""
    stripping = re.compile(r"request\.form.* if (name|key) (!=|not in)")
    found = [
        path.name
        for path in (ROOT / "app").rglob("views*.py")
        if any(stripping.search(line) for line in path.read_text("utf-8").splitlines())
    ]
    assert found == []
