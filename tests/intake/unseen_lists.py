"""The lists of `unseen/`: read as its README describes, given to the readers, and judged line by line.

verdict      what became of a line
right        one of the answers given for it (a heading kept as talk, or the reverse, is a matter of taste)
asked        a person is asked although the answer was clear
lost         kept as a heading or talk although somebody ordered, or a person had to be asked
door         goods for a household that no answer names
goods        other goods or another number of them
cancelled    ordered although it was cancelled
guessed      something was decided although only asking was right
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

from app.core.input.tables import read_sheets
from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import ChainGoods, ChainLine, Context, EntryOutcome
from app.intake.workbook.reader import PlacedRow, read_workbook
from app.places.address.rules import AddressScope, Register, RegisteredHousehold

FILES = sorted(Path(__file__).with_name("unseen").glob("*.txt"))
BAD = ("lost", "door", "goods", "cancelled", "guessed")
_LETTERS = dict(zip((o for o in EntryOutcome), "RAX?SH", strict=True))
_NOTHING = frozenset("HS")
_TABLE_GONE = ("refunded_or_unpaid", "cancelled")


def _flats(
    compound: str, buildings: list[str], stairwells: list[str], floors: int, doors: int
) -> list[RegisteredHousehold]:
    rooms = [f"{floor}{door:02d}" for floor in range(1, floors + 1) for door in range(1, doors + 1)]
    return [
        RegisteredHousehold("/".join((compound, b, s, r)), compound, b, s, r)
        for b, s, r in product(buildings, stairwells, rooms)
    ]


def _run(most: int, level: str) -> list[str]:
    return [f"{number}{level}" for number in range(1, most + 1)]


@cache
def _homes(name: str) -> tuple[RegisteredHousehold, ...]:
    two, three = ["1单元", "2单元"], ["1单元", "2单元", "3单元"]
    plain = {
        "yard": lambda: _flats("春晖苑", _run(16, "号楼"), [""], 6, 4),
        "pair": lambda: [h for c in ("紫薇园", "海棠园") for h in _flats(c, _run(9, "幢"), two, 6, 2)],
        "sides": lambda: [
            h for c in ("锦绣家园南区", "锦绣家园北区") for h in _flats(c, _run(8, "号楼"), [""], 6, 3)
        ],
        "stages": lambda: [
            *_flats("翡翠城一期", _run(8, "栋"), two, 11, 2),
            *_flats("翡翠城二期", _run(12, "栋"), two, 11, 2),
        ],
        "mill": lambda: [
            *_flats("纺织厂宿舍", ["甲", "乙", "丙"], three, 5, 2),
            *_flats("新村", _run(5, "幢"), ["1单元"], 6, 2),
        ],
        "lanes": lambda: [
            h for n in (210, 455, 1033) for h in _flats(f"长宁路{n}弄", _run(30, "号"), [""], 6, 4)
        ],
        "towers": lambda: _flats("碧波湾", ["望海楼", "观潮楼", "听雨阁", "听雪阁"], [""], 18, 4),
        "village": lambda: _flats(
            "下塘村", [f"{a}{n}号" for a in ("东一弄", "东二弄", "西三弄") for n in range(1, 21)], [""], 2, 2
        ),
        "dorms": lambda: _flats("青年公寓", ["南1", "南2", "北1", "北2", "7号楼", "8号楼"], [""], 5, 6),
    }  # fmt: skip
    mixed = {
        "mixA": ("yard", "dorms"), "mixB": ("yard", "village", "towers"), "mixC": ("pair", "lanes"),
        "mixD": ("sides", "mill"),
    }  # fmt: skip
    return tuple(h for part in mixed.get(name, (name,)) for h in (plain[part]()))


@cache
def register(name: str) -> Register:
    return Register(_homes(name))


@cache
def lexicon(name: str) -> Lexicon:
    if name == "veg":
        return Lexicon([LexiconItem("蔬菜包", "份", ("菜包", "蔬菜套餐"))])
    goods = (
        "蔬菜包/份 鸡蛋/板/土鸡蛋 牛奶/箱/纯牛奶 大米/袋 五花肉/份 抽纸/提/纸巾 西瓜/个 吐司/袋/面包 苹果/份 酱油/瓶"
        " 食用油/桶/油 青菜/份 土豆/份/马铃薯 奶粉/罐 玉米/份"
    )
    return Lexicon(
        LexiconItem(each[0], each[1], tuple(each[2:])) for each in (word.split("/") for word in goods.split())
    )


class Part(NamedTuple):
    """One thing that a line is. goods: sorted (item, sign, quantity)."""

    kind: str
    household: object = None
    goods: tuple[tuple[str, str, int], ...] = ()


class Answer(NamedTuple):
    """Everything a line may be at once (`R … & R …`)."""

    parts: tuple[Part, ...]


@dataclass(slots=True)
class Paste:
    """One paste or workbook: rows of (sheet, text, answers); blank lines of a paste are kept."""

    source: str
    register: str
    catalogue: str
    building: str = ""
    is_table: bool = False
    rows: list[tuple[str, str, tuple[Answer, ...]]] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{self.source}: {self.register} {self.catalogue} {next((t for _s, t, _a in self.rows if t), '')[:16]}"


class Judged(NamedTuple):
    """A line with what became of it."""

    paste: Paste
    text: str
    said: tuple[Part, ...]
    right: tuple[Answer, ...]
    verdict: str
    why: str = ""


def pastes() -> Iterator[Paste]:
    for path in FILES:
        found: Paste | None = None
        sheet = ""
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("== "):
                if found is not None:
                    yield found
                _marks, *words = line.split()
                is_table = words[0] == "table"
                words = words[1:] if is_table else words
                found = Paste(path.stem, words[0], words[1], *words[2:3], is_table=is_table)
            elif line.startswith("-- ") and found is not None and found.is_table:
                sheet = line[3:]
            elif found is not None and (line.strip() or not found.is_table):
                text, _tab, answers = line.partition("\t")
                said = tuple(_answer(each, found.register) for each in answers.split(" || ")) if answers else ()
                found.rows.append((sheet, text, said))
        if found is not None:
            yield found


def _answer(text: str, name: str) -> Answer:
    return Answer(tuple(sorted((_part(each, name) for each in text.split(" & ")), key=str)))


def _part(text: str, name: str) -> Part:
    kind, *rest = text.strip().split(" ")
    if kind not in "RAX":
        return Part(kind)
    goods, sign = [], ""
    for each in (rest[1] if len(rest) > 1 else "").split(","):
        sign = each[:1] if each[:1] in ("=", "+", "-") else sign
        item = each.lstrip("=+-").rstrip("0123456789")
        if item:
            goods.append((item, sign, int(each[each.index(item) + len(item) :])))
    return Part(kind, household_of(rest[0], name), tuple(sorted(goods)))


@cache
def household_of(said: str, name: str) -> object:
    """The one household of the register that an answer names; a mistake in the answers fails here."""
    place, _slash, numbers = said.rpartition("/")
    found = [
        home.household_id
        for home in _homes(name)
        if _numbers(home) == numbers and (not place or home.compound == place)
    ]
    assert len(found) == 1, f"{said} names {len(found)} households of {name}"
    return found[0]


def _numbers(home: RegisteredHousehold) -> str:
    bare = home.building
    for level in ("号楼", "幢", "栋"):
        bare = bare.removesuffix(level)
    bare = bare.removesuffix("号") if bare.removesuffix("号").isdigit() else bare
    return "-".join(filter(None, (bare, home.stairwell.removesuffix("单元"), home.room)))


def read(paste: Paste) -> list[Judged]:
    """Every line of a paste or table, judged."""
    said = _read_table(paste) if paste.is_table else _read_chain(paste)
    judged = []
    for at, (_sheet, text, answers) in enumerate(paste.rows):
        if answers:
            parts = said.get(at, (Part("S"),) if paste.is_table else ())
            judged.append(Judged(paste, text, parts, answers, judge(parts, answers, is_table=paste.is_table)))
    return judged


def _read_chain(paste: Paste) -> dict[int, tuple[Part, ...]]:
    context = Context(scope=_bound(paste)) if paste.building else Context()
    text = "\n".join(text for _sheet, text, _answers in paste.rows)
    found: dict[int, list[Part]] = defaultdict(list)
    by_number: dict[int, ChainLine] = {}
    for line in parse_chain(text, register(paste.register), lexicon(paste.catalogue), context).lines:
        by_number.setdefault(line.line_no, line)
        found[line.line_no - 1].append(_said(line, by_number))
    return {at: tuple(sorted(set(parts), key=str)) for at, parts in found.items()}


def _bound(paste: Paste) -> AddressScope:
    """`7号楼`, or `海棠园4幢` where the register has several compounds."""
    for compound in register(paste.register).buildings:
        if paste.building.startswith(compound):
            return AddressScope((compound,), building=paste.building.removeprefix(compound))
    return AddressScope(building=paste.building)


def _said(line: ChainLine, by_number: dict[int, ChainLine]) -> Part:
    if line.continues is not None:
        return Part("?") if by_number[line.continues].outcome is EntryOutcome.REVIEW else Part("~")
    change = {"set": "=", "add": "+", "less": "-"}[line.change.value] if line.change else ""
    return _ordered(_LETTERS[line.outcome], line.household, line.items, change)


def _ordered(letter: str, home: RegisteredHousehold | None, items: tuple[ChainGoods, ...], change: str = "") -> Part:
    if letter not in "RAX":
        return Part(letter)
    if home is None:
        return Part("?")
    if letter == "X":
        if not items:
            return Part("X", home.household_id)
        return Part("A", home.household_id, tuple(sorted((item.item, "=", 0) for item in items)))
    return Part(letter, home.household_id, tuple(sorted((item.item, change, item.qty or 0) for item in items)))


def workbook_of(paste: Paste) -> bytes:
    """The table as a real workbook; whole numbers are numbers, as in a spreadsheet."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name in dict.fromkeys(sheet for sheet, _text, _answers in paste.rows):
        sheet = book.add_worksheet(name)
        lines = [text for of, text, _answers in paste.rows if of == name]
        for row, cells in enumerate(csv.reader(lines)):
            for column, cell in enumerate(cells):
                if cell.isascii() and cell.isdigit() and len(cell) < 12:
                    sheet.write_number(row, column, int(cell))
                elif cell:
                    sheet.write_string(row, column, cell)
    book.close()
    return buffer.getvalue()


