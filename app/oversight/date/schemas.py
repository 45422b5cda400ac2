"""What the form of the date sends."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import post_load

from app.core.input.fields import Line
from app.core.input.schemas import CommandSchema


@dataclass(frozen=True)
class ConfirmDate:
    """The day that a person says it is, ISO."""

    day: str


class ConfirmDateSchema(CommandSchema):
    """What the page sends."""

    day = Line(required=True, longest=10)

    @post_load
    def _make(self, data: dict[str, object], **_kwargs: object) -> ConfirmDate:
        return ConfirmDate(str(data["day"]))
