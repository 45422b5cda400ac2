"""The command that places the orders of a file: all or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import insert, select

from app.core.db import command, db
from app.core.errors import Invalid
from app.core.events import Actor, record
from app.ordering.bulk import (
    MOST_PROBLEMS,
    BulkOrderRow,
    ImportReport,
    chunks,
    insert_orders,
    open_cycle_for,
    places_in_scope,
    standing_choices,
)
from app.ordering.models import (
    Cycle,
    Source,
)
from app.ordering.orders import limit_problems, offer_terms
from app.ordering.rules import OfferTerms
from app.places.models import Household, HouseholdContact

CONTACT_LIVES = timedelta(days=14)


@command
def import_orders(by: Actor, cycle_id: int, rows: Iterable[BulkOrderRow]) -> ImportReport:
    """Place the orders of a file, all or none.

    Requires: CYCLE_EDIT over the subdistrict (or the command line); the cycle is open and before its cut-off; every
    household in scope; no household twice. Ensures: an order that stands with the same content is left as it is, so
    that the same file can be read twice; a further family in a flat gets a household row of its own, `401(2)`.
    Raises: NotFound, Conflict; Invalid with a sentence per row, nothing written.
    """
    cycle = open_cycle_for(by, cycle_id)
    orders = list(rows)
    report = ImportReport()
    orders = _with_families(orders, report)
    terms = offer_terms(cycle_id)
    places = places_in_scope(cycle_id, [order.household_id for order in orders])
    fresh = _fresh(cycle_id, orders, places, terms, report)
    if report.problems:
        raise Invalid(dict(list(report.problems.items())[:MOST_PROBLEMS]))
    insert_orders(by, cycle, fresh, (places, terms), Source.SHEET, report)
    _keep_contacts(cycle, fresh)
    record(by, "import", cycle, cycle_id=cycle_id, placed=report.placed, unchanged=report.unchanged, lines=report.lines)
    return report


def _with_families(orders: Sequence[BulkOrderRow], report: ImportReport) -> list[BulkOrderRow]:
    """Give each further family of a flat its household row; families known by their phone keep theirs."""
    extra = [order for order in orders if order.family]
    if not extra:
        return list(orders)
    homes = {
        home.id: home
        for ids in chunks([order.household_id for order in extra])
        for home in db.session.scalars(select(Household).where(Household.id.in_(ids)))
    }
    stairwells = {home.stairwell_id for home in homes.values()}
    known = {
        (home.stairwell_id, home.room_no): home
        for ids in chunks(sorted(stairwells))
        for home in db.session.scalars(select(Household).where(Household.stairwell_id.in_(ids)))
    }
    settled: list[BulkOrderRow] = []
    for order in orders:
        home = homes.get(order.household_id)
        if not order.family or home is None:
            settled.append(order)
            continue
        settled.append(_moved(order, _family_home(home, order.family, known, report)))
    return settled


def _moved(order: BulkOrderRow, household_id: int) -> BulkOrderRow:
    return BulkOrderRow(order.row, household_id, order.picks, order.person)


def _family_home(home: Household, family: int, known: dict[tuple[int, str], Household], report: ImportReport) -> int:
    room_no = f"{home.room_no}({family + 1})"
    if (home.stairwell_id, room_no) not in known:
        row = Household(
            stairwell_id=home.stairwell_id,
            room_no=room_no,
            sort_key=f"{home.sort_key}\x1f({family + 1})",
            floor=home.floor,
        )
        db.session.add(row)
        db.session.flush()
        known[home.stairwell_id, room_no] = row
        report.families += 1
    family_home = known[home.stairwell_id, room_no]
    family_home.is_active = True  # it was merged into another one, and the list says again that two families live there
    return family_home.id


def _fresh(
    cycle_id: int,
    orders: Sequence[BulkOrderRow],
    places: Mapping[int, tuple[int, int]],
    terms: Mapping[int, OfferTerms],
    report: ImportReport,
) -> list[BulkOrderRow]:
    """The orders to be written; what stands already is counted, what cannot be is a problem of its row."""
    standing = standing_choices(cycle_id)
    seen: set[int] = set()
    fresh: list[BulkOrderRow] = []
    for order in orders:
        sentence = _problem(order, seen, places, terms)
        before = standing.get(order.household_id)
        if sentence is None and before is not None and before != {pick.offer_id: pick.qty for pick in order.picks}:
            sentence = _l("这一户在这一批已有不同的订单，请在订单页处理后再导入。")
        if sentence is not None:
            report.problems[str(order.row)] = [sentence]
        elif before is not None:
            report.unchanged += 1
        else:
            fresh.append(order)
        seen.add(order.household_id)
    return fresh


def _problem(
    order: BulkOrderRow,
    seen: set[int],
    places: Mapping[int, tuple[int, int]],
    terms: Mapping[int, OfferTerms],
) -> Any:
    if order.household_id not in places:
        return _l("这一户不在这一批的范围内。")
    if order.household_id in seen:
        return _l("同一户在文件里出现了两次。")
    if not order.picks or any(pick.qty < 1 for pick in order.picks):
        return _l("这一单没有有效的数量。")
    if any(pick.offer_id not in terms for pick in order.picks):
        return _l("有商品不在这一批的可选清单里。")
    problems, is_hard = limit_problems(terms, order.picks)
    return next(iter(problems.values()))[0] if is_hard else None


def _keep_contacts(cycle: Cycle, orders: Sequence[BulkOrderRow]) -> None:
    """Remember how to reach who ordered, until two weeks after delivery; what is known already stays."""
    named = {order.household_id: order.person for order in orders if order.person.phone or order.person.name}
    known: set[int] = set()
    for ids in chunks(sorted(named)):
        known.update(
            db.session.scalars(select(HouseholdContact.household_id).where(HouseholdContact.household_id.in_(ids)))
        )
    rows = [
        {
            "household_id": home,
            "name": person.name or None,
            "phone": person.phone or None,
            "purge_on": cycle.deliver_on + CONTACT_LIVES,
        }
        for home, person in named.items()
        if home not in known
    ]
    if rows:
        db.session.execute(insert(HouseholdContact), rows)
