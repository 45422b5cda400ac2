"""Reading addresses: the public words of the resolver. The truth table is in `address/resolver.py`."""

from app.places.address.locate import Located, locate
from app.places.address.names import ends_like_place, holds_place
from app.places.address.register import (
    Household,
    Profile,
    Register,
    Scope,
    building_key,
    room_key,
    stairwell_key,
)
from app.places.address.resolver import Reason, Resolution, resolve, scope_named

__all__ = [
    "Household",
    "Located",
    "Profile",
    "Reason",
    "Register",
    "Resolution",
    "Scope",
    "building_key",
    "ends_like_place",
    "holds_place",
    "locate",
    "resolve",
    "room_key",
    "scope_named",
    "stairwell_key",
]
