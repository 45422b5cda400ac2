"""What people type about accounts."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import fields

from app.access.models import Role
from app.core.schemas import REQUIRED, CommandSchema, Line


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


@dataclass(frozen=True)
class AccountWithRole:
    """A new account with its first role; `scope` is "kind:id" as the form's list offers it."""

    username: str
    display_name: str
    role: str
    scope: str


class OpenAccount(CommandSchema):
    makes = AccountWithRole
    username = Line(required=True, longest=40)
    display_name = Line(required=True, longest=40)
    role = Line(required=True, longest=40)
    scope = Line(required=True, longest=40)


@dataclass(frozen=True)
class RoleInScope:
    role: str
    scope: str


class GrantRole(CommandSchema):
    makes = RoleInScope
    role = Line(required=True, longest=40)
    scope = Line(required=True, longest=40)


def is_role(value: str) -> bool:
    """Whether a posted value is one of the roles."""
    return value in {str(role) for role in Role}
