"""What many endpoints take and give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line, Whole


@dataclass(frozen=True)
class CursorQuery:
    """`cursor`: the `next` of the part before; without it the list begins at its start."""

    cursor: Annotated[str, Line(longest=20, blank=True)] = ""
    limit: Annotated[int, Whole(least=1, most=200)] = 50


@dataclass(frozen=True)
class JobRecord:
    """Work that goes on in the background: queued, running, succeeded, failed or superseded. Ask again."""

    id: Annotated[int, fields.Integer()]
    kind: Annotated[str, fields.String()]
    state: Annotated[str, fields.String()]
    progress_done: Annotated[int, fields.Integer()]
    progress_total: Annotated[int, fields.Integer()]
    error: Annotated[str, fields.String()]
    created_at: Annotated[datetime, fields.AwareDateTime()]
    finished_at: Annotated[datetime | None, fields.AwareDateTime(allow_none=True)]
