"""The sentences that tests assert are sentences of the product."""

from __future__ import annotations

import ast

from babel.messages.pofile import read_po

from tests import messages
from tests.source_tree import ROOT, files_of_tests, tree

CONSTANTS = {name: value for name, value in vars(messages).items() if name.isupper()}


def catalogue() -> str:
    """All sentences of the catalogue, a line each, and the text of the templates."""
    with (ROOT / "app/translations/en/LC_MESSAGES/messages.po").open("rb") as file:
        ids = [entry.id for entry in read_po(file) if entry.id]
    templates = [path.read_text("utf-8") for path in sorted((ROOT / "templates").rglob("*.html"))]
    return "\n".join([*(text for one in ids for text in ([one] if isinstance(one, str) else one)), *templates])


def test_each_message_is_in_the_catalogue_or_in_a_template() -> None:
    known = catalogue()
    assert {name: value for name, value in CONSTANTS.items() if value not in known} == {}


def test_each_message_is_asserted_somewhere_and_stands_here_once() -> None:
    used = {
        node.attr
        for path in files_of_tests()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "messages"
    }
    assert CONSTANTS.keys() - used == set()
    assert len(set(CONSTANTS.values())) == len(CONSTANTS)
