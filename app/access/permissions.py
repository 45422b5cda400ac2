"""What each role may do. A permission is always held within a scope; see places/scope.py for what lies in a scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

from app.access.models import Role
from app.core.events import Actor


class Permission(StrEnum):
    """One function of the system. Each endpoint names exactly one."""

    PLACES_READ = auto()
    PLACES_EDIT = auto()
    CATALOG_READ = auto()
    CATALOG_EDIT = auto()
    CYCLE_READ = auto()
    CYCLE_EDIT = auto()  # create, open, lock, cancel, close
    ORDER_READ = auto()
    ORDER_PROXY = auto()  # place, amend, withdraw on behalf
    HOUSEHOLD_KEY = auto()  # door PINs, move-outs, claims on a room: who may say which phone is whose
    ORDER_VOID = auto()
    INTAKE = auto()
    CONTACT_OPEN = auto()
    CARE = auto()
    ERRAND = auto()
    TALLY_READ = auto()
    TALLY_SIGN = auto()
    ROLL_CALL = auto()
    PURCHASE = auto()
    RECEIVE = auto()
    ALLOCATE = auto()
    PICK = auto()
    PLAN = auto()
    PLAN_READ = auto()
    LOAD = auto()
    DROP_OFF = auto()
    ARRIVAL = auto()  # count what came to a building: captain and leader at theirs, runner on the own rounds
    SHEET = auto()  # open a sheet by the code on it: who prints, and its holder
    HAND_OUT = auto()
    DISPUTE = auto()
    SETTLE = auto()
    PRINT = auto()
    OVERSEE = auto()
    TEXTS = auto()  # texts for the groups of buildings
    AUDIT = auto()
    ACCOUNTS = auto()
    PURGE = auto()
    SELF = auto()  # own account: sign out, change password
    OWN_HOUSEHOLD = auto()  # a resident: order, view, confirm, dispute


_READ = {Permission.PLACES_READ, Permission.CATALOG_READ, Permission.CYCLE_READ, Permission.SELF}
_P = Permission

GRANTED: dict[str, frozenset[Permission]] = {
    Role.SUBDISTRICT_ADMIN: frozenset(
        _READ
        | {_P.PLACES_EDIT, _P.CATALOG_EDIT, _P.CYCLE_EDIT, _P.ORDER_READ, _P.ORDER_VOID, _P.TALLY_READ, _P.PLAN_READ}
        | {_P.OVERSEE, _P.TEXTS, _P.AUDIT, _P.ACCOUNTS, _P.PURGE, _P.PRINT, _P.PURCHASE, _P.RECEIVE, _P.DISPUTE}
        | {_P.SHEET}
    ),
    Role.SUPPLIES_TEAM: frozenset(
        _READ
        | {_P.CATALOG_EDIT, _P.CYCLE_EDIT, _P.TALLY_READ, _P.PURCHASE, _P.RECEIVE, _P.ALLOCATE, _P.PICK, _P.PLAN}
        | {_P.PLAN_READ, _P.LOAD, _P.DROP_OFF, _P.HAND_OUT, _P.DISPUTE, _P.SETTLE, _P.PRINT, _P.OVERSEE, _P.TEXTS}
        | {_P.ORDER_READ, _P.ARRIVAL, _P.SHEET}
    ),
    Role.POINT_LEADER: frozenset(
        _READ
        | {_P.ORDER_READ, _P.ORDER_PROXY, _P.HOUSEHOLD_KEY, _P.INTAKE, _P.CONTACT_OPEN, _P.CARE, _P.ERRAND}
        | {_P.TALLY_READ, _P.TALLY_SIGN}
        | {_P.ROLL_CALL, _P.DROP_OFF, _P.HAND_OUT, _P.DISPUTE, _P.SETTLE, _P.PRINT, _P.OVERSEE, _P.TEXTS}
        | {_P.ARRIVAL, _P.SHEET}
    ),
    Role.BUILDING_CAPTAIN: frozenset(
        {_P.SELF, _P.CYCLE_READ, _P.ORDER_PROXY, _P.HOUSEHOLD_KEY, _P.DROP_OFF, _P.HAND_OUT, _P.TEXTS}
        | {_P.ARRIVAL, _P.SHEET}
    ),
    Role.RUNNER: frozenset({_P.SELF, _P.CYCLE_READ, _P.LOAD, _P.ARRIVAL, _P.SHEET}),
    # Brings orders in for others, by telephone, door, chain or table; signs, calls and opens telephones nowhere.
    Role.ORDER_DESK: frozenset(_READ | {_P.ORDER_READ, _P.ORDER_PROXY, _P.INTAKE}),
    Role.AUDITOR: frozenset({_P.SELF, _P.CYCLE_READ, _P.OVERSEE, _P.AUDIT}),
}


@dataclass(frozen=True)
class Grant:
    """A role held now. `scope_kind`: subdistrict, community, service_point or building."""

    role: str
    scope_kind: str
    scope_id: int


@dataclass(frozen=True)
class Staff(Actor):
    """A signed-in account with the grants it holds at this instant."""

    grants: tuple[Grant, ...] = ()

    def may(self, permission: Permission) -> bool:
        """Whether any grant carries the permission, somewhere. The own account is everybody's, also without a role."""
        return permission is Permission.SELF or any(permission in GRANTED[grant.role] for grant in self.grants)

    def scopes(self, permission: Permission) -> list[Grant]:
        """The grants that carry the permission: where it may be used."""
        return [grant for grant in self.grants if permission in GRANTED[grant.role]]

    @property
    def role_label(self) -> str:
        return "、".join(dict.fromkeys(Role(grant.role).label for grant in self.grants))


@dataclass(frozen=True)
class Resident(Actor):
    """A phone that holds a household's token; `id` is the household.

    `hand`: set for a phone that came in by its room alone. Anybody may type a room at a poster, so such a phone sees
    and changes only what carries its own mark, and what it makes is unproven. `since`: when those who live there now
    moved in; what others ordered before is no phone's of theirs. `token_id` and `until`: the row of the token, and
    until when it is good; 0 and None for a household that acts through no phone.
    """

    hand: str = ""
    since: datetime | None = None
    token_id: int = 0
    until: datetime | None = None

    @property
    def is_proven(self) -> bool:
        """It showed the door PIN or an order code: everything of the household is its own."""
        return not self.hand

    def knows(self, hand: str, made_at: datetime) -> bool:
        """Whether something of the household is this phone's to see: its mark, and when it was made."""
        return (self.is_proven or hand == self.hand) and (self.since is None or made_at >= self.since)

    @property
    def household_id(self) -> int:
        return self.id


def ids_of(grants: Iterable[Grant], kind: str) -> list[int]:
    """The scope ids of one kind among grants."""
    return [grant.scope_id for grant in grants if grant.scope_kind == kind]
