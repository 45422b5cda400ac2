"""What households write beside their goods, sorted clause by clause: what a door needs to know, and what stays inside.

Only door notes ever reach paper. A clause is what stands between two marks; the first line that fits decides:

    clause                            kind          on paper
    产妇 高血压 透析 配药 阳性           health        never: only the point leader reads it
    13812345678, a number of 18 digits  contact       no
    已付 微信已转 红包                   payment       no, and it is no payment: accounts are settled later
    帮忙送到87-105  转给3号楼201         redirect      no: the point leader has to settle it before the bags are packed
    没有就不要  缺货可换                 substitute    no: each line has its own box; a refusal unticks all of them
    奶粉 独居老人 没有锅                 special_need  no: the point leader looks after it
    敲门重一点  放门口  先打电话          door_note     yes
    anything else                       other         yes from the box for door notes, no from any other

What is longer than a sheet has room for stays inside as a whole clause, never cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core import chinese, remark_words

ROOM_ON_PAPER = 60  # characters

_PAID = ("已付", "已转", "已支付", "付款", "付过", "付了", "转账", "转了", "已交", "红包", "微信转", "支付宝")
_MISSING = ("没有", "无货", "缺货", "没货", "断货", "没了", "买不到", "如无", "若无")
_INSTEAD = tuple("就不要 不要 算了 就退 退款 取消 不用 不换 换 替 都行 都可以 也行 代替".split())
_CHANGE = ("替换", "代替", "替代", "不要换", "不能换", "勿换", "别换", "不换", "可换", "可以换")
_REFUSED = tuple("不要 不能换 勿换 别换 不换 不替 不用 不接受 算了 就退 退款 取消".split())
_GIVEN_ON = ("送到", "送去", "送给", "转给", "转交", "带给", "捎给", "放到", "改送", "寄到")
_ADDRESS = re.compile(r"\d+ ?(?:-|号楼|幢|栋|弄|号|单元) ?\d+|\d+ ?(?:号楼|幢|栋)")
_PHONE = re.compile(r"(?<!\d)(?:\d[ -]?){7,20}[0-9Xx](?!\d)")
_MARKS = re.compile(r"[,，、。;；!！\n]+|(?<=[\u4e00-\u9fff])\s+(?=\S)|(?<=\S)\s+(?=[\u4e00-\u9fff])")


class Kind(StrEnum):
    """What a clause is about."""

    DOOR_NOTE = "door_note"
    SUBSTITUTE = "substitute"
    REDIRECT = "redirect"
    SPECIAL_NEED = "special_need"
    HEALTH = "health"
    PAYMENT = "payment"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause as it was written, without the marks around it."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Sorted:
    """`paper`: what a sheet may carry. `kept`: every other clause, for the point leader. Nothing is lost."""

    paper: str
    kept: str
    clauses: tuple[Clause, ...]

    @property
    def kinds(self) -> frozenset[Kind]:
        """Everything the words are about."""
        return frozenset(clause.kind for clause in self.clauses)

    @property
    def refuses_substitutes(self) -> bool:
        """Whether a clause about substitutes says no ("没有就不要", "缺货不要换"); which goods is not guessed."""
        about = [clause.text for clause in self.clauses if clause.kind == Kind.SUBSTITUTE]
        return any(_holds(chinese.fold(text), _REFUSED) for text in about)


def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a free text in order, each with its kind."""
    pieces = (piece.strip() for piece in _MARKS.split(text))
    return tuple(Clause(piece, kind_of(piece)) for piece in pieces if piece)


def kind_of(clause: str) -> Kind:
    """What one clause is about; see the table at the head of this file."""
    text = chinese.fold(clause)
    for word in remark_words.NO_MEDICINE:
        text = text.replace(word, "")
    if _holds(text, remark_words.HEALTH):
        return Kind.HEALTH
    if _PHONE.search(text):
        return Kind.CONTACT
    if _holds(text, _PAID):
        return Kind.PAYMENT
    if _holds(text, _GIVEN_ON) and _ADDRESS.search(text):
        return Kind.REDIRECT
    if _holds(text, _CHANGE) or (_holds(text, _MISSING) and _holds(text, _INSTEAD)):
        return Kind.SUBSTITUTE
    if _holds(text, (*remark_words.SPECIAL, *remark_words.URGENT)):
        return Kind.SPECIAL_NEED
    return Kind.DOOR_NOTE if _holds(text, (*remark_words.DOOR, *remark_words.AT_HOME)) else Kind.OTHER


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


def sort_out(door_note: str, remark: str = "", cleared: frozenset[str] = frozenset()) -> Sorted:
    """Sort what was written into the box for door notes and into the box for remarks.

    `cleared`: clauses that a leader has put on paper; in the box for door notes they may stay there, whatever they say.
    Doing it again with what came out changes nothing: ``sort_out(s.paper, s.kept)`` is the same as ``s``.
    """
    at_door, beside = clauses(door_note), clauses(remark)
    printable = [one for one in at_door if one.kind in (Kind.DOOR_NOTE, Kind.OTHER) or one.text in cleared]
    printable += [one for one in beside if one.kind == Kind.DOOR_NOTE]
    on_paper: list[str] = []
    for clause in printable:
        if clause.text not in on_paper and len("，".join([*on_paper, clause.text])) <= ROOM_ON_PAPER:
            on_paper.append(clause.text)
    everything = (*at_door, *beside)
    kept = dict.fromkeys(one.text for one in everything if one.text not in on_paper)
    return Sorted("，".join(on_paper), "，".join(kept), everything)
