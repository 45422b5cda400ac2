"""Remarks inside an order: paid, substitution, door notes, redirected delivery, special needs, health.

clause                       flag              goes to
已付 / 已转 / 付款✅           paid              note (no proof of payment)
没有就不要 / 不要替换          no_substitute     note
没有可换 / 随便都行            may_substitute    note
放门口 / 敲门重一点 / 先打电话  door_note         note
60元 / ¥60 / 7.5元/袋 / 3口人  -                 note (a price and how many live there count no goods)
高血压 / 产妇 / 透析           health            restricted note only, never paper
奶粉 / 尿不湿 / 独居老人 / 没有锅 special_need      note
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from app.core.text import chinese, remark_words
from app.intake.grammar import words
from app.intake.grammar.model import EntryFlag

_PAID_CORES = ("转", "付", "红包", "交", "打款", "结清")
_MONEY = ("块钱", "元", "块")


def _payment_words() -> tuple[str, ...]:
    """已付, 微信已转账了, 已支付宝付款: an adverb, a channel, the verb and its ending, longest first."""
    found = {"红包已发", "红包", "钱已付", "已交", "已打款", "已结清"}
    for lead, channel, done, verb, end in product(
        ("", "已", "已经"), ("", "微信", "支付宝"), ("", "已"), ("转账", "付款", "支付", "转", "付"), ("", "了", "过了")
    ):
        if len(verb) > 1 or lead or channel or done or end:
            found.add(lead + channel + done + verb + end)
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


_PAID = _payment_words()
_TICKS = "✅☑✔💰🧧"
_MISSING = ("如果没有", "要是没有", "没有", "无货", "缺货", "没货", "断货", "没了", "买不到", "如无", "若无")
_THEN_NOT = ("就不要", "不要", "算了", "就退", "退款", "取消", "不用", "不换", "不买", "就不")
_THEN_OTHER = ("换", "替", "都行", "都可以", "也行", "也可以", "代替", "其他", "别的")
_NO_CHANGE = ("不要替换", "不接受替换", "不接受代替", "不可替换", "不替换", "不要换", "不能换", "勿换", "别换", "不换")
_ANY = ("随便", "都行", "都可以", "可替换", "可以替换", "可换", "可以换", "有无均可", "什么都行")
_DOOR_STARTS = ("麻烦", "请", "放", "敲", "按", "先", "别", "不要", "挂", "送", "到了", "到时", "可以放", "直接")
_PAID_SHORT = ("已", "付", "转", "谢", "钱", "微信", "红包")
_BREAKS = ",，。;；!！、\n"


@dataclass(frozen=True, slots=True)
class Remarks:
    """rest: the text without the clauses that are remarks; note and restricted: those clauses."""

    rest: str
    note: str
    restricted: str
    flags: frozenset[EntryFlag]


@lru_cache(maxsize=8192)
def flags_of(text: str) -> frozenset[EntryFlag]:
    """What any free text says of needs, whatever else it holds."""
    found: set[EntryFlag] = set()
    text = text.lower()
    if remark_words.says_special_need(text):
        found.add(EntryFlag.SPECIAL_NEED)
    if remark_words.says_health(text):
        found |= {EntryFlag.HEALTH, EntryFlag.SPECIAL_NEED}
    if any(word in text for word in remark_words.URGENT):
        found.add(EntryFlag.URGENT)
    return frozenset(found)


def is_health(text: str) -> bool:
    return remark_words.says_health(text.lower())


@lru_cache(maxsize=8192)
def extract_remarks(text: str) -> Remarks:
    """Takes the remarks out of the text of an order; what is left are name and goods."""
    flags = set(flags_of(text))
    rest: list[str] = []
    notes: list[str] = []
    restricted: list[str] = []
    paid = False
    for clause, mark in _clauses(text):
        kept, remark, flag = _clause(clause)
        if paid and clause and _is_amount(clause):  # 已转 60
            kept, remark = "", clause
        paid = flag is EntryFlag.PAID or (paid and not clause)
        rest.append(kept + mark)
        if flag:
            flags.add(flag)
        if remark:
            (restricted if is_health(remark) else notes).append(remark)
    return Remarks("".join(rest), " ".join(notes), " ".join(restricted), frozenset(flags))


def _clauses(text: str) -> list[tuple[str, str]]:
    """Clauses with the mark that ends each; blanks and brackets end a clause too."""
    found: list[tuple[str, str]] = []
    begin = 0
    for at, ch in enumerate(text):
        if ch in _BREAKS + " ()":
            found.append((text[begin:at], ch))
            begin = at + 1
    found.append((text[begin:], ""))
    return found


def _clause(clause: str) -> tuple[str, str, EntryFlag | None]:
    """(what stays goods, what is a remark, its flag)."""
    if not clause:
        return "", "", None
    paid = _paid(clause)
    if paid is not None:
        beside = clause[len(paid) :] if clause.startswith(paid) else clause[: -len(paid)]
        return paid, beside if paid in clause else "", EntryFlag.PAID
    priced = _price(clause)
    if priced is not None:
        return priced[0], priced[1], None
    if _persons(clause):
        return "", clause, None
    at = _substitution(clause)
    if at >= 0:
        return clause[:at], clause[at:], EntryFlag.NO_SUBSTITUTE
    if any(word in clause for word in _MISSING) and any(word in clause for word in _THEN_OTHER):
        at = min(clause.find(word) for word in _MISSING if word in clause)
        return clause[:at], clause[at:], EntryFlag.MAY_SUBSTITUTE
    if clause in _ANY:
        return "", clause, EntryFlag.MAY_SUBSTITUTE
    at = _door(clause)
    if at >= 0:
        return clause[:at], clause[at:], EntryFlag.DOOR_NOTE
    if is_health(clause) and not any(ch.isdigit() for ch in clause):
        return "", clause, None
    return clause, "", None


def _paid(clause: str) -> str | None:
    """The clause without its payment words; None when it has none."""
    kept = clause
    for word in _PAID if any(core in clause for core in _PAID_CORES) else ():
        at = kept.find(word)
        if at >= 0:
            end = _number_end(kept, at + len(word))
            money = next((kept[end : end + len(m)] for m in _MONEY if kept.startswith(m, end)), "")
            whole = _is_amount(kept[at + len(word) : end] + "0" * bool(money)) and not unit_word(kept, end)
            kept = kept[:at] + kept[end + len(money) if whole else at + len(word) :]
    for tick in _TICKS:
        kept = kept.replace(tick, "")
    return kept.replace("\ufe0f", "") if kept != clause else None


def _is_amount(clause: str) -> bool:
    """60, 60.5, 128: an amount of money behind a word of payment, written without 元."""
    return len(clause) >= 2 and clause.replace(".", "", 1).isdigit()


def _price(clause: str) -> tuple[str, str] | None:
    """(the clause without its price, the price): 2份60元, 共60元, ¥60, 7.5元/袋; None without one."""
    at = next((at for at, ch in enumerate(clause) if ch in "元￥¥" or clause.startswith("块钱", at)), -1)
    if at < 0:
        return None
    if clause[at] in "￥¥":
        end = _number_end(clause, at + 1)
        return (clause[:at] + clause[end:], clause[at:end]) if end > at + 1 else None
    begin = at
    while begin > 0 and (clause[begin - 1].isdigit() or clause[begin - 1] == "."):
        begin -= 1
    end = at + (2 if clause.startswith("块钱", at) else 1)
    if begin == at:
        return None
    for word in ("一共", "总共", "合计", "总计", "共计", "共", "计", "总", "￥", "¥"):
        begin -= len(word) if clause[:begin].endswith(word) else 0
    if clause[end : end + 1] in ("/", "一", "每"):
        end += 1 + len(unit_word(clause, end + 1))
    if end < len(clause) and "\u4e00" <= clause[end] <= "\u9fff" and not clause.startswith(_PAID_SHORT, end):
        return None  # 30元套餐: the price is part of a name
    return clause[:begin] + clause[end:], clause[begin:end]


def _number_end(text: str, at: int) -> int:
    while at < len(text) and (text[at].isdigit() or text[at] == "."):
        at += 1
    return at


def unit_word(text: str, at: int) -> str:
    """The unit that begins at `at`, "" when none does."""
    return next((text[at : at + n] for n in range(words.UNIT_MAX, 0, -1) if text[at : at + n] in words.UNITS), "")


def _persons(clause: str) -> bool:
    """3口人, 家里5个人, 两个人: who lives there."""
    bare = clause
    for lead in ("我们家", "我家", "家里", "家有", "一家", "共", "有"):
        bare = bare.removeprefix(lead)
    tail = next((tail for tail in ("口之家", "口人", "个人", "人", "口") if bare.endswith(tail)), "")
    number = bare.removesuffix(tail)
    if any(word in bare for word in ("个大人", "个小孩", "个老人", "个孩子", "位老人", "个宝宝", "口人")):
        left = "".join(ch for ch in bare if not ch.isdigit() and ch not in chinese.NUMERALS)
        for word in ("个大人", "个小孩", "个老人", "个孩子", "位老人", "个宝宝", "口人", "和"):
            left = left.replace(word, "")
        return not left
    return bool(tail) and 0 < len(number) <= 2 and all(ch.isdigit() or ch in chinese.NUMERALS for ch in number)


def _substitution(clause: str) -> int:
    for word in _NO_CHANGE:
        at = clause.find(word)
        if at >= 0:
            missing = next((m for m in _MISSING if clause[:at].endswith(m)), "")
            return at - len(missing)
    for missing in _MISSING:
        at = clause.find(missing)
        if at >= 0 and any(word in clause[at:] for word in _THEN_NOT):
            return at
    return -1


def _door(clause: str) -> int:
    """Where a door note begins in the clause, -1 when it is none."""
    places = [clause.find(word) for word in remark_words.DOOR if word in clause]
    if not places:
        return -1
    first = min(places)
    said = any(ch.isdigit() for ch in clause[first:]) and not any(ch.isdigit() for ch in clause[:first])
    if said and first > 0 and not clause.startswith(_DOOR_STARTS):
        return -1  # a name that holds such a word: 东门口小白菜4斤
    starts = [clause.find(word) for word in _DOOR_STARTS if 0 <= clause.find(word) <= first]
    return min([first, *starts])
