"""The words of the sheets: Chinese, or Chinese with the English beside it.

Paper does not follow the language of whoever pressed the button: it is read by everybody, so it is Chinese first. The
bilingual variant puts the English of the catalogue into an ``<em>`` behind each word; the style sheet decides whether
that stands beside or below. A word without English stays Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from markupsafe import Markup

CATALOGUE = Path(__file__).resolve().parents[1] / "translations" / "en" / "LC_MESSAGES" / "messages.po"


class BilingualWord(Markup):
    """A word of a sheet as markup; ``zh`` is the Chinese alone, for places too narrow for two languages."""

    zh: Markup

    @classmethod
    def of(cls, zh: Markup, en: Markup | None) -> BilingualWord:
        """Join both languages."""
        word = cls(zh if en is None else Markup("{} <em>{}</em>").format(zh, en))
        word.zh = zh
        return word


Say = Callable[..., BilingualWord]


@cache
def english() -> dict[str, str]:
    """Chinese sentence → English, as the catalogue of the program has it."""
    if not CATALOGUE.is_file():
        return {}
    with CATALOGUE.open("rb") as file:
        found = read_po(file, locale="en")
    return {
        one.id: one.string
        for one in found
        if one.id and isinstance(one.id, str) and one.string and isinstance(one.string, str)  # the first is the head
    }


def _filled(text: str, values: dict[str, object]) -> Markup:
    return Markup(text) % {name: getattr(value, "zh", value) for name, value in values.items()}  # noqa: S704


def _filled_in_english(text: str, values: dict[str, object]) -> Markup:
    """As `_filled`, but dates and words of the catalogue inside are English too."""
    return _filled(text, {name: _english_value(value) for name, value in values.items()})


def _english_value(value: object) -> object:
    plain = getattr(value, "zh", value)
    return in_english(plain) or plain if isinstance(plain, str) else plain


def chinese_only(message: str, /, **values: object) -> BilingualWord:
    """The Chinese alone. ``message`` is a sentence of our own source; values are escaped."""
    return BilingualWord.of(_filled(message, values), None)


def bilingual(message: str, /, **values: object) -> BilingualWord:
    """The Chinese and, where the catalogue has it, the English."""
    known = english().get(message)
    return BilingualWord.of(_filled(message, values), _filled_in_english(known, values) if known else None)


_DAY = re.compile(r"(\d{1,2})月(\d{1,2})日")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def in_english(text: str) -> str | None:
    """The English of a text from a row: a word of the catalogue, or a date; None for what is data.

    送到楼下          Deliver to the building
    11月22日 20:00   22 Nov 20:00
    楼下快递架        None
    (nothing)        None
    """
    known = english()
    if text in known:
        return known[text]
    dated = _DAY.sub(lambda found: f"{found[2]} {_MONTHS[(int(found[1]) - 1) % 12]}", text)
    return dated if dated != text and dated.isascii() else None


def row_text_filter(is_bilingual: bool) -> Callable[[str], BilingualWord]:
    """The filter ``both``: a text of a row, in the bilingual variant with its English where it has one."""

    def filled(text: str) -> BilingualWord:
        found = in_english(text) if is_bilingual else None
        return BilingualWord.of(Markup.escape(text), None if found is None else Markup.escape(found))

    return filled


def translator_of(is_bilingual: bool) -> Say:
    """What the templates call ``_``."""
    return bilingual if is_bilingual else chinese_only
