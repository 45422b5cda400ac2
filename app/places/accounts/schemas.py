"""What the forms of accounts send."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line


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
