"""What the form of a new token sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields, validate

from app.access.tokens.models import TokenScope
from app.core.input.fields import REQUIRED, Line, Whole, one_of

MOST_DAYS = 365


@dataclass(frozen=True)
class NewToken:
    """`grant`: the id of one of the account's roles, to which the token is narrowed; 0 leaves it all of them."""

    name: Annotated[str, Line(longest=40)]
    scopes: Annotated[
        list[str],
        fields.List(
            fields.String(validate=one_of(TokenScope)), required=True, validate=validate.Length(min=1, error=REQUIRED)
        ),
    ]
    days: Annotated[int, Whole(least=1, most=MOST_DAYS)]
    grant: Annotated[int, Whole()] = 0
