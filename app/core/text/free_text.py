"""What households write beside their goods, sorted clause by clause: what a door needs to know, and what stays inside.

Only door notes ever reach paper. A clause is what stands between two marks; the first line that fits decides:

    clause                            kind          on paper
    产妇 透析 配药 阳性 diabetic         health        never: only the point leader reads it
    13812345678, a number of 18 digits  contact       no
    已付 微信已转 红包                   payment       no, and it is no payment: accounts are settled later
    帮忙送到87-105  对门代收  家里没人     redirect      no: the point leader settles it before the bags are packed
    没有就不要  缺货可换                 substitute    no: each line has its own box; a refusal unticks all of them
    奶粉 独居老人 没有锅                 special_need  no: the point leader looks after it
    敲门重一点  放门口  先打电话          door_note     yes
    anything else                       other         yes from the box for door notes, no from any other

What is longer than a sheet has room for stays inside as a whole clause, never cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.core.text import chinese, remark_words
from app.core.text.redirects import asks_for_redirect

ROOM_ON_PAPER = 60  # characters

_PAID = ("已付", "已转", "已支付", "付款", "付过", "付了", "转账", "转了", "已交", "红包", "微信转", "支付宝")
_MISSING = ("没有", "无货", "缺货", "没货", "断货", "没了", "买不到", "如无", "若无")
_INSTEAD = tuple("就不要 不要 算了 就退 退款 取消 不用 不换 换 替 都行 都可以 也行 代替".split())
_CHANGE = ("替换", "代替", "替代", "不要换", "不能换", "勿换", "别换", "不换", "可换", "可以换")
_REFUSED = tuple("不要 不能换 勿换 别换 不换 不替 不用 不接受 算了 就退 退款 取消".split())
_REFUSED_ENGLISH = re.compile(r"\b(?:no|without|don'?t|do not) (?:substitut|replac)")
_CHANGE_ENGLISH = re.compile(r"\b(?:substitut|replace)")
_PAID_ENGLISH = re.compile(r"\bpaid\b|\btransferred\b|\balipay\b|\bwechat pay\b")
_PHONE = re.compile(r"(?<!\d)(?:\d[ -]?){7,20}[0-9Xx](?!\d)")
_MARKS = re.compile(r"[,，、。;；!！\n]+|(?<=[\u4e00-\u9fff])\s+(?=\S)|(?<=\S)\s+(?=[\u4e00-\u9fff])")


class ClauseKind(StrEnum):
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
    kind: ClauseKind


@dataclass(frozen=True, slots=True)
class Sorted:
    """`paper`: what a sheet may carry. `kept`: every other clause, for the point leader. Nothing is lost."""

    paper: str
    kept: str
    clauses: tuple[Clause, ...]

    @property
    def kinds(self) -> frozenset[ClauseKind]:
        """Everything the words are about."""
        return frozenset(clause.kind for clause in self.clauses)

    @property
    def refuses_substitutes(self) -> bool:
        """Whether a clause about substitutes says no ("没有就不要", "缺货不要换"); which goods is not guessed."""
        about = [clause.text for clause in self.clauses if clause.kind == ClauseKind.SUBSTITUTE]
        folded = [chinese.fold(text).lower() for text in about]
        return any(_holds(text, _REFUSED) or _REFUSED_ENGLISH.search(text) for text in folded)


def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a free text in order, each with its kind."""
    pieces = (piece.strip() for piece in _MARKS.split(text))
    return tuple(Clause(piece, kind_of(piece)) for piece in pieces if piece)


def kind_of(clause: str) -> ClauseKind:
    """What one clause is about; see the table at the head of this file."""
    text = chinese.fold(clause).lower()
    return next((kind for kind, applies in _TESTS if applies(text)), ClauseKind.OTHER)


def _is_about_substitutes(text: str) -> bool:
    said = _holds(text, _CHANGE) or (_holds(text, _MISSING) and _holds(text, _INSTEAD))
    return said or bool(_CHANGE_ENGLISH.search(text))


def _holds(text: str, words: Iterable[str]) -> bool:
    return any(word in text for word in words)


# In the order of the table at the head of this file: the first test that applies decides.
_TESTS: tuple[tuple[ClauseKind, Callable[[str], object]], ...] = (
    (ClauseKind.HEALTH, remark_words.says_health),
    (ClauseKind.CONTACT, _PHONE.search),
    (ClauseKind.PAYMENT, lambda text: _holds(text, _PAID) or _PAID_ENGLISH.search(text)),
    (ClauseKind.REDIRECT, asks_for_redirect),
    (ClauseKind.SUBSTITUTE, _is_about_substitutes),
    (ClauseKind.SPECIAL_NEED, lambda text: remark_words.says_special_need(text) or _holds(text, remark_words.URGENT)),
    (
        ClauseKind.DOOR_NOTE,
        lambda text: (
            _holds(text, (*remark_words.DOOR, *remark_words.AT_HOME)) or remark_words.DOOR_ENGLISH.search(text)
        ),
    ),
)


def classify_remarks(door_note: str, remark: str = "", cleared: frozenset[str] = frozenset()) -> Sorted:
    """Sort what was written into the box for door notes and into the box for remarks.

    `cleared`: clauses that a leader has put on paper; in the box for door notes they may stay there, whatever they say.
    Doing it again with what came out changes nothing: ``classify_remarks(s.paper, s.kept)`` is the same as ``s``.
    """
    at_door, beside = clauses(door_note), clauses(remark)
    printable = [one for one in at_door if one.kind in (ClauseKind.DOOR_NOTE, ClauseKind.OTHER) or one.text in cleared]
    printable += [one for one in beside if one.kind == ClauseKind.DOOR_NOTE]
    on_paper: list[str] = []
    for clause in printable:
        if clause.text not in on_paper and len("，".join([*on_paper, clause.text])) <= ROOM_ON_PAPER:
            on_paper.append(clause.text)
    everything = (*at_door, *beside)
    kept = dict.fromkeys(one.text for one in everything if one.text not in on_paper)
    return Sorted("，".join(on_paper), "，".join(kept), everything)
