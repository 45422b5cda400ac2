"""What the form of a line in doubt sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, pre_load

from app.core.input.fields import Line, Whole
from app.core.input.schemas import CommandSchema


@dataclass(frozen=True)
class Settle:
    """What a person decides about a line: the household (0: the line does not count) and the goods, "名称 数量" each.

    `existing`: what to do where the household has an order of another source: keep, replace or add.
    """

    household: int
    goods: str = ""
    existing: str = ""


class SettleLineSchema(CommandSchema):
    """`pick`: household and choice in one value, "add:12" or ":12", as one button sends it."""

    makes = Settle
    household = Whole(required=True, least=0, most=2**31 - 1)
    goods = Line(longest=500, blank=True)
    existing = fields.String(load_default="", validate=lambda value: value in ("", "keep", "replace", "add"))

    @pre_load
    def _take_apart(self, data: Any, **_options: Any) -> dict[str, Any]:
        typed = {name: data[name] for name in data}
        pick = str(typed.pop("pick", ""))
        if pick and "household" not in typed:
            typed["existing"], _colon, typed["household"] = pick.partition(":")
        return typed
