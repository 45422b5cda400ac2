"""Input: one frozen dataclass per command, with what is taken for each field beside it; unknown fields are refused.

`Form` carries what a person typed through a round trip: what was typed is shown again beside its error.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Container, Hashable, Iterable, Mapping
from contextvars import ContextVar
from copy import copy
from functools import cache
from typing import Any, ClassVar, cast, get_type_hints

from flask_babel import lazy_gettext as _l
from marshmallow import RAISE, Schema, ValidationError, fields, missing, post_load, pre_load
from werkzeug.datastructures import MultiDict

from app.core.errors import Invalid, sentence_for_unknown_field
from app.core.input.fields import NOT_OFFERED, REQUIRED, Line

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


_ROW = re.compile(r"0|[1-9][0-9]{0,17}")  # one spelling each: `qty_012` is no other name of `qty_12`


class Rows(fields.Field[dict[int, Any]]):
    """The same field for each row of a table: `qty_12=3` and `qty_13=1` load to {12: 3, 13: 1}.

    The rows are those that the schema was made for, `BasketSchema(ids)`. Each has a value: a missing one is what
    `each` says of a missing one; with `only_sent` it is not looked at, and what is loaded holds the rows that were
    sent. The name of any other row is unknown, and refused.
    """

    def __init__(self, each: fields.Field[Any], *, only_sent: bool = False) -> None:
        super().__init__()
        self.each, self.only_sent = each, only_sent

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[int, Any]:
        loaded: dict[int, Any] = {}
        problems: dict[str, Any] = {}
        for row in cast(CommandSchema, self.parent).row_ids:
            if self.only_sent and row not in value:
                continue
            try:
                loaded[row] = self.each.deserialize(value.get(row, missing), attr, data)
            except ValidationError as error:
                problems[str(row)] = error.messages
        if problems:
            raise ValidationError(cast(Any, problems))
        return loaded


class CommandSchema(Schema):
    """Base of every input schema. `makes`: the frozen dataclass that loading yields.

    A dataclass whose fields say what is taken for them needs no class of this kind: see `schema_of`.

    `row_ids`: the rows that its fields of kind `Rows` are about.
    """

    makes: ClassVar[type[Any] | None] = None
    error_messages = {"type": _l("内容格式不对。"), "unknown": _l("不认识的字段。")}

    class Meta:
        unknown = RAISE

    def __init__(self, row_ids: Iterable[int] = (), **options: Any) -> None:
        super().__init__(**options)
        self.row_ids = dict.fromkeys(row_ids)

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
        rest: dict[str, Any] = {}
        for sent, value in data.items():
            name, _line, number = sent.rpartition("_")
            row = int(number) if name in by_field and _ROW.fullmatch(number) else None
            if row is not None and row in self.row_ids:
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


Loadable = type[Any] | CommandSchema
"""What input is loaded by: a dataclass whose fields say what is taken for them, or a schema."""


@cache
def schema_of(made: type[Any]) -> type[CommandSchema]:
    """The schema of a frozen dataclass whose fields say what is taken for them: `qty: Annotated[int, Whole(most=9)]`.

    A field of the dataclass that has a default may be missing, and is its default then; any other is required, unless
    what is taken says itself what a missing one is.

    Raises:
        TypeError: a field of the dataclass does not say what is taken for it.
    """
    hints = get_type_hints(made, include_extras=True)
    declared: dict[str, Any] = {}
    for each in dataclasses.fields(made):
        taken = next((copy(one) for one in getattr(hints[each.name], "__metadata__", ()) if _is_field(one)), None)
        if taken is None:
            raise TypeError(f"{made.__name__}.{each.name} does not say what is taken for it")
        if not taken.required and taken.load_default is missing:
            default = each.default if each.default_factory is dataclasses.MISSING else each.default_factory
            taken.required = default is dataclasses.MISSING
            taken.load_default = missing if taken.required else default
            taken.allow_none = taken.allow_none or default is None
        declared[each.name] = taken
    return type(f"{made.__name__}Schema", (CommandSchema,), {"makes": made, "__doc__": made.__doc__, **declared})


def rows_of(made: type[Any]) -> fields.List[Any]:
    """A list of rows, each loaded to the dataclass `made`."""
    return fields.List(fields.Nested(schema_of(cast(Hashable, made))))


def schema_for(made: type[Any]) -> type[CommandSchema]:
    """The same as `schema_of`, for whoever holds a class of any kind."""
    return schema_of(cast(Hashable, made))


def nested(made: type[Any]) -> fields.Nested:
    """A part that is loaded to, or told from, the dataclass `made`."""
    return fields.Nested(schema_for(made))


def _is_field(one: object) -> bool:
    return isinstance(one, fields.Field)


def load(wanted: Loadable, data: Mapping[str, Any]) -> Any:
    """Load `data` to a dataclass. Raises Invalid with a sentence beside each field."""
    made = _schema(wanted)
    try:
        return made.load(data)
    except ValidationError as error:
        raise refused_input(made, cast(Any, error).normalized_messages()) from error


def refused_input(schema: CommandSchema, messages: Mapping[Any, Any]) -> Invalid:
    """What marshmallow says of input, as sentences by field."""
    return Invalid({schema.name_of(name): said for name, said in _flatten(messages).items()})


def _schema(wanted: Loadable) -> CommandSchema:
    if isinstance(wanted, CommandSchema):
        return wanted
    return _made_once(wanted if issubclass(wanted, CommandSchema) else schema_of(cast(Hashable, wanted)))


@cache
def _made_once(schema: type[CommandSchema]) -> CommandSchema:
    """Loading changes nothing of a schema, and making one costs as much as loading by it."""
    return schema()


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
    """What templates get: typed values and sentences per field. ``Form(SaveItem, request.form)`` is bound and
    validated; ``Form(initial={...})`` is fresh.

    ``Form(BasketSchema(ids), request.form, page=OrderFormPage)``: the fields of `page` are what the page adds for
    itself (which button was pressed, what its list is narrowed to), loaded to `form.page`; the command, which anybody
    else may send as well, knows none of them.
    """

    def __init__(
        self,
        wanted: Loadable | None = None,
        typed: Any = None,
        *,
        page: type[Any] | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self._typed = typed
        self._initial = dict(initial or {})
        self._errors: dict[str, list[str]] = {}
        self.is_bound = typed is not None
        self.command: Any = None
        self.page: Any = None
        if wanted is not None and self.is_bound:
            if page is not None:
                own, typed = _divided(typed, _schema(page).fields)
                self.page = self._loaded(page, own)
            self.command = self._loaded(wanted, typed)

    def _loaded(self, wanted: Loadable, typed: Any) -> Any:
        try:
            return load(wanted, typed)
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
