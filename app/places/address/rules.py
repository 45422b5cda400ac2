"""Reading addresses: the public words of the resolver. The truth table is in `address/resolver.py`."""

from app.places.address.locate import Located, locate
from app.places.address.names import ends_like_place, holds_place
from app.places.address.register import (
    AddressScope,
    Profile,
    Register,
    RegisteredHousehold,
    building_key,
    room_key,
    stairwell_key,
)
from app.places.address.resolver import AddressReason, Resolution, resolve, scope_named

__all__ = [
    "AddressReason",
    "AddressScope",
    "Located",
    "Profile",
    "Register",
    "RegisteredHousehold",
    "Resolution",
    "building_key",
    "ends_like_place",
    "holds_place",
    "locate",
    "resolve",
    "room_key",
    "scope_named",
    "stairwell_key",
]
