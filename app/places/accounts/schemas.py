"""What the forms of accounts send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line


@dataclass(frozen=True)
class AccountWithRole:
    """A new account with its first role; `scope` is "kind:id" as the form's list offers it."""

    username: Annotated[str, Line(longest=40)]
    display_name: Annotated[str, Line(longest=40)]
    role: Annotated[str, Line(longest=40)]
    scope: Annotated[str, Line(longest=40)]


@dataclass(frozen=True)
class RoleInScope:
    role: Annotated[str, Line(longest=40)]
    scope: Annotated[str, Line(longest=40)]
