"""Sheet numbers that survive being read aloud, written down and typed back.

``HO-12-1-34-V2-K`` = hand-out list, cycle 12, wave 1, subject 34, version 2, check character K.
Wave 0 means the sheet covers the whole cycle. The check character is ISO 7064 MOD 37,36 over the letters and digits,
so one wrong character or two swapped neighbours are noticed, and so is a version that was typed wrongly.
"""

import re
import unicodedata
from dataclasses import dataclass

from app.printing.kinds import by_key, key_of_code

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_GAP = "[^0-9A-Z]"
# No leading zeros: each number has one spelling, or the check character could not vouch for it.
_COUNT = "(0|[1-9][0-9]*)"
_TYPED = re.compile(f"^([A-Z]{{2}}){_GAP}*{_COUNT}{_GAP}+{_COUNT}{_GAP}+{_COUNT}{_GAP}*V{_COUNT}{_GAP}*([0-9A-Z])$")


class SheetNumberError(ValueError):
    """The text is not a sheet number, or its check character does not fit."""


class CheckCharacterError(SheetNumberError):
    """It looks like a number of ours, but the check character shows a slip."""


def check_character(body: str) -> str:
    """Return the ISO 7064 MOD 37,36 check character of the letters and digits in ``body``."""
    product = 36
    for character in body:
        if character in ALPHABET:
            total = (product + ALPHABET.index(character)) % 36 or 36
            product = total * 2 % 37
    return ALPHABET[(37 - product) % 36]


@dataclass(frozen=True)
class SheetNumber:
    """One version of one sheet; ``str()`` gives the printed form."""

    kind: str
    cycle_id: int
    wave: int
    subject_id: int
    revision: int

    def __post_init__(self) -> None:
        if self.kind not in by_key():
            raise SheetNumberError(f"unknown sheet kind {self.kind!r}")
        if min(self.cycle_id, self.wave, self.subject_id) < 0 or self.revision < 1:
            raise SheetNumberError("numbers count from 0 and versions from 1")

    @property
    def body(self) -> str:
        """The number without its check character."""
        code = by_key()[self.kind].code
        return f"{code}-{self.cycle_id}-{self.wave}-{self.subject_id}-V{self.revision}"

    def __str__(self) -> str:
        return f"{self.body}-{check_character(self.body)}"


def parse_sheet_number(text: str) -> SheetNumber:
    """Read a typed number: full-width, lower case, spaces or dots for dashes are all accepted.

    Raises:
        SheetNumberError: not a number of ours, or the check character shows a slip.
    """
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    match = _TYPED.match(plain)
    kind = None if match is None else key_of_code(match[1])
    if match is None or kind is None:
        raise SheetNumberError("not a sheet number")
    numbers = [int(part) for part in match.group(2, 3, 4, 5)]
    number = SheetNumber(kind, *numbers)
    if check_character(number.body) != match[6]:
        raise CheckCharacterError("the check character does not fit")
    return number
