"""What the forms of members send."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole


@dataclass(frozen=True)
class NewMember:
    """A person of a team: a name, an account (its id), or both; a name left empty is the account's."""

    name: str = ""
    account: int | None = None


class NewMemberSchema(CommandSchema):
    makes = NewMember
    name = Line(longest=30, blank=True)
    account = Whole(load_default=None, least=1, most=2**31 - 1)


@dataclass(frozen=True)
class Link:
    """The account that a member signs in with; None for no account."""

    account: int | None = None


class LinkSchema(CommandSchema):
    makes = Link
    account = Whole(load_default=None, least=1, most=2**31 - 1)
