"""Closed vocabularies: a value for the database, a Chinese label for people, side by side."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from flask_babel import gettext


class Labelled(StrEnum):
    """A string enum whose members carry a Chinese label: ``OPEN = "open", "接单中"``.

    ``str(member)`` is the stored value; ``member.label`` the label in the reader's language.
    """

    label_zh: str

    def __new__(cls, value: str, label_zh: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label_zh = label_zh
        return member

    @property
    def label(self) -> str:
        """The label in the language of the present request, Chinese outside of one."""
        return str(gettext(self.label_zh))

    @classmethod
    def options(cls) -> list[tuple[str, str]]:
        """(value, label) pairs for a select box, in order of definition."""
        return [(member.value, member.label) for member in cls]
