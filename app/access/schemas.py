"""What people type about accounts."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.core.input.schemas import REQUIRED, CommandSchema, Line


class Secret(fields.String):
    """A password: kept exactly as typed."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED}


@dataclass(frozen=True)
class Credentials:
    username: str
    password: str
    next: str = ""


class SignIn(CommandSchema):
    makes = Credentials
    username = Line(required=True)
    password = Secret(required=True)
    next = Line(blank=True, longest=500)


@dataclass(frozen=True)
class NewPassword:
    present: str
    password: str
    again: str


class ChangePassword(CommandSchema):
    makes = NewPassword
    present = Secret(required=True)
    password = Secret(required=True)
    again = Secret(required=True)
