"""What the endpoint of the log takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from marshmallow import fields

from app.core.input.schemas import rows_of


@dataclass(frozen=True)
class EventRecord:
    """Who did what to what; `data` holds numbers, states and codes, never anything about a person."""

    id: Annotated[int, fields.Integer()]
    at: Annotated[datetime, fields.AwareDateTime()]
    actor_kind: Annotated[str, fields.String()]
    verb: Annotated[str, fields.String()]
    subject_type: Annotated[str, fields.String()]
    subject_id: Annotated[int, fields.Integer()]
    cycle_id: Annotated[int | None, fields.Integer(allow_none=True)]
    data: Annotated[dict[str, Any], fields.Dict(keys=fields.String())]


@dataclass(frozen=True)
class EventList:
    """`next` is always there: keep it, and ask with it again for what has happened since."""

    items: Annotated[list[EventRecord], rows_of(EventRecord)]
    next: Annotated[str, fields.String()]
