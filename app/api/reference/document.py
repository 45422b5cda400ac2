"""The OpenAPI 3.1 document: what flask-smorest writes of the endpoints, with what holds for all of them beside it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from flask import Flask

from app.access.guard import access_of, token_scope_of
from app.access.permissions import Permission
from app.access.tokens.idempotent import HEADER
from app.api.framework import EXTENSION, PREFIX, LoudaApi
from app.core.errors import PROBLEM_JSON

ABOUT = (
    "The commands and lists of Louda for programs. A token is made on the page of the own account and acts with the "
    "permissions of that account, narrowed to its scopes and, where one was chosen, to one role. Every refusal is a "
    "problem (RFC 9457). A POST takes effect once for each Idempotency-Key."
)
PROBLEMS = {
    400: "The request cannot be read, or lacks its Idempotency-Key.",
    401: "No token, or one that opens nothing any more.",
    403: "The account lacks the permission, or the token was not made for this.",
    404: "Does not exist, or is out of reach: the two look the same.",
    405: "The address does not take this method.",
    409: "The present state does not allow it, or somebody changed the object since it was read.",
    413: "The body is too large.",
    415: "The body is no JSON.",
    422: "Input is wrong: `problems` says what, by field.",
    429: "Too many requests: Retry-After says when to come again.",
    500: "A failure that nobody foresaw; `request_id` finds it in the log.",
    503: "The database cannot write now. Repeat with the same Idempotency-Key.",
}
ONLY_POST = (409, 413, 415)
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "problems", "stored", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "urn:louda:problem:… names the kind."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for a person, in Chinese or by Accept-Language."},
        "problems": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "Field → sentences.",
        },
        "stored": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "After a stale edit: what is stored now.",
        },
        "request_id": {"type": "string"},
    },
}


def openapi_document(app: Flask) -> dict[str, Any]:
    """The document as JSON values; made once for an application."""
    api: LoudaApi = app.extensions[EXTENSION]
    if api.document is None:
        api.document = _completed(app, deepcopy(api.spec.to_dict()))
    return api.document


def _completed(app: Flask, document: dict[str, Any]) -> dict[str, Any]:
    document["info"]["description"] = ABOUT
    document["security"] = [{"token": []}]
    parts = document["components"]
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    parts["schemas"].pop("Error", None)
    parts["schemas"]["Problem"] = PROBLEM_SCHEMA
    told = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    parts["responses"] = {f"Problem{code}": {"description": said, "content": told} for code, said in PROBLEMS.items()}
    parts.pop("headers", None)
    parts["parameters"] = {
        "IdempotencyKey": {
            "name": HEADER,
            "in": "header",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
            "description": "A fresh UUID for each command; the same one again for its repetitions.",
        }
    }
    marks = _marks(app)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in ("get", "post"):
                _complete(operation, method, marks[path, method])
    return document


def _marks(app: Flask) -> dict[tuple[str, str], tuple[str, str]]:
    """(path, method) → the permission and the scope of token that the endpoint takes."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(f"{PREFIX}/"):
            path = rule.rule.replace("<int:", "{").replace(">", "}")
            permission = access_of(app, rule.endpoint)
            assert isinstance(permission, Permission)
            scope = token_scope_of(app, rule.endpoint)
            for method in rule.methods or ():
                found[path, method.lower()] = (permission.value, scope.value)
    return found


def _complete(operation: dict[str, Any], method: str, mark: tuple[str, str]) -> None:
    kept = {code: said for code, said in operation["responses"].items() if str(code).startswith("2")}
    codes = [code for code in PROBLEMS if method == "post" or code not in ONLY_POST]
    operation["responses"] = {**kept, **{str(c): {"$ref": f"#/components/responses/Problem{c}"} for c in codes}}
    operation["x-permission"], operation["x-token-scope"] = mark
    if method == "post":
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})
