"""The fields of input: what people type, loaded to values, refused with a sentence of ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError, fields, validate

from app.core import clock

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
DIRECTIONS = re.compile(r"[\u202a-\u202e\u2066-\u2069]")  # phones put them around copied numbers

REQUIRED = _l("请填写这一项。")
NOT_A_NUMBER = _l("请填整数。")
TOO_LARGE = _l("数字太大。")
BAD_DATE = _l("日期格式应为 2022-04-01。")
BAD_TIME = _l("时间格式应为 2022-04-01 15:00。")
BAD_TIME_OF_DAY = _l("时间格式应为 06:30。")
NOT_OFFERED = _l("请从列出的选项里选。")


class Line(fields.String):
    """One line of text: trimmed, inner white space folded, at most `longest` characters.

    Control characters are refused; marks that turn the direction of writing, which nobody types, are left out.
    """

    default_error_messages = {
        "required": REQUIRED,
        "null": REQUIRED,
        "invalid": _l("内容格式不对。"),
        "blank": REQUIRED,
        "long": _l("太长了，最多 {longest} 个字。"),
        "control": _l("含有不能显示的字符。"),
    }

    def __init__(self, *, longest: int = 100, blank: bool = False, many_lines: bool = False, **options: Any) -> None:
        self.longest, self.blank, self.many_lines = longest, blank, many_lines
        if blank and not options.get("required"):
            options.setdefault("load_default", "")
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs) or ""
        text = DIRECTIONS.sub("", text).replace("\r\n", "\n").strip()
        if CONTROL.search(text):
            raise self.make_error("control")
        if not self.many_lines:
            text = " ".join(text.split())
        if not text and not self.blank:
            raise self.make_error("blank")
        if len(text) > self.longest:
            raise ValidationError(str(self.error_messages["long"]).format(longest=self.longest))
        return text


class Whole(fields.Integer):
    """A whole number between `least` and `most`; empty text counts as missing."""

    default_error_messages = {
        "required": REQUIRED,
        "null": REQUIRED,
        "invalid": NOT_A_NUMBER,
        "too_large": TOO_LARGE,
        "range": _l("应在 {least} 到 {most} 之间。"),
    }

    def __init__(self, *, least: int = 0, most: int = 1_000_000_000, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**options)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(r"\s*-?[0-9]{1,12}\s*", value)):
            raise self.make_error("invalid")
        number = super()._validated(value)
        if not self.least <= number <= self.most:
            raise ValidationError(str(self.error_messages["range"]).format(least=self.least, most=self.most))
        return int(number)


class Yuan(fields.Field[int]):
    """An amount typed in yuan ("12", "12.5", "12.50"), loaded as integer fen."""

    default_error_messages = {
        "required": REQUIRED,
        "null": REQUIRED,
        "invalid": _l("请填金额，例如 12.50。"),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        match = re.fullmatch(r"([0-9]{1,7})(?:\.([0-9]{1,2}))?", str(value).strip())
        if not match:
            raise self.make_error("invalid")
        return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


class WallTime(fields.Field[datetime]):
    """A date and time as typed or as `datetime-local` sends it, on the subdistrict's clock; loaded as a UTC instant."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": BAD_TIME}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        text = str(value).strip().replace("T", " ")
        for pattern in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"):
            try:
                return clock.from_local(datetime.strptime(text, pattern))
            except (ValueError, OverflowError):
                continue
        raise self.make_error("invalid")


class TimeOfDay(fields.Field[int]):
    """06:30 on the wall clock, loaded as seconds after midnight; 24:00 is the end of the day."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": BAD_TIME_OF_DAY}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        match = re.fullmatch(r"([01]?[0-9]|2[0-4]):([0-5][0-9])", str(value).strip().replace("：", ":"))
        seconds = int(match[1]) * 3600 + int(match[2]) * 60 if match else -1
        if not 0 <= seconds <= 86_400:
            raise self.make_error("invalid")
        return seconds


def one_of(values: Iterable[str]) -> validate.OneOf:
    """One of a closed vocabulary, with a sentence of ours."""
    return validate.OneOf([str(value) for value in values], error=NOT_OFFERED)


class DayField(fields.Field[date]):
    """A calendar day, "2022-04-01"."""

    default_error_messages = {"required": REQUIRED, "null": REQUIRED, "invalid": BAD_DATE}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        try:
            day = date.fromisoformat(str(value).strip())
        except ValueError as error:
            raise self.make_error("invalid") from error
        if not 2000 <= day.year <= 2100:
            raise self.make_error("invalid")
        return day
