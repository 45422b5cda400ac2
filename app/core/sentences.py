"""A sentence that pure rules can say without knowing the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import gettext


def N_(msgid: str) -> str:
    """Mark a Chinese source text for the translation catalogue; the value stays as it is."""
    return msgid


@dataclass(frozen=True, slots=True)
class Sentence:
    """A Chinese source text with ``%(name)s`` placeholders and the values for them.

    ``str(sentence)`` is the text in the reader's language, ``sentence.zh`` the Chinese text to be stored or printed.
    A value may itself be a ``Sentence``.
    """

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def zh(self) -> str:
        """The Chinese text with its values filled in."""
        return self.msgid % {
            name: value.zh if isinstance(value, Sentence) else value for name, value in self.values.items()
        }

    def __str__(self) -> str:
        return str(gettext(self.msgid)) % dict(self.values)


def sentence(msgid: str, **values: object) -> Sentence:
    """A `Sentence` from its marked source text: ``sentence(N_("还差%(qty)s份"), qty=3)``."""
    return Sentence(msgid, values)
