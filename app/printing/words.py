"""The words of the sheets: Chinese, or Chinese with the English beside it.

Paper does not follow the language of whoever pressed the button: it is read by everybody, so it is Chinese first. The
bilingual variant puts the English of the catalogue into an ``<em>`` behind each word; the style sheet decides whether
that stands beside or below. A word without English stays Chinese.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from markupsafe import Markup

CATALOGUE = Path(__file__).resolve().parents[1] / "translations" / "en" / "LC_MESSAGES" / "messages.po"


class Word(Markup):
    """A word of a sheet as markup; ``zh`` is the Chinese alone, for places too narrow for two languages."""

    zh: Markup

    @classmethod
    def of(cls, zh: Markup, en: Markup | None) -> Word:
        """Join both languages."""
        word = cls(zh if en is None else Markup("{} <em>{}</em>").format(zh, en))
        word.zh = zh
        return word


Say = Callable[..., Word]


@cache
def english() -> dict[str, str]:
    """Chinese sentence → English, as the catalogue of the program has it."""
    if not CATALOGUE.is_file():
        return {}
    with CATALOGUE.open("rb") as file:
        found = read_po(file, locale="en")
    return {
        one.id: one.string for one in found if isinstance(one.id, str) and one.string and isinstance(one.string, str)
    }


def _filled(text: str, values: dict[str, object]) -> Markup:
    return Markup(text) % {name: getattr(value, "zh", value) for name, value in values.items()}  # noqa: S704


def say_chinese(message: str, /, **values: object) -> Word:
    """The Chinese alone. ``message`` is a sentence of our own source; values are escaped."""
    return Word.of(_filled(message, values), None)


def say_both(message: str, /, **values: object) -> Word:
    """The Chinese and, where the catalogue has it, the English."""
    known = english().get(message)
    return Word.of(_filled(message, values), _filled(known, values) if known else None)


def sayer(is_bilingual: bool) -> Say:
    """What the templates call ``_``."""
    return say_both if is_bilingual else say_chinese
