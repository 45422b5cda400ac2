"""What people type about accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import REQUIRED, Line


class Secret(fields.String):
    """A password: kept exactly as typed."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED}


@dataclass(frozen=True)
class Credentials:
    username: Annotated[str, Line()]
    password: Annotated[str, Secret()]
    next: Annotated[str, Line(blank=True, longest=500)] = ""


@dataclass(frozen=True)
class NewPassword:
    present: Annotated[str, Secret()]
    password: Annotated[str, Secret()]
    again: Annotated[str, Secret()]
