"""The API does what its own document says: asked with what the document allows, it neither fails nor surprises."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.api.reference.document import openapi_document
from app.core.idempotency import new_key
from tests.api.client import EVERY_SCOPE, token_of
from tests.page_rules import api_rules
from tests.security.day import Day
from tests.security.day_kinds import kind_of

EXAMPLES = 4  # of each endpoint
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture(scope="module")
def secret(day: Day) -> str:
    with day.app.app_context():
        made = token_of(*day.accounts["everything"], EVERY_SCOPE)
    day.keep()
    return made


def test_the_document_names_every_endpoint_and_nothing_else(day: Day) -> None:
    document = openapi_document(day.app)
    named = {(path, method) for path, told in document["paths"].items() for method in told if method != "parameters"}
    known = {
        (rule.rule.replace("<int:", "{").replace(">", "}"), method.lower())
        for rule in api_rules(day.app)
        for method in set(rule.methods or ()) - {"OPTIONS", "HEAD"}
    }
    assert named == known
    assert document["openapi"] == "3.1.0"
    ids = [told["operationId"] for path in document["paths"].values() for m, told in path.items() if m != "parameters"]
    assert len(ids) == len(set(ids))


def test_no_answer_is_a_failure_and_each_is_in_the_document(day: Day, secret: str) -> None:
    schema = schemathesis.openapi.from_dict(openapi_document(day.app))
    schema.app = day.app
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        raw = operation.definition.raw
        endpoint = f"{raw['tags'][0]}.{raw['operationId']}"
        own = {name: day.own[kind_of(endpoint, name)] for name in _arguments(operation.path)}
        asked += _ask(operation, {name: int(number) for name, number in own.items()}, secret)
        day.restore()
    assert asked > EXAMPLES * 10


def _arguments(path: str) -> list[str]:
    return [part.strip("{}") for part in path.split("/") if part.startswith("{")]


def _ask(operation: Any, own: dict[str, int], secret: str) -> int:
    """Ask one endpoint about objects that exist, and about whatever numbers come."""
    count = 0

    @settings(
        max_examples=EXAMPLES, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
        deadline=None, database=None,
    )  # fmt: skip
    @given(case=operation.as_strategy(), is_known=st.sampled_from((True, True, True, False)))
    def ask(case: Any, is_known: bool) -> None:
        nonlocal count
        count += 1
        if own and is_known:
            case.path_parameters = dict(own)
        headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}
        if case.method == "POST":
            headers["Idempotency-Key"] = new_key()
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=list(CHECKS))

    ask()
    return count
