"""Where a text is read: which compounds and which building it can be about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.places.address import names
from app.places.address.register import AddressScope, Register, building_key


@dataclass(frozen=True, slots=True)
class ReadingPlace:
    """Where a text is read: the compounds that are possible, the building when the group belongs to one."""

    register: Register
    compounds: tuple[str, ...]
    naming: names.Naming
    building: str
    in_scope: frozenset[str]
    explains: Callable[[str], bool] | None = None
    stairwell: str = ""

    @property
    def is_named(self) -> bool:
        return bool(self.naming.compounds or self.naming.building)


def place_of(
    folded: str, register: Register, scope: AddressScope | None, explains: Callable[[str], bool] | None = None
) -> ReadingPlace:
    """The compounds the text can be about: those it names, else those of the scope, else all."""
    scoped = tuple(c for c in (scope.compounds if scope else ()) if c in register.buildings)
    allowed = scoped or tuple(register.buildings)
    naming = names.find_compound(folded, register)
    compounds = tuple(sorted(naming.compounds & set(allowed) or naming.compounds)) if naming.compounds else allowed
    named = names.named_building(naming.masked, register, frozenset(compounds))
    if named:
        naming = replace(naming, masked=named.masked, building=named.building, problem="")
    mine = not naming.compounds or not scoped or bool(naming.compounds & set(scoped))
    building = building_key(scope.building) if scope and scope.building and mine else ""
    stairwell = scope.stairwell if scope and building else ""
    if not building and len(compounds) == 1 and len(register.buildings[compounds[0]]) == 1:
        building = next(iter(register.buildings[compounds[0]]))
    in_scope = frozenset(register.buildings if scope and scope.is_open else allowed)
    return ReadingPlace(register, compounds, naming, building, in_scope, explains, stairwell)
