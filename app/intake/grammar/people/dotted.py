"""Addresses whose numbers are divided by dots: 6.102, 7.2.102, 9。401。牛奶1.

A dot behind the first number of a line is the mark of a numbered entry as well. It divides an address only where
nothing in the paste speaks for numbering: other lines write 3/201 or 8-602, none has a number of its own, no heading
says the building, and the first numbers are no 1, 2, 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.intake.grammar.lines.lines import TextPiece
from app.places.address.rules import AddressScope

_DOTTED = re.compile(
    r"(?P<building>\d{1,2})[.。](?:(?P<stairwell>\d)[.。])?(?P<room>[1-9]\d{2,3})(?![\d:])(?P<mark>[.。](?=[\u4e00-\u9fff]))?"
)
_PLAIN = re.compile(r"\d{1,2} ?(?:[-/#]|号楼?|幢|栋)(?:\d ?(?:[-/]|单元))? ?\d{3,4}(?!\d)")
_NUMBER = re.compile(r"\(?\d{1,3}(?:[、,)]|[.。:] ?(?!\d))|[①-⑳]")
_BUILDING = re.compile(r"\d ?(?:号楼|号|幢|栋|座|楼)(?![^,，]*\d{3})")


def dots_to_dashes(found: Sequence[TextPiece], scope: AddressScope | None) -> list[TextPiece]:
    """The lines with dashes for the dots of addresses."""
    if (scope is not None and scope.building) or not _are_addresses([piece.text for piece in found]):
        return list(found)
    return [
        piece._replace(text=_DOTTED.sub(_dashed, piece.text, count=1)) if _begins(piece) else piece for piece in found
    ]


def _begins(piece: TextPiece) -> bool:
    return _DOTTED.match(piece.text) is not None


def _are_addresses(texts: Sequence[str]) -> bool:
    """Whether the dots at the start of lines divide addresses."""
    first = [int(match["building"]) for match in map(_DOTTED.match, texts) if match]
    if not first or any(_NUMBER.match(text) or _BUILDING.search(text) for text in texts):
        return False
    counted = first[0] == 1 or (len(first) > 1 and all(b == a + 1 for a, b in pairwise(first)))
    return not counted and any(_PLAIN.match(text) for text in texts)


def _dashed(match: re.Match[str]) -> str:
    parts = [match["building"], match["stairwell"], match["room"]]
    return "-".join(filter(None, parts)) + (" " if match["mark"] else "")
