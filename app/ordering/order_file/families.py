"""The families of one flat: two orders of a file belong to two families when their telephone numbers differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.core.input.records import RowProblem
from app.ordering.bulk import OrderContact
from app.ordering.order_file.queries import known_families


@dataclass
class OrderOfFile:
    """The rows of one order, gathered. `row`: its first row; `units`: name of the offer → sale units."""

    row: int
    household_id: int
    person: OrderContact
    units: dict[str, int] = field(default_factory=dict)


def families_of(orders: Iterable[OrderOfFile]) -> tuple[dict[int, int], list[RowProblem]]:
    """Row of each order → which family of its flat it is from (0: the household of the register)."""
    flats: dict[int, list[OrderOfFile]] = defaultdict(list)
    for order in orders:
        flats[order.household_id].append(order)
    phones = known_families(list(flats))
    families: dict[int, int] = {}
    problems: list[RowProblem] = []
    for household_id, group in flats.items():
        taken: set[int] = set()
        for order in sorted(group, key=lambda each: each.row):
            family = _family(order.person.phone, phones.get(household_id, {}), taken)
            if family in taken or (taken and not order.person.phone):
                sentence = _("同一户有两张订单，又没有不同的电话可以区分两家。")
                problems.append(RowProblem(order.row, sentence))
            taken.add(family)
            families[order.row] = family
    return families, problems


def _family(phone: str, known_phones: Mapping[str, int], taken: set[int]) -> int:
    if phone and phone in known_phones:
        return known_phones[phone]
    spoken_for = taken | set(known_phones.values())
    return next(number for number in range(len(spoken_for) + 1) if number not in spoken_for)
