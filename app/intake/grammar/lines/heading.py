"""What a title says: the building or compound a list is for, its one item, its dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from app.core.text import chinese
from app.intake.grammar import words
from app.intake.grammar.entry.reader import Reader
from app.intake.grammar.lines.heading_context import HeadingContext
from app.places.address.rules import AddressScope, scope_named

UNNAMED = "接龙商品"
_WEEKDAYS = "一二三四五六日"
_COLLECT = ("自提", "门口", "取货", "提货", "集合", "送到", "领取", "存放", "地点")


def reader_of_list(title: list[str], reader: Reader) -> Reader:
    """The reader of this list: its scope narrowed by the title, its default item found in the title."""
    whole = chinese.fold(" ".join(title))[:400]
    context = reader.context
    if context.scope is None or not context.scope.building:
        first = next((line for line in title if line), "")
        named = None if any(word in whole for word in _COLLECT) else scope_named(first, reader.register, context.scope)
        context = replace(context, scope=named or context.scope)
    return replace(reader, context=context, default_item=_default_item(title, reader))


def reader_below_heading(reader: Reader, standing: HeadingContext) -> Reader:
    """The reader of the lines below a heading: what it said of place and good, or that nothing is inherited."""
    context, goods = reader.context, reader.default_item
    if standing.is_heard:
        known = (
            standing.scope if standing.scope != AddressScope() else None
        )  # nothing known: read as without any heading
        context = replace(context, scope=replace(known, is_open=True) if known else None)
    goods = "" if standing.goods is None else standing.goods or goods
    return replace(reader, context=context, default_item=goods)


def _default_item(title: list[str], reader: Reader) -> str:
    lexicon = reader.lexicon
    if lexicon.only_item:
        return lexicon.only_item
    whole = chinese.fold(" ".join(title))
    if not lexicon.is_open:
        mentioned = lexicon.mentioned(whole)
        return next(iter(mentioned)) if len(mentioned) == 1 else ""
    named = [word for word in words.GOODS if len(word) >= 2 and word in whole]
    longest = [word for word in named if not any(word != other and word in other for other in named)]
    return longest[0] if len(longest) == 1 else UNNAMED


def date_warnings(title: list[str], year: int | None) -> list[str]:
    """Dates that do not exist, weekdays that do not fit: `6.13号星期五` beside `6.12号星期五`."""
    found: list[str] = []
    weekdays: dict[str, tuple[int, int]] = {}
    for line in title:
        parsed = _date(chinese.fold(line))
        if parsed is None:
            continue
        in_year, month, day, weekday = parsed
        actual = _calendar(in_year or year or 2024, month, day)
        if actual is None:
            found.append(f"no_such_date:{month}.{day}")
            continue
        if weekday and (in_year or year) and _WEEKDAYS[actual.weekday()] != weekday:
            found.append(f"weekday_mismatch:{month}.{day}")
        elif weekday and weekdays.get(weekday, (month, day)) != (month, day):
            other = _calendar(in_year or year or 2024, *weekdays[weekday])
            if other and abs((actual - other).days) % 7:
                found.append(f"weekday_mismatch:{month}.{day}")
        weekdays.setdefault(weekday, (month, day))
    return found


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _date(line: str) -> tuple[int | None, int, int, str] | None:
    """(year, month, day, weekday character) of the first date of a line."""
    numbers: list[tuple[int, int]] = []
    at = 0
    while at < len(line) and at < 40 and len(numbers) < 3:
        end = at
        while end < len(line) and line[end].isdigit() and line[end].isascii():
            end += 1
        if end > at:
            joined = numbers and line[numbers[-1][1] : at] in (".", "-", "/", "月", "年")
            numbers = numbers if joined else []
            numbers += [(int(line[at:end]), end)] if end - at <= 4 else []
        at = max(end, at + 1)
        if len(numbers) == 2 and numbers[0][0] <= 12 and line[end : end + 1] in ("号", "日"):
            break
    weekday = next(
        (
            line[line.find(word) + len(word)]
            for word in ("星期", "周", "礼拜")
            if 0 <= line.find(word) < len(line) - len(word)
        ),
        "",
    )
    weekday = {"天": "日"}.get(weekday, weekday if weekday in _WEEKDAYS else "")
    values = [number for number, _ in numbers]
    if len(values) == 3 and values[0] > 1900:
        return values[0], values[1], values[2], weekday
    if len(values) < 2 or values[0] > 12 or values[1] > 31:
        return None
    if weekday or line[numbers[1][1] :][:1] in ("号", "日"):
        return None, values[0], values[1], weekday
    return None
