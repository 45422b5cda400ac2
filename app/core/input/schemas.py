"""Input: one marshmallow schema per command, loaded to a frozen dataclass; unknown fields are refused.

`Form` carries what a person typed through a round trip: what was typed is shown again beside its error.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from contextvars import ContextVar
from datetime import date, datetime
from typing import Any, ClassVar, cast

from flask_babel import lazy_gettext as _l
from marshmallow import RAISE, Schema, ValidationError, fields, missing, post_load, pre_load, validate
from werkzeug.datastructures import MultiDict

from app.core import clock
from app.core.errors import Invalid, sentence_for_unknown_field

TRANSPORT: Mapping[str, str] = {
    "csrf_token": "shows that the form is ours",
    "_key": "makes the form take effect once",
    "_page": "the page that the form is on, to come back to when it is refused",
    "_kept": "a form that met an ended sign-in and is put back after the next",
    "next": "where the reader wanted to go before being asked something else",
    "try": "the button that shows what would happen instead of doing it",
    "round": "which round the page of adjustments had opened, so that it is opened again",
}
"""Fields of forms that are no part of a command, with what they are for: the one place that lists them. A schema that
declares a field of such a name gets it; every other schema passes over it. What is in neither is refused."""
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

    def _serialize(self, value: int | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value // 100}.{value % 100:02d}"


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


class Rows(fields.Field[dict[int, Any]]):
    """The same field for each row of a table: `qty_12=3` and `qty_13=1` load to {12: 3, 13: 1}.

    The rows are those that the schema was made for, `BasketSchema(ids)`. Each has a value: a missing one is what
    `each` says of a missing one. The name of any other row is unknown, and refused.
    """

    def __init__(self, each: fields.Field[Any]) -> None:
        super().__init__()
        self.each = each

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[int, Any]:
        loaded: dict[int, Any] = {}
        problems: dict[str, Any] = {}
        for row in cast(CommandSchema, self.parent).row_ids:
            try:
                loaded[row] = self.each.deserialize(value.get(row, missing), attr, data)
            except ValidationError as error:
                problems[str(row)] = error.messages
        if problems:
            raise ValidationError(cast(Any, problems))
        return loaded


class CommandSchema(Schema):
    """Base of every input schema. `Meta.dataclass`… is spelled `makes`: the frozen dataclass that loading yields.

    `row_ids`: the rows that its fields of kind `Rows` are about.
    """

    makes: ClassVar[type[Any] | None] = None
    error_messages = {"type": _l("内容格式不对。"), "unknown": _l("不认识的字段。")}

    class Meta:
        unknown = RAISE

    def __init__(self, row_ids: Iterable[int] = (), **options: Any) -> None:
        super().__init__(**options)
        self.row_ids = tuple(row_ids)

    def name_of(self, path: str) -> str:
        """A field by its name in a form: "qty.12" is `qty_12`."""
        name, _dot, row = path.partition(".")
        return f"{name}_{row}" if row and isinstance(self.fields.get(name), Rows) else path

    @pre_load
    def _gather(self, data: Any, **_kwargs: Any) -> Any:
        gathered = self._from_form(data) if hasattr(data, "getlist") else data
        return self._by_row(gathered) if isinstance(gathered, Mapping) else gathered

    def _by_row(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """`qty_12` and its like, put together by field."""
        by_field: dict[str, dict[int, Any]] = {name: {} for name, one in self.fields.items() if isinstance(one, Rows)}
        if not by_field:
            return data
        if bare := [name for name in by_field if name in data]:
            raise ValidationError({name: [UNKNOWN] for name in bare})
        names = {f"{name}_{row}": (name, row) for name in by_field for row in self.row_ids}
        rest: dict[str, Any] = {}
        for sent, value in data.items():
            if sent in names:
                name, row = names[sent]
                by_field[name][row] = value
            else:
                rest[sent] = value
        return {**rest, **by_field}

    def _from_form(self, data: Any) -> dict[str, Any]:
        """Form input: drop transport fields, keep repeated names as lists where the field is a list, "" is missing."""
        gathered: dict[str, Any] = {}
        for name in data:
            field = self.fields.get(name)
            if field is None and name in TRANSPORT:
                continue
            if isinstance(field, fields.List):
                gathered[name] = [value for value in data.getlist(name) if value != ""]
            elif data.get(name) != "" or isinstance(field, Line):
                gathered[name] = data.get(name)
        return gathered

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: Any) -> Any:
        return self.makes(**data) if self.makes else data


class PageSchema(CommandSchema):
    """Base of what a page adds to a form for itself: which button was pressed, what its list is narrowed to.

    No part of a command: see `Form`.
    """


def load(schema: type[CommandSchema] | CommandSchema, data: Mapping[str, Any]) -> Any:
    """Load `data` to the schema's dataclass. Raises Invalid with a sentence beside each field."""
    made = schema if isinstance(schema, CommandSchema) else schema()
    try:
        return made.load(data)
    except ValidationError as error:
        messages = cast(Any, error).normalized_messages()
        raise Invalid({made.name_of(name): said for name, said in _flatten(messages).items()}) from error


