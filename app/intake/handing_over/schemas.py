"""What the form that hands lines to another point sends."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Whole


@dataclass(frozen=True)
class Route:
    """To which service point."""

    point: int


class RouteSchema(CommandSchema):
    makes = Route
    point = Whole(required=True, least=1, most=2**31 - 1)
