"""How the JSON API is put together: flask-smorest with our input, our guard and our refusals.

An endpoint says its permission, what it takes and what it gives; both are frozen dataclasses whose fields say what they
hold, of which `schema_of` makes the marshmallow schema, as for a form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import flask_smorest
from flask import Flask
from marshmallow import ValidationError, fields
from webargs.flaskparser import FlaskParser

from app.access.guard import requires
from app.access.permissions import Permission
from app.access.tokens.models import TokenScope
from app.core.errors import BadRequest
from app.core.input.fields import DayField, Line, WallTime, Whole, Yuan
from app.core.input.schemas import refused_input, schema_for

TITLE, VERSION, OPENAPI = "Louda", "1", "3.1.0"
PREFIX = "/api/v1"
EXTENSION = "louda_api"

View = Callable[..., Any]


class InputParser(FlaskParser):
    """Reads input as forms are read: unknown fields are refused, each problem is a sentence beside its field."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # each schema says so itself

    def load_json(self, req: Any, schema: Any) -> Any:
        """The body. Raises BadRequest for text that is no Unicode: half a surrogate pair cannot be stored."""
        loaded = super().load_json(req, schema)
        try:
            str(loaded).encode()
        except UnicodeEncodeError as error:
            raise BadRequest from error
        return loaded

    def handle_error(
        self, error: ValidationError, req: Any, schema: Any, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        """Raises Invalid. webargs keeps the messages by where the input came from; there is one place of it here."""
        messages = error.messages if isinstance(error.messages, dict) else {"": error.messages}
        (of_the_location,) = messages.values()
        raise refused_input(schema, of_the_location if isinstance(of_the_location, dict) else {"": of_the_location})


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A group of endpoints of the API."""

    ARGUMENTS_PARSER = InputParser()

    def read(
        self, path: str, permission: Permission, gives: type[Any], *, takes: type[Any] | None = None
    ) -> Callable[[View], View]:
        """An endpoint that changes nothing. `takes`: its query parameters, the view's first argument."""

        def mark(view: View) -> View:
            view = requires(permission)(view)
            if takes is not None:
                view = self.arguments(schema_for(takes), location="query")(view)
            return self._finish(path, "GET", view, self.response(200, schema_for(gives)))

        return mark

    def act(
        self,
        path: str,
        permission: Permission,
        scope: TokenScope,
        gives: type[Any],
        *,
        takes: type[Any] | None = None,
    ) -> Callable[[View], View]:
        """An endpoint that runs a command, by `idempotent.once`. `takes`: its body, the view's first argument."""

        def mark(view: View) -> View:
            view = requires(permission, scope)(view)
            if takes is not None:
                view = self.arguments(schema_for(takes))(view)
            return self._finish(path, "POST", view, self.response(200, schema_for(gives)))

        return mark

    def file(self, path: str, permission: Permission, content_type: str) -> Callable[[View], View]:
        """An endpoint that gives a file."""

        def mark(view: View) -> View:
            schema = {"type": "string", "format": "binary"}
            answer = self.response(200, schema, content_type=content_type)
            return self._finish(path, "GET", requires(permission)(view), answer)

        return mark

    def _finish(self, path: str, method: str, view: View, answer: Callable[[View], View]) -> View:
        marked: View = self.doc(operationId=view.__name__)(answer(view))
        self.route(path, methods=[method])(marked)
        return marked


class LoudaApi(flask_smorest.Api):  # type: ignore[misc]
    """The API of the application; refusals are told as everywhere (core/errors), not as the library would."""

    document: dict[str, Any] | None = None  # what it says of itself, once that was asked for

    def _register_error_handlers(self) -> None:
        """None of its own."""


def make_api(app: Flask) -> LoudaApi:
    """The API of an application, still without endpoints."""
    app.config.update(API_TITLE=TITLE, API_VERSION=VERSION, OPENAPI_VERSION=OPENAPI)
    api = LoudaApi(app)
    for kind, shape in ((WallTime, "date-time"), (DayField, "date"), (Yuan, "decimal")):
        api.register_field(kind, "string", shape)
    api.ma_plugin.converter.add_attribute_function(_bounds)
    app.extensions[EXTENSION] = api
    return api


def _bounds(_converter: Any, field: fields.Field[Any], **_options: Any) -> dict[str, int]:
    """What our own fields accept, in the words of JSON Schema."""
    if isinstance(field, Line):
        return {"maxLength": field.longest, **({} if field.blank else {"minLength": 1})}
    if isinstance(field, Whole):
        return {"minimum": field.least, "maximum": field.most}
    return {}