def _flatten(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, list[Any]]:
    flat: dict[str, list[Any]] = {}
    for key, value in messages.items():
        name = f"{prefix}{key}" if key != "_schema" else prefix.rstrip(".")
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{name}." if name else ""))
        else:
            # A lazily translated sentence is no list: marshmallow wraps only plain strings.
            several = value if isinstance(value, list) else [value]
            flat.setdefault(name, []).extend(_in_our_words(name, sentence) for sentence in several)
    return flat


UNKNOWN = "Unknown field."  # marshmallow's own word for it
_PLAIN_FIELDS = {  # what marshmallow says of its own fields, which know no Chinese
    "Missing data for required field.": REQUIRED,
    "Field may not be null.": REQUIRED,
    "Not a valid boolean.": NOT_OFFERED,
    "Invalid value.": NOT_OFFERED,
}


def _in_our_words(name: str, sentence: Any) -> Any:
    said = str(sentence)
    return sentence_for_unknown_field(name) if said == UNKNOWN else _PLAIN_FIELDS.get(said, sentence)


class Form:
    """What templates get: typed values and sentences per field. ``Form(PlaceOrder, request.form)`` is bound and
    validated; ``Form(initial={...})`` is fresh.

    ``Form(BasketSchema(ids), request.form, page=OrderFormPageSchema)``: the fields of `page` are the page's own, loaded
    to `form.page`; the command's schema, which anybody else may use for the same command, knows none of them.
    """

    def __init__(
        self,
        schema: type[CommandSchema] | CommandSchema | None = None,
        typed: Any = None,
        *,
        page: type[PageSchema] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self._typed = typed
        self._initial = dict(initial or {})
        self._errors: dict[str, list[str]] = {}
        self.is_bound = typed is not None
        self.command: Any = None
        self.page: Any = None
        if schema is not None and self.is_bound:
            if page is not None:
                own, typed = _divided(typed, page().fields)
                self.page = self._loaded(page, own)
            self.command = self._loaded(schema, typed)

    def _loaded(self, schema: type[CommandSchema] | CommandSchema, typed: Any) -> Any:
        try:
            return load(schema, typed)
        except Invalid as error:
            self.add(error)
        return None

    @property
    def is_valid(self) -> bool:
        return self.is_bound and not self._errors

    @property
    def problems(self) -> list[tuple[str, str]]:
        """(field, sentence) in order, for the summary at the top."""
        return [(name, sentence) for name, sentences in self._errors.items() for sentence in sentences]

    @property
    def problems_by_field(self) -> dict[str, list[Any]]:
        """Field name → sentences; `""` is the form as a whole."""
        return {name: list(sentences) for name, sentences in self._errors.items()}

    def add(self, error: Invalid) -> None:
        """Show what a command refused beside the fields it names."""
        for name, sentences in error.problems.items():
            self._errors.setdefault(name, []).extend(str(sentence) for sentence in sentences)
        refused_form.set(self)

    def value(self, name: str, default: Any = "") -> Any:
        if self.is_bound:
            return self._typed.get(name, default)
        value = self._initial.get(name)
        return default if value is None else value

    def values(self, name: str) -> list[str]:
        if self.is_bound:
            return (
                list(self._typed.getlist(name)) if hasattr(self._typed, "getlist") else list(self._typed.get(name, []))
            )
        return [str(value) for value in self._initial.get(name, [])]

    def errors_for(self, name: str) -> list[str]:
        return self._errors.get(name, [])


refused_form: ContextVar[Form | None] = ContextVar("refused_form", default=None)
"""The form that was refused last, whatever its page calls it. Who reads it sets it to None before each request."""


def _divided(typed: Any, names: Container[str]) -> tuple[MultiDict[str, str], MultiDict[str, str]]:
    """What was typed: the fields of these names, and the others."""
    pairs = list(typed.items(multi=True) if hasattr(typed, "getlist") else typed.items())
    own = MultiDict([(name, value) for name, value in pairs if name in names])
    return own, MultiDict([(name, value) for name, value in pairs if name not in names])
