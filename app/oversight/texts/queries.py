"""Texts ready to paste into the groups of buildings: opening, last call, substitutions and shortages, arrival, slots.

Each is about one building, or about all buildings of a compound or a point together. None holds a name or a telephone;
rooms only where somebody asks for them, and then masked unless shown on purpose.
"""

from __future__ import annotations

from app.ordering.models import Cycle
from app.oversight.texts import arrival, orders
from app.oversight.texts.places import GroupText, Occasion, TextPlace, TextRequest, group_buildings


def texts(cycle: Cycle, wish: TextRequest, near: list[TextPlace]) -> list[GroupText]:
    """The texts of an occasion for some buildings; empty while there is nothing to tell them."""
    if wish.occasion == Occasion.SLOTS:  # times belong to one staircase: never several buildings together
        return arrival.slot_texts(cycle, near)
    tell = {
        Occasion.OPENING: orders.opening,
        Occasion.LAST_CALL: orders.last_call,
        Occasion.CHANGES: orders.changes,
        Occasion.ARRIVAL: arrival.arrival,
    }[wish.occasion]
    return list(tell(cycle, wish, group_buildings(near, wish.together)))
