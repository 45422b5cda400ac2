"""Refusals of a form sent as it stands that are what the page is for: it asks for a choice before it does anything."""

from __future__ import annotations

CHOICE_WANTED: dict[tuple[str, int], str] = {
    ("ordering.lock_cycle", 409): "cutting off before the time, or over missing outcomes, wants its box ticked",
    ("printing.request_sheets", 422): "which kinds of sheets to print",
    ("stock.take_in", 422): "how much of which item came in",
    ("roster.add_shifts", 422): "which teams are on duty",
    ("members.add", 422): "an account, or what the person is called",
    ("care.edit", 422): "that the person or the family agrees",
    ("telephone.call", 422): "the goods, and what happens to an order that is there already",
    ("desk.order_for", 422): "at least one item",
    ("doors.complaint", 422): "of which goods how many were wrong",
    ("dispatch.unload", 422): "which bags stay in the depot",
    ("handover.dispute", 422): "how much of which item is wrong",
    ("settlement.collect", 422): "which households paid",
}
"""(endpoint, status) → what a person has to choose on its page first."""


NEVER_SHOWN: dict[str, str] = {
    "catalog_import.commit": "it is on the page that answers an uploaded file, and the drill uploads none",
    "places_import.commit": "it is on the page that answers an uploaded file, and the drill uploads none",
}
"""Endpoint that takes a form → why no page of the drill's cycle shows it."""


def is_excused(endpoint: str, status: int) -> bool:
    """Whether this answer to a form as shown tells of a choice not made yet, not of a page that is wrong."""
    return (endpoint, status) in CHOICE_WANTED
