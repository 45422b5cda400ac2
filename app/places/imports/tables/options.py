"""What somebody chooses beside the file, and the communities a row can name."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select

from app.core.db import db
from app.core.input.records import Record
from app.places.models import Community


@dataclass(frozen=True)
class RegisterImportOptions:
    """`community_id`: where rows go that name no community. `datum`: of coordinates whose columns do not say it.

    `suffix`: put behind building labels that are bare numbers. `makes_rooms`: stairwells and rooms from the numbers
    of stairwells, floors and rooms per floor. `is_named`: somebody said for which subdistrict the table is.
    """

    subdistrict_id: int
    community_id: int | None = None
    datum: str = ""
    suffix: str = "幢"
    makes_rooms: bool = True
    is_named: bool = False


class Communities:
    """The communities of a subdistrict by name and code."""

    def __init__(self, options: RegisterImportOptions) -> None:
        found = select(Community).where(Community.subdistrict_id == options.subdistrict_id).order_by(Community.code)
        self.rows = list(db.session.scalars(found))
        self.by_name = {row.name: row for row in self.rows} | {row.code: row for row in self.rows}
        chosen = {row.id: row for row in self.rows}.get(options.community_id or 0)
        self.default = chosen or (self.rows[0] if len(self.rows) == 1 else None)

    def of(self, record: Record) -> Community | None:
        """The community that a row names, or the chosen one; refuses the row where there is none."""
        name = record.text("community", longest=60)
        if not name:
            if self.default is None:
                record.refuse(_("没有写社区：请选择“没有社区一列时归入”。"))
            return self.default
        found = self.by_name.get(name) or self.by_name.get(f"{name}社区") or self.by_name.get(name.removesuffix("社区"))
        if found is None:
            record.refuse(_("没有这个社区：%(name)s", name=name))
        return found
