"""Free answers to "what do you lack": split into needs, matched to items, the rest put to review.

answer      := [number mark] need (separator need)*
separator   := ， 、 ; ; 。 / + blank newline, a dot that stands between words
need        := goods [quantity] | quantity goods          nothing is ordered without a quantity

need                          state
a known item, quantity        MATCHED
a known item, no quantity     MATCHED, qty None: "需求未定量", to be asked or defaulted by a person
either/or, range, whole building, unknown words   REVIEW
暂无需要                       SKIP
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.goods import goods
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.goods.scan import Kind, scan
from app.intake.grammar.model import Flag
from app.intake.grammar.people import people
from app.intake.grammar.remarks import remarks

MAX_ANSWER = 2000
MAX_NEEDS = 60
_BREAKS = ",，、;；。/+\n\r\t|!！"
_NOTHING = ("暂无需要", "暂无", "无", "没有", "不需要", "没有需要", "暂时不需要", "不缺")
_WHOLE = ("整栋", "整幢", "全楼", "整楼", "全栋", "整个单元", "全体", "大家")


class State(StrEnum):
    """What became of a need."""

    MATCHED = "matched"
    REVIEW = "review"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Need:
    """One need. item: catalogue name, or the words as written. qty None: no quantity was said."""

    text: str
    state: State
    item: str = ""
    qty: int | None = None
    unit: str = ""
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """All needs of one answer; flags of special needs are of the whole answer."""

    needs: tuple[Need, ...]
    flags: frozenset[Flag]


def read_answer(text: str, lexicon: Lexicon) -> Answer:
    """The needs of one free answer. Nothing of the text is dropped: each piece is a need, a note or a skip."""
    folded = chinese.fold(text[:MAX_ANSWER]).strip()
    flags = remarks.flags_of(chinese.fold(text))
    if folded.strip(" 。.!") in _NOTHING:
        return Answer((Need(folded, State.SKIP, reason="nothing_needed"),), flags)
    found: list[Need] = []
    for piece in _pieces(folded):
        found += _needs(piece, lexicon)
    if len(text) > MAX_ANSWER or len(found) > MAX_NEEDS:
        found = [*found[:MAX_NEEDS], Need(text[MAX_ANSWER:][:80], State.REVIEW, reason="too_much")]
    return Answer(tuple(found) or (Need(folded, State.SKIP, reason="nothing_said"),), flags)


def _pieces(text: str) -> list[str]:
    """Split at separators outside of brackets; `1.` before a need and `.` between words separate too."""
    found: list[str] = []
    begin = depth = 0
    for at, ch in enumerate(text):
        depth = depth + (ch == "(") - (ch == ")") if ch in "()" else depth
        dot = ch == "." and not (text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit())
        blank = ch == " " and not _joins(text, at)
        if depth <= 0 and (ch in _BREAKS or dot or blank):
            found.append(text[begin:at])
            begin = at + 1
    found.append(text[begin:])
    return [piece.strip() for piece in found if piece.strip(" ()") and not piece.strip().isdigit()]


def _joins(text: str, at: int) -> bool:
    """A blank before a quantity belongs to the need in front of it (鸡蛋 2盒)."""
    return text[at + 1 : at + 2].isdigit()


def _needs(piece: str, lexicon: Lexicon) -> list[Need]:
    if people.is_chat(piece):
        return [Need(piece, State.SKIP, reason="talk")]
    reason = "whole_building" if any(word in piece for word in _WHOLE) else "either_or" if "或" in piece else ""
    elements = [element for element in scan(piece, lexicon) if element.kind is not Kind.PHONE]
    parsed = goods.parse(elements, lexicon, "")
    if not parsed.goods:
        return [_unquantified(piece, lexicon, reason)]
    found = []
    for each in parsed.goods:
        problem = reason or ("" if each.problem == "no_quantity" else each.problem) or parsed.problem
        state = State.REVIEW if problem else State.MATCHED
        qty = None if reason == "either_or" else each.qty
        found.append(Need(piece, state, each.item, qty, each.unit, each.note or parsed.note, problem))
    return found


def _unquantified(piece: str, lexicon: Lexicon, reason: str) -> Need:
    """Words without a number: an item that is lacking, or words for a person to read."""
    name, _, note = piece.partition("(")
    for verb in words.VERBS_BEFORE:
        name = name.removeprefix(verb)
    for tail in ("等", "类", "急需", "都可以", "都行"):
        name = name.removesuffix(tail)
    name, note = name.strip(), note.rstrip(") ")
    if lexicon.is_open and len(name) > 8:
        return Need(piece, State.REVIEW, name, note=note, reason=reason or "unknown_item")
    found = lexicon.match(name)
    unknown = not found.item or not found.certain
    problem = reason or ("unknown_item" if unknown else "")
    state = State.REVIEW if problem else State.MATCHED
    return Need(piece, state, found.item or name, note=" ".join(filter(None, (found.note, note))), reason=problem)
