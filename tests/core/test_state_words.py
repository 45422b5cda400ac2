"""What a refused step says is in the reader's words: no stored code of any vocabulary reaches a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import app.models  # noqa: F401 - every table
from app.core.db import Base
from app.core.errors import Conflict
from app.core.labels import Labelled
from app.core.states import advance

ROOT = Path(__file__).resolve().parents[2]


def machines() -> list[Any]:
    """Every model with a table of legal steps."""
    found = [mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "LEGAL")]
    return sorted(found, key=lambda model: str(model.__name__))


def stored_words() -> set[str]:
    """The codes of every vocabulary that people see as labels."""
    found: set[str] = set()
    waiting: list[type[Labelled]] = [Labelled]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        found |= {member.value for member in one}
    return {word for word in found if re.fullmatch(r"[a-z_]+", word)}


def test_every_machine_has_a_vocabulary() -> None:
    assert len(machines()) > 10
    for model in machines():
        words = {member.value for member in model.__table__.c.state.info["choices"][1]}
        assert set(model.LEGAL) <= words
        assert {to for following in model.LEGAL.values() for to in following} <= words


@pytest.mark.parametrize("model", machines(), ids=lambda model: str(model.__name__))
def test_a_refused_step_names_both_states_by_their_labels(app: Flask, model: Any) -> None:
    """The row holds plain text as the database gives it, and the wish may come as plain text too."""
    vocabulary = model.__table__.c.state.info["choices"][1]
    words, seen = stored_words(), 0
    with app.test_request_context():
        for now in vocabulary:
            for to in vocabulary:
                if to in model.LEGAL.get(now.value, ()):
                    continue
                row = model()
                row.state = now.value
                with pytest.raises(Conflict) as refused:
                    advance(row, to.value)
                said = str(refused.value.sentence)
                assert now.label in said
                assert to.label in said
                assert not words & set(re.findall(r"[a-z_]+", said)), said
                seen += 1
    assert seen


def sentences() -> Iterator[tuple[Path, ast.Call]]:
    """Each call of gettext that fills something into its sentence."""
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("_", "_l", "gettext")
            ):
                yield path, node


def test_no_sentence_is_filled_with_a_stored_code() -> None:
    """`state=row.state` in a sentence prints the code; `.label` prints the word."""
    coded = ("state", "kind", "mode", "outcome", "held_reason", "reason_code", "role")
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} {keyword.arg}"
        for path, node in sentences()
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Attribute) and keyword.value.attr in coded
    ]
    assert found == []
