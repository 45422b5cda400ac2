"""A table that people type into: fields named ``<column>-<row id>``, loaded as a list of rows beside other fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.core.errors import Invalid
from app.core.input.schemas import TRANSPORT, Form, load


class RowForm(Form):
    """A `Form` over a table. ``RowForm(EditLines, request.form, ("packs",))`` reads ``packs-7=3`` as ``{"id": 7,
    "packs": "3"}`` in the schema's list field `rows`; a sentence about it is shown beside ``packs-7``."""

    def __init__(self, wanted: type[Any], typed: Mapping[str, str], columns: Collection[str]) -> None:
        super().__init__()
        self._typed, self.is_bound = typed, True
        data, ids = _gather(typed, columns)
        try:
            self.command = load(wanted, data)
        except Invalid as error:
            self.add(Invalid({_name(field, ids): said for field, said in error.problems.items()}))


def _gather(typed: Mapping[str, str], columns: Collection[str]) -> tuple[dict[str, Any], list[int]]:
    """The fields as a nested value, and the row ids in the order of the list. An empty field counts as missing, a row
    without any field as not there."""
    rows: dict[int, dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for name, value in typed.items():
        column, dash, number = name.rpartition("-")
        if dash and column in columns and number.isascii() and number.isdigit() and len(number) < 10:
            row = rows.setdefault(int(number), {"id": int(number)})
            if value.strip():
                row[column] = value
        elif name not in TRANSPORT and value != "":
            plain[name] = value
    typed_in = {number: row for number, row in rows.items() if len(row) > 1}
    return {**plain, "rows": list(typed_in.values())}, list(typed_in)


def _name(field: str, ids: list[int]) -> str:
    """``rows.0.packs`` as the name that the form used, ``packs-7``."""
    parts = field.split(".")
    if len(parts) == 3 and parts[0] == "rows" and parts[1].isdigit():
        return f"{parts[2]}-{ids[int(parts[1])]}"
    return field
