"""Reading addresses: the public words of the resolver. The truth table is in `address/resolver.py`."""

from app.places.address.locate import Located, locate
from app.places.address.register import Household, Profile, Register, Scope
from app.places.address.resolver import Reason, Resolution, resolve, scope_named

__all__ = [
    "Household",
    "Located",
    "Profile",
    "Reason",
    "Register",
    "Resolution",
    "Scope",
    "locate",
    "resolve",
    "scope_named",
]
