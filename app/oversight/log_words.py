"""What the event log says of a subject, with stored codes in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.core.db import Base
from app.core.labels import Labelled


@cache
def _vocabularies() -> dict[str, list[type[Labelled]]]:
    """Table → the vocabularies of its columns."""
    return {
        name: [column.info["choices"][1] for column in table.columns if "choices" in column.info]
        for name, table in Base.metadata.tables.items()
    }


def in_words(subject_type: str, data: Mapping[str, Any]) -> str:
    """The contents of an event as one line; a code is looked up where its subject is kept, then everywhere."""
    everywhere = [one for found in _vocabularies().values() for one in found]
    known = [*_vocabularies().get(subject_type, []), *everywhere]
    return "，".join(f"{key}={_word(value, known)}" for key, value in data.items())


def _word(value: Any, known: list[type[Labelled]]) -> str:
    if isinstance(value, list):
        return "、".join(_word(one, known) for one in value)
    if not isinstance(value, str):
        return str(value)
    return next((one(value).label for one in known if value in one.__members__.values()), value)
