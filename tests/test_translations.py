"""Every sentence that people see has its English, and says the same things."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Catalog
from flask import Flask
from flask_babel import refresh

from app.upkeep.translations import collect, stored, untranslated
from tests import world

CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!%)\{\w+\}")


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return collect()


def pairs(catalog: Catalog) -> list[tuple[str, str]]:
    found = []
    for message in catalog:
        if message.id:
            source = message.id if isinstance(message.id, str) else message.id[0]
            english = message.string if isinstance(message.string, str) else message.string[0]
            found.append((source, english))
    return found


def test_no_sentence_is_untranslated(catalog: Catalog) -> None:
    assert [message.id for message in untranslated(catalog)] == []


def test_the_kept_catalogue_holds_no_sentence_that_is_gone(catalog: Catalog) -> None:
    assert {m.id for m in stored() if m.id} - {m.id for m in catalog if m.id} == set()


def test_placeholders_are_the_same_in_both_languages(catalog: Catalog) -> None:
    wrong = [s for s, e in pairs(catalog) if sorted(PLACEHOLDER.findall(s)) != sorted(PLACEHOLDER.findall(e))]
    assert wrong == []


def test_the_english_is_english(catalog: Catalog) -> None:
    """What somebody types or reads on a sheet of goods is quoted as it is; all else is English."""
    said = [re.sub("“[^”]*”", "", english) for _source, english in pairs(catalog)]
    assert [english for english in said if CHINESE.search(english)] == []


def test_a_page_speaks_the_language_that_was_chosen(app: Flask) -> None:
    client = world.sign_in(app, world.build(), "supplies")
    assert 'lang="zh-CN"' in client.get("/cycles/1/tally").get_data(as_text=True)
    assert client.get("/cycles/1/tally?lang=en").status_code == 302
    refresh()  # the test's own context outlives a request; a server's does not
    shown = client.get("/cycles/1/tally").get_data(as_text=True)
    assert 'lang="en"' in shown
    assert "Sign out" in shown