def _read_table(paste: Paste) -> dict[int, tuple[Part, ...]]:
    found = read_workbook(read_sheets(workbook_of(paste)), register(paste.register), lexicon(paste.catalogue))
    places: dict[tuple[str, int], int] = {}
    counted: dict[str, int] = defaultdict(int)
    for at, (sheet, _text, _answers) in enumerate(paste.rows):
        counted[sheet] += 1
        places[sheet, counted[sheet]] = at
    rows: dict[int, list[PlacedRow]] = defaultdict(list)
    for row in found.rows if found else ():
        rows[places[row.sheet, row.row_no]].append(row)
    return {at: _table_said(parts) for at, parts in rows.items()}


def _table_said(rows: list[PlacedRow]) -> tuple[Part, ...]:
    """Rows of one physical row are one order of their household."""
    parts: set[Part] = set()
    goods: dict[object, list[tuple[str, str, int]]] = defaultdict(list)
    for row in rows:
        if row.outcome is EntryOutcome.ROW and row.household is not None:
            goods[row.household.household_id] += [(item.item, "", item.qty or 0) for item in row.goods]
        elif row.outcome is EntryOutcome.SKIP and row.reason in _TABLE_GONE and row.household is not None:
            parts.add(Part("X", row.household.household_id))
        else:
            parts.add(Part("S" if row.outcome is EntryOutcome.SKIP else "?"))
    parts |= {Part("R", home, tuple(sorted(each))) for home, each in goods.items()}
    return tuple(sorted(parts, key=str))


