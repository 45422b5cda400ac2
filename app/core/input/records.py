"""Rows of a table by the meaning of their columns, whatever the head calls them, with a sentence for each bad cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.input.tables import TableSheet
from app.core.text import chinese

_YES = frozenset({"1", "1.0", "是", "有", "y", "yes", "true", "√", "有电梯"})
_NO = frozenset({"", "0", "0.0", "否", "无", "没有", "n", "no", "false", "×", "无电梯"})
_MARKS = re.compile(r"[\s_\-—:：*（）()【】\[\]/]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A meaning and the titles it goes by; compared without case, blanks and marks."""

    name: str
    titles: tuple[str, ...]
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong in a row of the file (its number as a spreadsheet shows it)."""

    row: int
    sentence: str


@dataclass
class Record:
    """One row. The readers note a problem and return the default where a cell cannot be understood."""

    number: int
    values: dict[str, str]
    titles: dict[str, str] = field(default_factory=dict)  # column → how the file calls it
    problems: list[RowProblem] = field(default_factory=list)

    def title(self, name: str) -> str:
        """What the file calls a column."""
        return self.titles.get(name, name)

    def has(self, name: str) -> bool:
        """Whether the cell holds anything."""
        return bool(self.values.get(name))

    def text(self, name: str, *, longest: int = 100, required: bool = False) -> str:
        """The cell as one trimmed line."""
        value = self.values.get(name, "")
        if required and not value:
            self.refuse(_("缺少%(column)s。", column=self.title(name)))
        if len(value) > longest:
            self.refuse(_("%(column)s太长，最多 %(longest)s 个字。", column=self.title(name), longest=longest))
        return value[:longest]

    def whole(self, name: str, *, least: int, most: int, default: int = 0) -> int:
        """The cell as a whole number; `default` when it is empty."""
        value = chinese.fold(self.values.get(name, ""))
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}(\.0+)?", value):
            self.refuse(_("%(column)s应为整数：%(value)s", column=self.title(name), value=value[:20]))
            return default
        number = int(value.partition(".")[0])
        if not least <= number <= most:
            self.refuse(
                _("%(column)s应在 %(least)s 到 %(most)s 之间。", column=self.title(name), least=least, most=most)
            )
            return default
        return number

    def decimal(self, name: str) -> float | None:
        """The cell as a number with a fraction; None when it is empty."""
        value = chinese.fold(self.values.get(name, ""))
        if not value:
            return None
        if not re.fullmatch(r"-?[0-9]{1,4}(\.[0-9]{1,16})?", value):
            self.refuse(_("%(column)s应为数字：%(value)s", column=self.title(name), value=value[:20]))
            return None
        return float(value)

    def fen(self, name: str) -> int:
        """The cell, an amount in yuan, in fen; 0 when it is empty."""
        value = chinese.fold(self.values.get(name, "")).removeprefix("¥").removesuffix("元").replace(",", "")
        if not value:
            return 0
        match = re.fullmatch(r"([0-9]{1,7})(?:\.([0-9]{1,2})0*)?", value)
        if match is None:
            self.refuse(_("%(column)s应为金额，例如 12.50：%(value)s", column=self.title(name), value=value[:20]))
            return 0
        return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """The cell as yes or no; `default` when it is empty."""
        value = chinese.fold(self.values.get(name, "")).strip().lower()
        if not value:
            return default
        if value not in _YES | _NO:
            self.refuse(_("%(column)s应为“是”或“否”：%(value)s", column=self.title(name), value=value[:20]))
        return value in _YES

    def refuse(self, sentence: str) -> None:
        """Note that this row cannot be taken."""
        self.problems.append(RowProblem(self.number, sentence))


def title_key(title: str) -> str:
    """A title as it is compared."""
    return _MARKS.sub("", chinese.fold(title).replace("\ufeff", "")).lower()


def head_fits(head: Sequence[str], wanted: Sequence[Column]) -> bool:
    """Whether a head row has every required column."""
    titles = {title_key(title) for title in head}
    return all(titles & {title_key(title) for title in column.titles} for column in wanted if column.is_required)


def records(sheet: TableSheet, wanted: Sequence[Column]) -> Iterator[Record]:
    """The rows below the head that hold anything. The head is the first row with all required columns.

    Raises Invalid where no row has them.
    """
    start = next((place for place, row in enumerate(sheet.rows[:20]) if head_fits(row, wanted)), None)
    if start is None:
        missing = [column.titles[0] for column in wanted if column.is_required]
        raise Invalid({"file": [_("表头里没有这些列：%(names)s", names="、".join(missing))]})
    head = sheet.rows[start]
    place_of = _places(head, wanted)
    titles = {name: head[place].strip() for name, place in place_of.items()}
    for number, row in enumerate(sheet.rows[start + 1 :], start=start + 2):
        if any(cell.strip() for cell in row):
            values = {name: " ".join(row[place].split()) for name, place in place_of.items() if place < len(row)}
            yield Record(number, values, titles)


def unused_titles(sheet: TableSheet, wanted: Sequence[Column]) -> list[str]:
    """Titles of the head that no column of ours goes by, to be shown before anything is written."""
    head = next((row for row in sheet.rows[:20] if head_fits(row, wanted)), [])
    known = {title_key(title) for column in wanted for title in column.titles}
    return [title.strip() for title in head if title.strip() and title_key(title) not in known]


def _places(head: Sequence[str], wanted: Sequence[Column]) -> dict[str, int]:
    titles = [title_key(title) for title in head]
    places: dict[str, int] = {}
    for column in wanted:
        for title in column.titles:
            if title_key(title) in titles:
                places[column.name] = titles.index(title_key(title))
                break
    return places
