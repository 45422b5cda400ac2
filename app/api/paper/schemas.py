"""What the endpoints of documents give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from marshmallow import fields

from app.core.input.schemas import rows_of


@dataclass(frozen=True)
class DocumentRecord:
    """One version of a sheet; `number` is the one on the paper."""

    id: Annotated[int, fields.Integer()]
    kind: Annotated[str, fields.String()]
    number: Annotated[str, fields.String()]
    wave: Annotated[int, fields.Integer()]
    revision: Annotated[int, fields.Integer()]
    state: Annotated[str, fields.String()]
    service_point_id: Annotated[int | None, fields.Integer(allow_none=True)]
    pages: Annotated[int, fields.Integer()]
    sha256: Annotated[str, fields.String()]
    created_at: Annotated[datetime, fields.AwareDateTime()]


@dataclass(frozen=True)
class DocumentList:
    items: Annotated[list[DocumentRecord], rows_of(DocumentRecord)]
    next: Annotated[str | None, fields.String(allow_none=True)]
