"""The codes that the database stores and no page may show."""

from __future__ import annotations

import re

from app.core.labels import Labelled


def stored_words() -> frozenset[str]:
    """The codes of every vocabulary whose members have a label for people; those shorter than four letters, which are
    words of English addresses too, are left out."""
    found: set[str] = set()
    waiting: list[type[Labelled]] = [Labelled]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        found |= {member.value for member in one}
    return frozenset(word for word in found if re.fullmatch(r"[a-z_]{4,}", word))
