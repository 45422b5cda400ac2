"""Short codes that people read aloud and type: one alphabet, one check character.

The alphabet has 31 letters and digits, none of which is taken for another (no 0 O 1 I L). 31 is prime, and the weights
of neighbouring places differ, so the check character finds every single wrong character and every swap of two
neighbours (a weighted sum modulo a prime; the same reasoning as ISBN-10 and ISO 7064).
"""

from __future__ import annotations

import unicodedata

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_BASE = len(ALPHABET)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_GROUP = 4


def check_character(payload: str) -> str:
    """The check character of `payload` (characters of `ALPHABET`, at most 29). Raises ValueError for others."""
    if not payload or len(payload) > _BASE - 2:
        raise ValueError("a code has 1 to 29 characters before its check character")
    total = 0
    for place, character in enumerate(reversed(payload), start=2):
        if character not in _VALUE:
            raise ValueError(f"{character!r} is not a character of codes")
        total += place * _VALUE[character]
    return ALPHABET[-total % _BASE]


def encode(number: int, length: int) -> str:
    """`number` as a code of `length` characters plus a check character. Raises ValueError if it does not fit."""
    if not 0 <= number < _BASE**length:
        raise ValueError(f"{number} does not fit into {length} characters")
    characters = []
    rest = number
    for _place in range(length):
        rest, value = divmod(rest, _BASE)
        characters.append(ALPHABET[value])
    payload = "".join(reversed(characters))
    return payload + check_character(payload)


def capacity(length: int) -> int:
    """How many different codes of `length` characters exist."""
    return int(_BASE**length)


def grouped(code: str) -> str:
    """A code in groups of four for reading aloud: ``7KM2-XQ9A``."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def normalise(text: str) -> str | None:
    """What somebody typed as a plain code, or None when no code can be meant or the check character disagrees.

    Full-width characters, lower case, blanks and dashes of any kind are accepted.
    """
    folded = unicodedata.normalize("NFKC", text[:100]).upper()
    code = "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Pd" and c not in "−_·.")
    if not 2 <= len(code) <= _BASE - 1 or any(character not in _VALUE for character in code):
        return None
    return code if check_character(code[:-1]) == code[-1] else None
