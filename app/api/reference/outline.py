"""What the reference page shows of the document: groups of endpoints, their fields in rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class FieldOutline:
    """One field of what an endpoint takes or gives. `place`: path, query, header, body or answer."""

    name: str
    shape: str
    place: str
    is_required: bool


@dataclass(frozen=True)
class EndpointOutline:
    id: str
    method: str
    path: str
    summary: str
    permission: str
    scope: str
    takes: tuple[FieldOutline, ...]
    gives: tuple[FieldOutline, ...]
    refusals: tuple[str, ...]


@dataclass(frozen=True)
class GroupOutline:
    name: str
    endpoints: tuple[EndpointOutline, ...]


def outline(document: Json) -> list[GroupOutline]:
    """The endpoints by group, in the order of the document."""
    groups: dict[str, list[EndpointOutline]] = {}
    names = {tag["name"]: tag["description"] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in ("get", "post"):
            if method in operations:
                operation = operations[method]
                found = _endpoint(document, path, method, operation, operations.get("parameters", []))
                groups.setdefault(names[operation["tags"][0]], []).append(found)
    return [GroupOutline(name, tuple(endpoints)) for name, endpoints in groups.items()]


def _endpoint(document: Json, path: str, method: str, operation: Json, shared: list[Json]) -> EndpointOutline:
    takes = [_parameter(document, one) for one in [*shared, *operation.get("parameters", [])]]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    takes += _fields(document, body, "body") if body else []
    answer = next(said for code, said in operation["responses"].items() if code.startswith("2"))
    shape = answer.get("content", {}).get("application/json", {}).get("schema")
    return EndpointOutline(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=" ".join(text for text in (operation.get("summary"), operation.get("description")) if text),
        permission=operation["x-permission"],
        scope=operation["x-token-scope"],
        takes=tuple(takes),
        gives=tuple(_fields(document, shape, "answer") if shape else ()),
        refusals=tuple(code for code in operation["responses"] if not code.startswith("2")),
    )


def _parameter(document: Json, parameter: Json) -> FieldOutline:
    one = _resolved(document, parameter)
    return FieldOutline(one["name"], _shape(document, one["schema"]), one["in"], bool(one.get("required")))


def _fields(document: Json, schema: Json, place: str) -> list[FieldOutline]:
    whole = _resolved(document, schema)
    required = whole.get("required", [])
    return [
        FieldOutline(name, _shape(document, each), place, name in required)
        for name, each in whole.get("properties", {}).items()
    ]


def _resolved(document: Json, part: Json) -> Json:
    while "$ref" in part:
        *_root, kind, name = part["$ref"].split("/")
        part = document["components"][kind][name]
    return part


def _shape(document: Json, schema: Json) -> str:
    """A type in a few characters: `integer`, `string, date-time`, `[{offer_id, qty}]`."""
    if "$ref" in schema:
        inside = _resolved(document, schema).get("properties", {})
        return "{" + ", ".join(f"{name}: {_shape(document, each)}" for name, each in inside.items()) + "}"
    if "allOf" in schema or "anyOf" in schema:
        return " | ".join(_shape(document, each) for each in schema.get("allOf") or schema["anyOf"])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{_shape(document, schema['items'])}]"
    if "enum" in schema:
        return " | ".join(str(value) or '""' for value in schema["enum"])
    named = " | ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{named}, {schema['format']}" if "format" in schema else named
