"""What the forms of a compound's address grammar send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from marshmallow import fields

from app.core.input.fields import Line

REQUIRABLE = ("stairwell",)


def _is_requirable(level: str) -> bool:
    return level in REQUIRABLE


@dataclass(frozen=True)
class SaveProfile:
    """words and buildings as typed: one `名称=…` on each line. samples: addresses to try the profile on."""

    words: Annotated[str, Line(longest=2000, blank=True, many_lines=True)] = ""
    buildings: Annotated[str, Line(longest=4000, blank=True, many_lines=True)] = ""
    levels: Annotated[tuple[str, ...], fields.List(fields.String(validate=_is_requirable), load_default=tuple)] = ()
    samples: Annotated[str, Line(longest=4000, blank=True, many_lines=True)] = ""
