"""From a pasted text to its entries: physical lines, lists, numbering, quotes, chains written on one line.

    paste     := list*
    list      := header? heading* example? entry*
    header    := "#接龙" | "#接龍" | "#Group Note", a title may follow on the same line
    entry     := marker text (continuation)*
    marker    := digits [.、,:)] | "(" digits ")" | ① | 1️⃣

Every scan is a single pass with bounded look-ahead; there is no backtracking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from app.core.text import chinese

_CIRCLED = {chr(0x2460 + i): i + 1 for i in range(20)} | {chr(0x3251 + i): i + 21 for i in range(15)}
_CIRCLED |= {chr(0x2488 + i): i + 1 for i in range(20)}
_CIRCLED |= {chr(0x2776 + i): i + 1 for i in range(10)} | {chr(0x2474 + i): i + 1 for i in range(20)}
_MARKS = ".、,:);]。"
_ADDRESS_FOLLOWS = "-/# 号栋幢撞座楼单室弄"
_KEYCAP = "\ufe0f\u20e3"
_ADDED_UP = ("合计", "总计", "共计", "总共", "一共", "共", "接龙共", "已接", "还差", "还剩", "剩余", "小计")
_BRACKETED_TIME = re.compile(r"[\[【(](?:\d{1,2}[-/.]\d{1,2} )?(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?[\])】] ?")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"), None)
_DATE_FOLLOWS = "星周上下午晚早中到送团接预发前截取起开是、,,日 "


class TextPiece(NamedTuple):
    """A physical line, or a part of one that holds line breaks in another form. `text` is folded and stripped."""

    line_no: int
    raw: str
    text: str
    part: int = 1
    indent: int = 0
    after_blank: bool = False
    is_beyond: bool = False
    """More text than one paste may hold: kept, not read."""


@dataclass(frozen=True, slots=True)
class Marker:
    """The number of an entry. is_loose: digits and a blank only, which may as well be a building number."""

    index: int
    end: int
    is_loose: bool = False


def split_lines(text: str, most: int, longest: int) -> list[TextPiece]:
    """The non-blank lines of the paste in order.

    Only the first `most` of them are prepared for reading, and only as many as hold `longest` characters in all.
    """
    found: list[TextPiece] = []
    blank_before = True
    length = 0
    for line_no, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            blank_before = True
            continue
        length += len(raw)
        if len(found) >= most or length > longest:
            found.append(TextPiece(line_no, raw, "", is_beyond=True))
            continue
        for part, piece in enumerate(_broken(raw), start=1):
            clean = chinese.fold(piece.translate(_INVISIBLE))
            indent = len(clean) - len(clean.lstrip())
            found.append(TextPiece(line_no, raw, clean.strip(), part, indent, blank_before))
            blank_before = False
    return found


def _broken(raw: str) -> list[str]:
    """Line breaks that a message carries as `\\n` or `<br/>`, and the tags of its title, taken out."""
    if "<" not in raw and "\\n" not in raw:
        return [raw]
    text = raw
    for tag in ("<title>", "</title>", "<des>", "</des>"):
        text = text.replace(tag, "\n" if tag == "</title>" else "")
    for mark in ("\\n", "<br/>", "<br />", "<br>"):
        text = text.replace(mark, "\n")
    parts = [part for part in text.split("\n") if part.strip()]
    return parts or [raw]


def count_address_numbers(text: str) -> int:
    """How many numbers of the text may be parts of an address (a dash, a blank or a level word follows), at most 40."""
    count, inside = 0, False
    for ch in text[:400] + " ":
        digit = "0" <= ch <= "9"
        count += inside and ch in _ADDRESS_FOLLOWS
        inside = digit
    return min(count, 40)


def header_end(text: str) -> int:
    """Where the title begins behind a chain header at the start of the line; 0 when the line has none."""
    rest = text.lstrip("# ")
    if not text.startswith("#"):
        return 0
    at = len(text) - len(rest)
    lowered = rest[:12].lower()
    for word in ("接龙", "group note", "solitaire"):
        if lowered.startswith(word):
            return at + len(word)
    return 0


def is_sender_line(text: str) -> bool:
    """`王姐 10:21`, `李叔(12-303) 2022/4/15 10:22`: a copied message begins with who sent it and when."""
    who, blank, clock = text.rpartition(" ")
    hours, colon, minutes = clock[:5].partition(":")
    is_clock = bool(colon) and hours.isdigit() and minutes.isdigit() and len(minutes) == 2 and int(hours) < 24
    seconds = clock[len(hours) + 3 :]
    if not blank or not is_clock or (seconds and not (seconds[0] == ":" and seconds[1:].isdigit())):
        return False
    return len(text) <= 40 and bool(who.rstrip(" 0123456789年月日/.-"))


def without_clock(text: str) -> str:
    """`陈陈 2024-04-12 20:11:05` without the time, whose seconds count nothing."""
    return text.rpartition(" ")[0]


def is_total_line(text: str) -> bool:
    """`合计3份`, `目前共20份`, `以上共3份`: what somebody added up is no order."""
    for lead in ("以上", "目前", "现在", "现", "已", "暂", "截止目前", "今天", "本次"):
        text = text.removeprefix(lead)
    return text.startswith(_ADDED_UP) and any(ch.isdigit() for ch in text[:12])


def is_quote_line(text: str) -> bool:
    """`- - - - - -`: what stands above it is a quoted message."""
    dashes = text.replace(" ", "")
    return len(dashes) >= 5 and set(dashes) == {"-"} and " " in text


def date_end(text: str) -> int:
    """End of a date at the start of a line (`2026-07-20 午餐`, `7月20日`, `6.8号星期一`), 0 when there is none."""
    at, groups, width = 0, 0, 0
    while at < len(text) and at < 14:
        if text[at].isdigit():
            width += 1
        elif text[at] in "-/.年月日号" and width:
            groups, width = groups + 1, 0
            if text[at] in "日号":
                break
        else:
            break
        at += 1
    named = text[at : at + 1] in ("日", "号")
    parts = groups + (1 if width else 0)
    whole = parts == 3 and text[:4].isdigit()
    spoken = named and groups >= 2 and "月" in text[:at]
    dotted = _is_date(text, 1) or _is_date(text, 2)
    return at + named if whole or spoken or dotted else 0


def month_day_end(text: str) -> int:
    """End of a month and day without 日 (`4.16 蔬菜包`, `4/16周六`), 0 when there is none."""
    month_end = next((at for at, ch in enumerate(text[:3]) if ch in "./"), 0)
    month, day = text[:month_end], text[month_end + 1 : month_end + 3].rstrip()
    day = day if day.isdigit() else day[:1]
    if not (month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return 0
    end = month_end + 1 + len(day)
    return 0 if text[end : end + 1].isdigit() or text[end : end + 1] in tuple("-.#/号栋幢") else end


def timestamp_end(text: str) -> int:
    """End of a leading date and time (`2026年10月3日 22:14 `, `[22:41] `), 0 when there is none."""
    bracketed = _BRACKETED_TIME.match(text)
    if bracketed is not None:
        return bracketed.end()
    at = 0
    if len(text) > 9 and text[:4].isdigit() and text[4] in "年-/.":
        while at < len(text) and at < 14 and (text[at].isdigit() or text[at] in "年月日-/."):
            at += 1
        while at < len(text) and text[at] == " ":
            at += 1
    hours = at
    while hours < len(text) and hours - at < 2 and text[hours].isdigit():
        hours += 1
    minutes = text[hours + 1 : hours + 3]
    if hours == at or text[hours : hours + 1] != ":" or not minutes.isdigit() or len(minutes) != 2:
        return 0
    end = hours + 3
    if text[end : end + 1] == ":" and text[end + 1 : end + 3].isdigit():
        end += 3
    follows = text[end : end + 1]
    if follows.isdigit() or follows in ("-", "号", "#", "栋", "幢") or int(minutes) > 59:
        return 0
    return len(text) - len(text[end:].lstrip())


def entry_marker(text: str, expected: int = 0) -> Marker | None:
    """The number at the start of an entry. expected: the number that would go on; `5.12号 1份` is no date then."""
    if not text:
        return None
    if text[0] in _CIRCLED:
        return Marker(_CIRCLED[text[0]], _skip(text, 1))
    if text.startswith("🔟"):
        return Marker(10, _skip(text, 1))
    opened = 1 if text[0] in "([【" else 0
    end = opened
    keycaps = ""
    while end < len(text) and end - opened < 12 and (text[end] in "0123456789" or text[end] in _KEYCAP):
        keycaps += text[end] if text[end].isdigit() else ""
        end += 1
    if not keycaps or len(keycaps) > 4:
        return None
    if text[end - 1] in _KEYCAP:
        return Marker(int(keycaps), _skip(text, end))
    if opened:
        return Marker(int(keycaps), _skip(text, end + 1)) if text[end : end + 1] in (")", "]", "】") else None
    if text[end : end + 1] == " ":
        return Marker(int(keycaps), _skip(text, end), is_loose=True)
    if text[end : end + 1] not in _MARKS or end == len(text) or _is_decimal(text, end):
        return None
    if _is_date(text, end) and int(keycaps) != expected:
        return None
    return Marker(int(keycaps), _skip(text, end + 1))


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " .、,:":
        at += 1
    return at


def _is_date(text: str, end: int) -> bool:
    """`6.8号星期一`, `6.13日`, `5月` are dates, not the sixth entry."""
    if text[end : end + 1] not in (".", "。") or not text[:end].isdigit():
        return False
    day = end + 1
    while day < len(text) and day - end <= 2 and text[day].isdigit():
        day += 1
    if day == end + 1 or text[day : day + 1] not in ("号", "日"):
        return False
    if not 1 <= int(text[:end]) <= 12 or not 1 <= int(text[end + 1 : day]) <= 31:
        return False
    return text[day + 1 : day + 2] == "" or text[day + 1] in _DATE_FOLLOWS


def _is_decimal(text: str, end: int) -> bool:
    """`5.30左右到` is a time: a dot and two digits, then words. `1.295-909` is an entry."""
    said = text[end + 3 : end + 5]
    return text[end] == "." and text[end + 1 : end + 3].isdigit() and said in ("左右", "到货", "开始", "截止", "前截")


class Inline(NamedTuple):
    """An entry inside a line: its number, where the number begins, where its text begins and ends."""

    number: int
    begin: int
    start: int
    end: int


def split_inline(text: str, first: int) -> list[Inline]:
    """Entries of a chain written on one line, indices rising from `first`.

    A gap of one or two numbers is allowed; fewer than two entries mean that the line is no such chain.
    """
    starts: list[tuple[int, int, int]] = []
    expected = first
    for at, found in _inline_markers(text):
        if expected <= found.index <= expected + (2 if starts else 0):
            starts.append((found.index, at, at + found.end))
            expected = found.index + 1
    if len(starts) < 2:
        return []
    ends = [begin for _, begin, _ in starts[1:]] + [len(text)]
    return [Inline(*start, end) for start, end in zip(starts, ends, strict=True)]


def _inline_markers(text: str) -> Iterator[tuple[int, Marker]]:
    at = 0
    while at < len(text):
        is_start = at == 0 or text[at - 1] in " >"
        candidate = text[at] in _CIRCLED or (is_start and (text[at].isdigit() or text[at] in "([【"))
        found = entry_marker(text[at : at + 14]) if candidate else None
        if found and not found.is_loose:
            yield at, found
        at += 1