def judge(said: tuple[Part, ...], answers: tuple[Answer, ...], *, is_table: bool = False) -> str:
    """The verdict on one line; see the table at the top."""
    wanted = [answer.parts for answer in answers]
    kinds = {part.kind for part in said}
    quiet = any({part.kind for part in parts} <= _NOTHING for parts in wanted)
    acts = [part for part in said if part.kind in "RAX"]
    if said in wanted or (kinds <= _NOTHING and quiet):
        return "right"
    if not acts:
        return "asked" if "?" in kinds else "lost"
    known = [part for parts in wanted for part in parts if part.kind in "RAX"]
    if not known:
        return "guessed"
    if any(part.household not in {one.household for one in known} for part in acts):
        return "door"
    if any(_although_cancelled(part, known) for part in acts):
        return "cancelled"
    if "?" in kinds and all(_is_within(part, known) for part in acts):
        return "asked" if (Part("?"),) not in wanted or is_table else "right"
    return "goods"


def _although_cancelled(part: Part, known: list[Part]) -> bool:
    mine = [one for one in known if one.household == part.household]
    gone = any(one.kind == "X" for one in mine) and not any(one.kind == "R" for one in mine)
    zero = {item for one in mine for item, sign, qty in one.goods if sign == "=" and qty == 0}
    return part.kind == "R" and (gone or any(item in zero for item, _sign, _qty in part.goods))


def _is_within(part: Part, known: list[Part]) -> bool:
    return any(
        part.kind == one.kind and part.household == one.household and set(part.goods) <= set(one.goods) for one in known
    )
