"""What the forms of a draft plan's page send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.core.input.fields import Line, Whole, one_of

FIT, MOVE, SWAP, OUT = "fit", "move", "swap", "out"


@dataclass(frozen=True)
class Edit:
    """One change by hand. `stop` and `other` are names of stops; `to` is "shift:round number", one more than the team
    has for a further round; `place` counts from 1, 0 means the end of the round."""

    do: Annotated[str, Line(validate=one_of((MOVE, SWAP, OUT, FIT)))]
    stop: Annotated[str, Line(longest=40)]
    other: Annotated[str, Line(blank=True, longest=40)] = ""
    to: Annotated[str, Line(blank=True, longest=40)] = ""
    place: Annotated[int, Whole(least=0, most=999)] = 0
    version: Annotated[int, Whole()] = 0


@dataclass(frozen=True)
class LockWhat:
    """A round (its id) or a stop (its name) to be locked, or unlocked if it is."""

    kind: Annotated[str, Line(validate=one_of(("round", "stop")))]
    name: Annotated[str, Line(longest=40)]
    version: Annotated[int, Whole()]


@dataclass(frozen=True)
class Undo:
    """Take the last change back."""

    version: Annotated[int, Whole()]
