"""What the forms of a draft plan's page send."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.input.schemas import CommandSchema, Line, Whole, one_of

FIT, MOVE, SWAP, OUT = "fit", "move", "swap", "out"


@dataclass(frozen=True)
class Edit:
    """One change by hand. `stop` and `other` are names of stops; `to` is "shift:round number", one more than the team
    has for a further round; `place` counts from 1, 0 means the end of the round."""

    do: str
    stop: str
    other: str = ""
    to: str = ""
    place: int = 0
    version: int = 0


class EditSchema(CommandSchema):
    makes = Edit
    do = Line(required=True, validate=one_of((MOVE, SWAP, OUT, FIT)))
    stop = Line(required=True, longest=40)
    other = Line(blank=True, longest=40)
    to = Line(blank=True, longest=40)
    place = Whole(load_default=0, least=0, most=999)
    version = Whole(load_default=0)


@dataclass(frozen=True)
class LockWhat:
    """A round (its id) or a stop (its name) to be locked, or unlocked if it is."""

    kind: str
    name: str
    version: int


class LockDraftSchema(CommandSchema):
    makes = LockWhat
    kind = Line(required=True, validate=one_of(("round", "stop")))
    name = Line(required=True, longest=40)
    version = Whole(required=True)


@dataclass(frozen=True)
class Undo:
    """Take the last change back."""

    version: int


class UndoSchema(CommandSchema):
    makes = Undo
    version = Whole(required=True)
