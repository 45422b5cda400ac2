"""Registers, catalogues and the table of `written_chains.txt`: chains of our own invention with what each line is.

The table holds one chain after another. `== REGISTER CATALOGUE [BUILDING]` begins a chain, `-` is no catalogue.
Each line is the text, a tabulator, and what becomes of it; several right answers are divided by ` || `:

    H head   S skip   ? review   ~R carries on the row above
    R 12-302 土豆2,鸡蛋1       a row: the household by its numbers, or @nickname, then the items
    A 12-302 =土豆3           an amendment: = to, + by, - less
    X 12-302                 a cancellation
    R … & R …                several parts of one physical line
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import ChainLine, EntryOutcome
from app.places.address.rules import Register, RegisteredHousehold

TABLE = Path(__file__).with_name("written_chains.txt")
LETTERS = dict(zip((o for o in EntryOutcome), "RAX?SH", strict=True))
Plain = tuple[str, str, str, str]


def flats(compound: str, buildings: object, stairwells: object, floors: int, doors: object) -> list[Plain]:
    """doors: how many on a floor, or their letters."""
    names = [f"{n:02d}" for n in range(1, doors + 1)] if isinstance(doors, int) else list(str(doors))
    rooms = [f"{floor}{name}" for floor in range(1, floors + 1) for name in names]
    return [(compound, str(b), str(s), room) for b, s, room in product(list(buildings), list(stairwells), rooms)]  # type: ignore[call-overload]


def _lettered(compound: str, letters: str, floors: int, doors: int) -> list[Plain]:
    return flats(compound, [f"{letter}座" for letter in letters], [""], floors, doors)


PLACES: dict[str, list[Plain]] = {
    "garden": flats("阳光花园", range(1, 13), (1, 2, 3), 18, 2),
    "lane": [
        *flats("嘉怡水岸", (b for b in range(1, 94) if b != 29), [""], 18, 5),
        ("嘉怡水岸", "29", "", ""),
        ("嘉怡水岸", "商务楼", "", "511"),
        ("嘉怡水岸", "商务楼", "", "907"),
    ],
    "gates": flats("芳城园", range(1, 10), range(1, 10), 6, 4),
    "nested": [
        *flats("庆和苑", range(1, 7), (1, 2), 7, 2),
        *flats("南肖埠庆和苑", range(1, 10), (1, 2, 3), 7, 2),
        *flats("景芳三区", range(20, 31), (1, 2), 7, 2),
    ],
    "towers": [
        *_lettered("滨江国际", "ABC", 28, 8),
        *(("滨江国际", f"{n}号", "", "") for n in range(1, 21)),
        *flats("滨江国际", ["老年公寓"], [""], 5, 6),
    ],
    "near": [
        ("和平里", *row.split("/"))  # type: ignore[misc]
        for row in "11//101 1/1/101 1//1101 3/2/101 32//101 12//302 1/2/302 123//202 12/3/202".split()
    ],
    "block": [("仁和里", "295", "", room) for room in "204 301 302 505 909 910 911 1201".split()],
    "letters": flats("张江公寓", (1, 2, 3), [""], 24, "ABCD"),
    "mixed": [
        *((c, f"{b}号楼", f"{s}单元", f"0{r}") for c, b, s, r in flats("春江花园", (1, 2, 3, 5), "一二", 6, 2)),
        *((c, f"{b}号楼", "", r) for c, b, _, r in flats("春江花园", (8, 9, 10), [""], 18, 4)),
    ],
    "forty": flats("翠湖雅居", range(1, 41), [""], 6, 2),
    "blocks": [
        (c, f"{b}幢", f"{s}单元", r)
        for c, b, s, r in flats("金色家园", (1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16), (1, 2), 11, 2)
    ],
    "lane5899": [(c, f"{b}号", s, r) for c, b, s, r in flats("龙吴路5899弄", range(1, 61), [""], 6, 4)],
    "four_hundreds": flats("望京西园", (401, 402, 403, 404, 410), (1, 2, 3, 4), 6, 3),
    "villas": [("碧水山庄", f"{n}栋", "", "") for n in range(1, 60)],
    "three": [
        *_lettered("东方公寓", "AB", 20, 6),
        *flats("西子花园", range(1, 9), (1, 2), 6, 2),
        *flats("北苑新村", range(50, 60), [""], 5, 3),
    ],
    "hundred": flats("浦江一村", range(1, 101), [""], 6, 6),
    "thirty": flats("和睦新村", range(1, 31), range(1, 6), 7, 3),
    "starlight": [*flats("星光里", (1, 2), [""], 18, "ABCD"), *flats("星光里", [3], [""], 18, 4)],
}
SHOPS: dict[str, str] = {
    "veg": "蔬菜包/份/菜包|蔬菜套餐",
    "shop": "土豆/袋/马铃薯|洋芋 鸡蛋/盒/土鸡蛋|蛋 牛奶/箱/纯牛奶|鲜牛奶 大米/袋/米|东北大米 卷纸/提/厕纸|卫生纸|草纸"
    " 青菜/份/小青菜|上海青 A套餐/份/ B套餐/份/ 洗洁精/瓶/ 猪肉/斤/五花肉/10",
    "big": "鸡蛋/板/土鸡蛋|蛋|鸡蛋30枚 牛奶/箱/光明牛奶|鲜奶|纯牛奶 绿叶菜/份/青菜包|叶菜 五花肉/斤/猪肉|肉"
    " 大米10斤/袋/大米|米 面粉/袋/ 食用油5L/桶/油|食用油|菜油 抽纸/提/纸巾|餐巾纸 卷纸/提/厕纸|卫生纸 洗衣液/瓶/"
    " 西红柿/斤/番茄 土豆/斤/洋芋 排骨/斤/ 方便面/箱/泡面 啤酒500ml*12/箱/啤酒/5 面包/个/吐司 猫粮/袋/ 酸奶/板/"
    " 84消毒液/瓶/消毒液",
    "two": "水果套餐/份/水果包|水果 蔬菜套餐/份/蔬菜包|蔬菜|菜",
    "abc": "A套餐/份/ B套餐/份/ C套餐/份/",
    "milk": "鲜牛奶950ml/瓶/牛奶|鲜奶/6",
}


@cache
def register(name: str) -> Register:
    return Register(RegisteredHousehold(number, *row) for number, row in enumerate(PLACES[name], start=1))


@cache
def lexicon(name: str) -> Lexicon:
    """item/unit/aliases[/limit], the aliases divided by |; no item for `-`."""
    items = []
    for entry in SHOPS.get(name, "").split():
        item, unit, aliases, *limit = entry.split("/")
        items.append(LexiconItem(item, unit, tuple(filter(None, aliases.split("|"))), *map(int, limit)))
    return Lexicon(items)


@dataclass(slots=True)
class Chain:
    """One chain of the table: its lines as they were written, blank ones included, and the answers of each."""

    register: str
    catalogue: str
    building: str
    lines: list[str] = field(default_factory=list)
    answers: list[list[str]] = field(default_factory=list)


def chains() -> Iterator[Chain]:
    found: Chain | None = None
    for row in TABLE.read_text("utf-8").splitlines():
        if row.startswith("== "):
            if found is not None:
                yield found
            found = Chain(*[*row.split()[1:], ""][:3])
        elif found is not None:
            text, _, answers = row.partition("\t")
            found.lines.append(text)
            found.answers.append(answers.split(" || "))
    if found is not None:
        yield found


def _numbers(line: ChainLine) -> str:
    """`12-302` of 12号楼 302, without the level words; @nickname without a household."""
    home = line.household
    if home is None:
        return f"@{line.who}"
    labels = (home.building, home.stairwell, home.room)
    endings = ("号楼", "单元", "室", "幢", "栋", "号", "座")
    plain = []
    for label in filter(None, labels):
        ending = next((e for e in endings if label.endswith(e)), "")
        plain.append(label.removesuffix(ending))
    return "-".join(plain)


def answer(lines: list[ChainLine]) -> str:
    """What became of one physical line, in the words of the table."""
    said = []
    for line in lines:
        letter = LETTERS[line.outcome]
        if line.continues is not None:
            said.append(f"~{letter}")
        elif letter in "RAX":
            sign = {"set": "=", "add": "+", "less": "-"}[line.change.value] if line.change else ""
            goods = ",".join(f"{item.item}{item.qty}" for item in line.items)
            said.append(f"{letter} {_numbers(line)} {sign}{goods}".strip())
        else:
            said.append(letter)
    return " & ".join(said)
