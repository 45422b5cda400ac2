"""Where somebody starts after signing in. The slices above say where, since they know what there is to do today."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, url_for

from app.access.permissions import Permission, Resident, Staff

Landing = Callable[[Staff], str | None]
EXTENSION = "louda_landing"

# Used until a slice above knows better: the first page that exists and that the role may read.
_FALLBACK = (
    (Permission.CYCLE_READ, "ordering.cycles"),
    (Permission.OVERSEE, "oversight.dashboard"),
    (Permission.PLACES_READ, "places.index"),
    (Permission.SELF, "access.account"),
)
_RESIDENT = ("resident.home", "access.privacy")


def for_staff(actor: Staff) -> str:
    """The address of the page an account starts on."""
    landing: Landing | None = current_app.extensions.get(EXTENSION)
    found = landing(actor) if landing else None
    if found:
        return found
    endpoint = next(page for needed, page in _FALLBACK if actor.may(needed) and _exists(page)) if actor.grants else ""
    return url_for(endpoint or "access.account")


def for_resident(_actor: Resident) -> str:
    """The address of a household's own page."""
    return url_for(next(page for page in _RESIDENT if _exists(page)))


def _exists(endpoint: str) -> bool:
    return endpoint in current_app.view_functions
