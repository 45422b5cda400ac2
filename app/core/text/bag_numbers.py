"""How people write which bag they mean on a list: the number of its building's day (袋 17), or a code. Pure."""

from __future__ import annotations

import re
import unicodedata

_SAID = re.compile(r"(?:第|袋)*(\d{1,5})(?:号?袋)?(?:/\d{1,5})?")
_APART = re.compile(r"袋[\s:：]+(?=\d)")
_BETWEEN = re.compile(r"[\s,，、;；]+")


def joined_numbers(text: str) -> str:
    """The text with the blank after 袋 left out, so that 袋 17 is one word."""
    return _APART.sub("袋", text)


def typed_bags(text: str) -> list[str]:
    """The words of a list of bags as people type it: between blanks, commas and semicolons."""
    return [word for word in _BETWEEN.split(joined_numbers(text)) if word]


def read_bag_no(word: str, *, is_bare_taken: bool = True) -> int | None:
    """The number of a bag in its building's day that somebody typed from paper, or None if the word cannot be one.

    袋17  17袋  17号袋  第17袋  17/35  袋17/35    17
    17                                          17, where the caller takes a bare number
    0  袋0  17A  17号  1-302  7KM2XQ9AB          None
    """
    plain = "".join(unicodedata.normalize("NFKC", word[:20]).split())
    said = _SAID.fullmatch(plain)
    if said is None or (not is_bare_taken and plain.isdigit()):
        return None
    return int(said[1]) or None
