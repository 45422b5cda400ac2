"""The names that people write for the places of a register, full and short, built from the register alone.

    register                          also written                 means
    紫薇园 海棠园                      紫薇 海棠                     the compound
    锦绣家园南区, 锦绣家园北区          南区, 锦绣南区; 锦绣家园        the compound; both of them
    翡翠城二期                         二期                          the compound
    长宁路455弄                        455弄 四五五弄                the compound
    望海楼, 听雪阁                     望海 听雪                     the building
    东一弄5号 (a house of a lane)      东1弄五号, 东一弄             the building; all houses of the lane
    南1, 南2                           南一; 南3                     the building; no building at all
    锦绣家园南区                        南4-502                       the compound, where a building follows

A short name counts only where it is the name of one place (or of all that share it), and is no word for goods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from app.core.text import chinese
from app.places.address.rules import Register

_ENDS = tuple(
    "花园 家园 小区 公寓 新村 山庄 大厦 公馆 宿舍 别墅 新苑 名苑 花苑 佳苑 家苑 水岸 雅居"
    " 苑 园 城 湾 府 里 坊 庭 邸 居 墅 轩 阁 院 寓 村 楼 座".split()
)
_COMMON = frozenset("苑园城湾府里坊庭邸居墅轩阁院寓村楼座号幢栋弄区期路街道巷家小大花")
"""Characters of names that tell nothing."""
_KINDS = tuple("公寓 宿舍 新村 山庄 大厦 别墅 花园 家园".split())
_TELLING = frozenset("东西南北中上下前后") | (chinese.NUMERALS - frozenset("两俩仨百千廿零〇"))
_SIDES = frozenset("东西南北中")
_PARTS = ("区", "期", "苑", "园", "村")
_STEMS = frozenset("甲乙丙丁戊己庚辛壬癸")
_LEVELS = ("号楼", "号", "幢", "栋", "座", "弄")


@dataclass(frozen=True, slots=True)
class House:
    """One building that goes by a word, alone or with a number behind it. key: as the register compares it."""

    compound: str
    key: str


@dataclass(eq=False)
class Gazetteer:
    """compounds: name → the compounds it means. houses: name → buildings. streets: the word before the number of a
    building → compound → number → key. lanes: number → compounds.
    """

    compounds: dict[str, frozenset[str]] = field(default_factory=dict)
    houses: dict[str, frozenset[House]] = field(default_factory=dict)
    streets: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    lanes: dict[str, frozenset[str]] = field(default_factory=dict)
    stems: dict[str, frozenset[str]] = field(default_factory=dict)
    """甲, 乙 … where buildings go by them, and in which compounds."""
    heads: dict[str, frozenset[str]] = field(default_factory=dict)
    """南, 北 … of 南区 and 北区: a compound where the number of a building follows directly."""
    tells: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    """A character → the compounds, and the buildings with a name, that it tells from others."""
    long_lanes: dict[str, str] = field(default_factory=dict)
    """Numbers of lanes that are no building and no room: 1033-12-502 is 1033弄12号502."""
    full: frozenset[str] = frozenset()
    """Names that the register itself knows: they need no spelling out."""


_BUILT: WeakKeyDictionary[Register, Gazetteer] = WeakKeyDictionary()


def gazetteer(register: Register, is_goods: Callable[[str], bool]) -> Gazetteer:
    """The names of the places of a register, built once. is_goods: words that are goods before they are a place."""
    if register not in _BUILT:
        _BUILT[register] = _build(register, is_goods)
    return _BUILT[register]


def _build(register: Register, is_goods: Callable[[str], bool]) -> Gazetteer:
    names: dict[str, set[str]] = defaultdict(set)
    for name, compounds in register.names.items():
        names[name] |= compounds
    for compound in register.buildings:
        whole = chinese.fold(compound)  # with its dots and brackets: 中豪·五福天地, 景芳小区(一至五区)
        for name in {whole, whole.split("(")[0].strip()} - {""}:
            names[name].add(compound)
    full = frozenset(names)
    for compound in register.buildings:
        for short in _short_compounds(chinese.fold(compound).split("(")[0].strip(), register):
            if short not in full and not is_goods(short):
                names[short].add(compound)
    lanes: dict[str, set[str]] = defaultdict(set)
    for compound, numbers in register.lanes.items():
        for number in numbers:
            lanes[number].add(compound)
    houses, streets = _houses(register, is_goods)
    kept = {name: frozenset(found) for name, found in names.items() if _may_be_short(name, found, full)}
    of_lane = {number: frozenset(found) for number, found in lanes.items()}
    stems = {
        stem: frozenset(compound for compound, keys in register.buildings.items() if stem in keys)
        for stem in sorted({key for keys in register.buildings.values() for key in keys} & _STEMS)
    }
    return Gazetteer(
        kept,
        houses,
        streets,
        of_lane,
        stems,
        _heads(register, streets),
        _tells(register),
        _long_lanes(register, of_lane),
        full,
    )


def _tells(register: Register) -> dict[str, frozenset[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for compound, keys in register.buildings.items():
        for name, key in ((chinese.fold(compound), ""), *((key, key) for key in keys)):
            for ch in set(name) - _COMMON:
                if _is_han(ch):
                    found[ch].add((compound, key))
    return {ch: frozenset(places) for ch, places in found.items()}


def _long_lanes(register: Register, lanes: dict[str, frozenset[str]]) -> dict[str, str]:
    known = {key for keys in register.buildings.values() for key in keys}
    return {
        number: f"{number}弄"
        for number, compounds in lanes.items()
        if len(number) > 2
        and len(compounds) == 1
        and number not in known
        and not any((compound, number) in register.by_label for compound in register.buildings)
    }


def _heads(register: Register, streets: Collection[str]) -> dict[str, frozenset[str]]:
    """The one character that tells a part from the others, where it is no name of buildings itself."""
    found: dict[str, set[str]] = defaultdict(set)
    for compound in register.buildings:
        name = chinese.fold(compound).split("(")[0].strip()
        if len(name) > 3 and name[-1] in _PARTS and name[-2] in _SIDES:
            found[name[-2]].add(compound)
    return {head: frozenset(of) for head, of in found.items() if len(of) == 1 and head not in streets}


def _may_be_short(name: str, found: set[str], full: frozenset[str]) -> bool:
    """A short name of several compounds is one only where it begins the names of all of them (锦绣家园)."""
    if name in full or len(found) == 1:
        return True
    return all(compound.startswith(name) for compound in found)


def _short_compounds(name: str, register: Register) -> set[str]:
    found: set[str] = set()
    head, part = name, ""
    if len(name) > 3 and name[-1] in _PARTS and name[-2] in _TELLING:
        head, part = name[:-2], name[-2:]
        if not any(other != name and other.endswith(part) for other in register.buildings):
            found.add(part)
    base = next((head.removesuffix(end) for end in _ENDS if head.endswith(end) and len(head) > len(end) + 1), "")
    found |= {head, base + part} if part else {base}
    kind = next((kind for kind in _KINDS if name.endswith(kind)), "")
    if kind and sum(kind in other for other in register.buildings) == 1:
        found.add(kind)
        shorter = head.removesuffix(kind)
        found |= {shorter[-1:] + kind} if shorter else set()
    plain = {short for short in found if len(short) > 1 and not any(ch.isdigit() for ch in short)}
    return plain | _in_digits(name, plain)


def _in_digits(name: str, shorts: set[str]) -> set[str]:
    """二期 is 2期 too."""
    written = {short for short in {name, *shorts} if short.endswith("期") and short[-2] in "一二三四五六七八九"}
    return {f"{short[:-2]}{chinese.numeral(short[-2])}期" for short in written}


def _houses(
    register: Register, is_goods: Callable[[str], bool]
) -> tuple[dict[str, frozenset[House]], dict[str, dict[str, dict[str, str]]]]:
    houses: dict[str, set[House]] = defaultdict(set)
    streets: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for compound, keys in register.buildings.items():
        for key in keys:
            if len(key) < 2 or not any(_is_han(ch) for ch in key):
                continue
            street, number = _numbered(key)
            if number:
                streets[street][compound][number] = key
                continue
            houses[key].add(House(compound, key))
            end = next((end for end in _ENDS if key.endswith(end)), "")
            short = key.removesuffix(end)
            if end and len(short) > 1 and not is_goods(short):
                houses[short].add(House(compound, key))
    plain = {street: {c: dict(numbers) for c, numbers in each.items()} for street, each in streets.items()}
    known = {building for keys in register.buildings.values() for building in keys}
    return {name: frozenset(found) for name, found in houses.items() if len(found) == 1 or name in known}, plain


def _numbered(key: str) -> tuple[str, str]:
    """`东一弄5号` → 东一弄, 5; `南1` → 南, 1; two empty words where no number ends the name."""
    bare = next((key.removesuffix(level) for level in _LEVELS if key.endswith(level)), key)
    street = bare.rstrip("0123456789")
    number = bare[len(street) :]
    return (street, number.lstrip("0")) if street and number.strip("0") and _is_han(street[-1]) else ("", "")


def _is_han(ch: str) -> bool:
    return "\u4e00" <= ch <= "\u9fff"
