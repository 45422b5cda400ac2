"""What the forms of members send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class NewMember:
    """A person of a team: a name, an account (its id), or both; a name left empty is the account's."""

    name: Annotated[str, Line(longest=30, blank=True)] = ""
    account: Annotated[int | None, Whole(least=1, most=2**31 - 1)] = None


@dataclass(frozen=True)
class Link:
    """The account that a member signs in with; None for no account."""

    account: Annotated[int | None, Whole(least=1, most=2**31 - 1)] = None
