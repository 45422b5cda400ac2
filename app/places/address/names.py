"""Compound names inside a text: the longest name wins, two that fit are asked, unknown places are not guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.core.text import chinese
from app.places.address.register import Register, compact
from app.places.address.tokens import AddressSlot

MASK = "▣"
AROUND = MASK + " :·-—.,。()[]【】"
"""What may stand around a heading that is nothing but a place."""
_SKIPPED = " ·()"
_PLACE_ENDS = tuple(
    "花园 家园 小区 公寓 新村 山庄 大厦 公馆 名邸 宿舍 别墅 新苑 名苑 花苑 佳苑 家苑 水岸 广场"
    " 苑 园 城 湾 府 里 坊 庭 邸 居 墅 轩 阁 院 寓 村".split()
)
_PLACE_WORDS = tuple(
    "花园 家园 小区 公寓 新村 山庄 大厦 公馆 名邸 宿舍 别墅 新苑 名苑 花苑 佳苑 家苑 水岸 广场 嘉业 都会 时代 天地 之星"
    " 国际 名都 华府 豪庭 新城 世家 悦府 蝶园 中心 雅苑 雅居 嘉园 花城 名城 丽都 人家 印象 城邦"
    " 银座 尚座 春天 东湾 西湾".split()
)
_SMALL_PLACES = ("苑", "园", "村", "弄", "庭", "塘", "湾", "巷", "城", "营", "桥", "岭", "坞", "埠", "浜")
_NO_PLACE_STARTS = tuple("放送到在请麻别先敲按打给挂")
_ADMIN_ENDS = tuple("省 市 区 县 镇 乡 街道 社区 路 街 道 弄 号 巷 桥 站 在 是 到 到了".split())
_CITIES = tuple(
    (
        "北京 上海 天津 重庆 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 台州 南京 苏州 无锡 常州 合肥 福州 厦门 南昌 济南 "
        "青岛 郑州 武汉 长沙 广州 深圳 东莞 佛山 南宁 海口 成都 贵阳 昆明 西安 兰州 太原 石家庄 沈阳 大连 长春 "
        "哈尔滨 浙江 江苏 广东"
    ).split()
)
_ROADS = ("路", "街", "大道", "巷", "弄", "胡同")
_NO_PLACE = ("独居", "小区里", "这里", "那里", "家里", "群里", "哪里", "邻居")


@dataclass(frozen=True, slots=True)
class Naming:
    """What the text says about the compound.

    compounds: those that fit, empty when the text names none. masked: the text with the name blanked, same length.
    problem: "", "unknown_place" (a place the register does not have) or "longer_name" (text glued before a name).
    """

    compounds: frozenset[str]
    masked: str
    problem: str = ""
    by_typo: bool = False
    building: str = ""


def _compacted(text: str) -> tuple[str, list[int]]:
    kept = [(ch, at) for at, ch in enumerate(text) if ch not in _SKIPPED]
    return "".join(ch for ch, _ in kept), [at for _, at in kept]


def find_compound(folded: str, register: Register) -> Naming:
    """The compound named in folded text. Every name that occurs counts once; a name inside a longer one does not."""
    flat, positions = _compacted(folded)
    spans: list[tuple[int, int, str]] = []
    at = 0
    while at < len(flat):
        name = next((n for n in register.names_from(flat[at]) if flat.startswith(n, at) and _whole(n, flat, at)), "")
        if name:
            spans.append((at, at + len(name), name))
        at += max(len(name), 1)
    if not spans:
        return _unnamed(folded, register)
    masked = list(folded)
    for start, end, _ in spans:
        masked[positions[start] : positions[end - 1] + 1] = MASK * (positions[end - 1] + 1 - positions[start])
    fits = set.intersection(*(register.names[name] for _, _, name in spans))
    if not fits:
        fits = set.union(*(register.names[name] for _, _, name in spans))
    longer = _glued_before(folded, positions[spans[0][0]]) or any(_goes_on(flat[end : end + 4]) for _, end, _ in spans)
    return Naming(frozenset(fits), "".join(masked), "longer_name" if longer else "")


def _goes_on(after: str) -> bool:
    """`三新家园西区`, `景芳二村` where only the shorter name is known: another place of the same family."""
    return _is_part(after[:2]) or after[:2] in ("新苑", "新村", "花苑", "家园", "花园", "公寓", "公馆")


def _is_part(word: str) -> bool:
    """二区, 西苑, 东区: the part of a place that tells it from its neighbours."""
    telling = len(word) == 2 and (word[0] in "东西南北中上下前后" or word[0] in chinese.NUMERALS)
    return telling and word[1] in "区苑院园村期"


def _whole(name: str, flat: str, at: int) -> bool:
    """A name that ends in a digit or 号 ends there in the text too (500弄 is not in 1500弄, 1号 not in 1号楼)."""
    before, after = flat[at - 1 : at], flat[at + len(name) : at + len(name) + 1]
    if name[0].isdigit() and before.isdigit():
        return False
    if name[-1].isdigit() and after.isdigit():
        return False
    return not (name.endswith("号") and after in ("楼", "院"))


def _glued_before(folded: str, start: int) -> bool:
    """Han text directly before the name that is no district, road or lane: perhaps a longer, unknown name."""
    begin = start
    if any(word in folded[start : start + 8] for word in ("路", "街", "弄")):
        return False
    while begin > 0 and "\u4e00" <= folded[begin - 1] <= "\u9fff":
        begin -= 1
    before = folded[begin:start]
    told = (*_ADMIN_ENDS, *_CITIES, "路口", "交叉", "交叉口")
    return bool(before) and not before.endswith(told) and before[-1] not in chinese.NUMERALS


def _runs(folded: str) -> list[tuple[int, str]]:
    runs: list[tuple[int, str]] = []
    begin = -1
    for at, ch in enumerate(folded + "\0"):
        is_han = "\u4e00" <= ch <= "\u9fff"
        if is_han and begin < 0:
            begin = at
        if not is_han and begin >= 0:
            runs.append((begin, folded[begin:at]))
            begin = -1
    return runs


def _unnamed(folded: str, register: Register) -> Naming:
    """No known name: a place word before a number is a typing error of a known name, or an unknown place."""
    for begin, run in _runs(folded):
        after = folded[begin + len(run) :].lstrip(" ·()")
        behind = folded[:begin].rstrip(" ·(")[-1:]
        if behind.isdigit() and (run[0] in "岁口人元" or run[1:].startswith(_NO_PLACE_STARTS)):
            continue  # 82岁独居, 2份放消防栓里
        if len(run) < 3 or not (after[:1].isdigit() or (behind.isdigit() and run.endswith(_PLACE_ENDS))):
            continue
        size, similar = _similar(run, register)
        if similar:
            start = begin + len(run) - size
            masked = folded[:start] + MASK * size + folded[start + size :]
            return Naming(frozenset(similar), masked, by_typo=True)
        if run.endswith(_PLACE_ENDS) and not run.endswith(_NO_PLACE):
            return Naming(frozenset(), folded, "unknown_place")
    return Naming(frozenset(), folded)


def _similar(run: str, register: Register) -> tuple[int, set[str]]:
    """Compounds whose name, of four characters or more, differs from the end of the run in one character.

    The first character must agree: 月光花园 is not a slip of 阳光花园.
    """
    for size in range(min(len(run), 12), 3, -1):
        word = run[-size:]
        found: set[str] = set()
        for name in register.names_of(size):
            slips = sum(a != b for a, b in zip(name, word, strict=True)) if name[0] == word[0] else 0
            if slips == 1 and not _told_apart(name, word):
                found |= register.names[name]
        if found:
            return size, found
    return 0, set()


def _told_apart(name: str, word: str) -> bool:
    """景芳一区 and 景芳三区, 东苑 and 西苑 are different places, not typing errors."""
    pair = next((a, b) for a, b in zip(name, word, strict=True) if a != b)
    telling = chinese.NUMERALS | set("东西南北中上下新老大小前后内外0123456789ABCDEFGH")
    return all(ch in telling for ch in pair)


SLOT = "▢"
_DISTRICT_ENDS = tuple(end for end in _ADMIN_ENDS if end not in ("弄", "巷", "号"))
_INTRODUCES = ("地址", "地址是", "我家", "住", "我住", "我在", "房号", "门牌", "楼号", "送到", "家")


def unexplained(
    masked: str, slots: Sequence[AddressSlot], is_many: bool, explains: Callable[[str], bool] | None
) -> bool:
    """Whether words beside an address may name a place that the register does not have (采荷嘉业7栋2单元302).

    masked: folded text with the known name blanked. is_many: several compounds are possible, so that a road or two
    strange characters are enough to doubt. explains: what else such words may be (a person, goods); None when
    the text is an address and nothing else.
    """
    marked = list(masked)
    for slot in slots:
        marked[slot.start : slot.end] = SLOT * (slot.end - slot.start)
    text = "".join(marked)
    is_whole, explains = explains is None, explains or _nothing
    for begin, run in _runs(text):
        rest = text[begin + len(run) :].lstrip(" ,:·()-。.")
        alone = is_whole or text[begin - 1 : begin] == "("
        if run.endswith(_ROADS) and (rest[:1] == SLOT or rest[:1].isdigit()):
            if is_many or rest[:1] != SLOT or run.endswith(("弄", "巷", "胡同")):
                return True
            continue
        is_part = len(run) > 2 and _is_part(run[-2:])
        is_bridge = run.endswith("桥") and len(run) <= 4 and rest[:1] == SLOT  # 李家桥 is a place of its own
        is_district = run.endswith((*_DISTRICT_ENDS, *_INTRODUCES)) and not run.endswith("小区")
        if is_district and not is_part and not is_bridge:
            continue
        behind = text[:begin].rstrip(" ·(,:-。.")[-1:] == SLOT and (len(run) >= 4 or _is_small_place(run))
        strange = behind and not _is_goods_name(text[begin + len(run) :])
        begins = any(ends_like_place(run[:at]) for at in range(3, min(len(run), 9)))
        doubtful = (
            is_part or strange or begins or _is_place(run, rest, is_many) or (is_many and alone and len(run) >= 3)
        )
        if doubtful and not explains(run):
            return True
    return False


def _is_small_place(run: str) -> bool:
    """南苑, 观音塘, 严家弄: short words that end like the names of places."""
    return len(run) >= 2 and run.endswith(_SMALL_PLACES)


def _is_goods_name(rest: str) -> bool:
    """A quantity in a unit of goods stands directly behind the words: 空气炸锅1个, but not `采荷嘉业 2份`."""
    number = rest.lstrip("xX*×+")
    left = number.lstrip("0123456789")
    if number[:1] in chinese.NUMERALS or number[:1] == "半":
        return True
    if left != number:
        return rest[:1] != " "
    blank = rest.lstrip(" ").lstrip("xX*×+")
    after = blank.lstrip("0123456789").lstrip(" ")
    return blank != after and after[:1] not in ("", "份", "单", "户", "套", ",", "。")


@lru_cache(maxsize=8192)
def ends_like_place(word: str) -> bool:
    """Whether a word of three characters or more ends like the name of a place (庆春苑, 观音塘)."""
    like = len(word) >= 3 and word.endswith((*_PLACE_ENDS, *_SMALL_PLACES)) and not word.endswith(_NO_PLACE)
    return like and not word.startswith(_NO_PLACE_STARTS)


@lru_cache(maxsize=8192)
def holds_place(run: str) -> bool:
    """Whether Han words begin with the name of a place, whatever follows it (新世纪花园鸡蛋, 月光花园王阿姨)."""
    if run.startswith(_NO_PLACE_STARTS):
        return False
    return any(run.find(word, 2) >= 2 for word in _PLACE_WORDS) and not run.endswith(_NO_PLACE)


def _nothing(_run: str) -> bool:
    return False


def _is_place(run: str, rest: str, is_many: bool) -> bool:
    """Strange words in front of the address, words that end like a place, words with a house number of their own."""
    if rest[:1] == SLOT:
        return len(run) >= (2 if is_many else 3) or run.endswith((*_PLACE_ENDS[:18], *_SMALL_PLACES))
    number = rest[:4].lstrip("0123456789")
    numbered = number != rest[:4] and number[:1] == "号"
    named = (run.endswith((*_PLACE_ENDS, *_SMALL_PLACES)) or holds_place(run)) and not run.endswith(_NO_PLACE)
    return len(run) >= 3 and (numbered or named)


def compounds_with_longer_name(compounds: frozenset[str], register: Register) -> frozenset[str]:
    """Other compounds whose longer name contains the name that was written (庆和苑 in 南肖埠庆和苑)."""
    written = {compact(compound) for compound in compounds}
    return frozenset(
        other
        for other in register.buildings
        if other not in compounds and any(name in compact(other) and len(name) >= 2 for name in written)
    )


def named_building(masked: str, register: Register, compounds: frozenset[str]) -> Naming | None:
    """A building that goes by a name (商务楼): the text with it blanked, or None."""
    for compound, key in sorted(register.named_buildings, key=lambda pair: -len(pair[1])):
        if key in masked.upper() and (not compounds or compound in compounds):
            at = masked.upper().index(key)
            blank = masked[:at] + MASK * len(key) + masked[at + len(key) :]
            return Naming(frozenset({compound}), blank, building=key)
    return None
