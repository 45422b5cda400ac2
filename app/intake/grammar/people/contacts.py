"""Telephone numbers inside an order line: they are no quantity, no room and no part of an order.

mobile     := 1 d{10}, or its groups of 3-4-4 with blanks or dashes between
landline   := 0 d{2,3} "-" d{7,8}
tail       := "尾号" d{4}
label      := 电话, 手机号, tel … directly in front of a number
"""

from __future__ import annotations

from functools import lru_cache

_LABELS = tuple(
    "联系电话 联系方式 手机号码 电话号码 手机尾号 电话尾号 手机后四位 手机号 电话号 电话 手机 尾号 后四位 后4位"
    " TEL Tel tel".split()
)
_BETWEEN = " :：-"


@lru_cache(maxsize=4096)
def mask_contacts(text: str) -> str:
    """The text, as long as before, with telephone numbers and the labels in front of them blanked."""
    if sum(ch.isdigit() for ch in text) < 4:
        return text
    kept = list(text)
    at = 0
    while at < len(text):
        if not text[at].isdigit() or (at and text[at - 1].isdigit()):
            at += 1
            continue
        begin = _label_begin(text, at)
        end = _tail_end(text, at) if begin < at else 0
        end = end or _mobile_end(text, at) or _landline_end(text, at)
        if end:
            kept[begin:end] = " " * (end - begin)
        at = max(end, at + 1)
    return "".join(kept)


def _label_begin(text: str, at: int) -> int:
    """Where the label in front of the number begins; `at` when it has none."""
    end = at
    while end > 0 and at - end < 3 and text[end - 1] in _BETWEEN:
        end -= 1
    label = next((label for label in _LABELS if text.endswith(label, 0, end)), "")
    return end - len(label) if label else at


def _digits_end(text: str, at: int, most: int) -> int:
    end = at
    while end < len(text) and end - at <= most and text[end].isdigit():
        end += 1
    return end


def _tail_end(text: str, at: int) -> int:
    """A number behind a label: its last four digits are enough."""
    end = _digits_end(text, at, 12)
    goes_on = text[end : end + 1] in ("-", " ") and text[end + 1 : end + 5].isdigit()
    return end if end - at == 4 and not goes_on else 0


def _mobile_end(text: str, at: int) -> int:
    if text[at] != "1":
        return 0
    end = _digits_end(text, at, 11)
    if end - at == 11:
        return end
    for size in (4, 4):
        begin = end + 1
        if end - at not in (3, 8) or text[end : end + 1] not in (" ", "-"):
            return 0
        end = _digits_end(text, begin, 5)
        if end - begin != size:
            return 0
    return end


def _landline_end(text: str, at: int) -> int:
    end = _digits_end(text, at, 4)
    if text[at] != "0" or end - at not in (3, 4) or text[end : end + 1] != "-":
        return 0
    last = _digits_end(text, end + 1, 9)
    return last if last - end - 1 in (7, 8) else 0
