"""What the forms of the roll call send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from marshmallow import fields, post_load

from app.core.input.fields import Whole, one_of
from app.core.input.schemas import CommandSchema, Rows
from app.ordering.models import RollCallOutcome


@dataclass(frozen=True)
class RecordRollCall:
    """Outcomes as a page sends them: household id → outcome."""

    outcomes: tuple[tuple[int, RollCallOutcome], ...]


class RecordRollCallSchema(CommandSchema):
    """A building's roll call. Its rows are the households: outcome_<household>; an empty one stays as it is."""

    outcome = Rows(
        fields.String(
            load_default=None, validate=one_of(one for one in RollCallOutcome if one != RollCallOutcome.ORDERED)
        )
    )

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> RecordRollCall:
        return RecordRollCall(tuple((home, RollCallOutcome(said)) for home, said in data["outcome"].items() if said))


@dataclass(frozen=True)
class RollCallPage:
    """`clear`: the household whose note is taken back by the button that was pressed; `show`: which ones are listed."""

    clear: Annotated[int | None, Whole(load_default=None)]
    show: Annotated[str, fields.String(load_default="all", validate=one_of(("todo", "unreachable", "all")))]


class RestSchema(CommandSchema):
    """One outcome for all households that have none; loads to the outcome itself."""

    outcome = fields.String(
        required=True,
        validate=one_of(RollCallOutcome),
        error_messages={"required": _l("请选择一个点名结果。")},
    )

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> RollCallOutcome:
        return RollCallOutcome(data["outcome"])
