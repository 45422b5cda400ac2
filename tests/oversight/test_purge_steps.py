"""Each thing that is kept about people goes on its own day: every step of the purge is missed by a test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, Table, Text, func, inspect, select, update

from app.access.models import HouseholdToken, StaffSession
from app.access.sessions import issue_token
from app.core import clock
from app.core.db import Json, LocalDate, UtcDateTime, db
from app.errands.models import Errand
from app.handover.models import Dispute, HandOut
from app.intake.models import ChainBooking, ChainPaste, PasteLine
from app.ordering.models import HouseholdOrder, OtherDoor, RollCall
from app.ordering.remarks.models import SettledWords
from app.picking.models import Bag, BagDoor
from app.places.models import Captaincy, CareNeed, HouseholdContact
from app.printing.files import documents_dir, is_there
from app.printing.models import Document, DocumentGeometry
from tests.oversight.test_purge import closed, purge_after
from tests.world import World

CANARY = "金丝雀19900000001"
SHA = "c0ffee" * 10
# Not about a household's days but about who works here and where: they stay while they are true.
STAYS = {
    "account.username",
    "account.display_name",
}
SOON = ("household_contact", "care_need", "errand", "household_token", "staff_session")
TEXTS = (
    "household_order.remark", "household_order.door_note", "household_order.other_need",
    "desk_entry.door_note_before", "desk_entry.remark_before",
    "chain_line.raw", "chain_line.note", "chain_line.restricted_note",
    "hand_out.detail", "dispute.note", "dispute.reason", "document.row_names",
)  # fmt: skip


@pytest.fixture
def here(app: Flask) -> World:
    """A closed cycle with a row of every kind that says something of a person."""
    made = closed(app)
    order = db.session.scalars(select(HouseholdOrder)).one()
    home, account, cycle_id = made.households[0], made.accounts["leader"].id, made.cycle.id
    bag = Bag(code="B-1", cycle_id=cycle_id, order_id=order.id, building_id=order.building_id, seq=1)
    bag.weight_g = bag.volume_ml = 1
    paste = ChainPaste(cycle_id=cycle_id, service_point_id=order.service_point_id, text_sha256="x", seq=1)
    paste.pasted_by_id = account
    paper = Document(kind="hand_out_list", subject_type="building", subject_id=1, label="x", cycle_id=cycle_id)
    paper.number, paper.context_sha256, paper.sha256, paper.row_names = "L-1", "0", SHA, {"x": CANARY}
    db.session.add_all([bag, paste, paper])
    db.session.flush()
    line = PasteLine(paste_id=paste.id, line_no=1, raw=CANARY, outcome="review", household_id=home.id)
    line.candidates, line.read_as = [home.id], {"household": home.id}
    line.elsewhere = {"point": order.service_point_id, "household": home.id, "items": []}
    errand = {"household_id": home.id, "kind": "parcel", "place": "门卫"}
    answered = Errand(**errand, state="done", answered_at=clock.now())
    need = CareNeed(household_id=home.id, kind="infant", purge_on=clock.today())
    booking = ChainBooking(paste_id=paste.id, household_id=home.id, order_id=order.id, revision=1, mode="alone")
    db.session.add_all([line, Errand(**errand), answered, need, booking])
    db.session.add_all(
        [OtherDoor(order_id=order.id, household_id=home.id), BagDoor(bag_id=bag.id, household_id=home.id)]
    )
    db.session.add(HandOut(bag_id=bag.id, outcome="other", at=clock.now()))
    db.session.add(Dispute(order_line_id=order.lines[0].id, bag_id=bag.id, qty=1, kind="damaged"))
    db.session.add(DocumentGeometry(document_id=paper.id, context_sha256="0", boxes=[CANARY]))
    former = Captaincy(building_id=order.building_id, account_id=account, starts_on=clock.today() - timedelta(days=9))
    former.ends_on = clock.today()
    db.session.add(former)
    db.session.add(RollCall(cycle_id=cycle_id, household_id=home.id, outcome="ordered", at=clock.now()))
    db.session.add(StaffSession(account_id=account, token_sha256="x", device="", seen_at=clock.now()))
    issue_token(home.id, clock.now() + timedelta(hours=1))
    issue_token(home.id, clock.now() + timedelta(days=90))
    db.session.flush()
    newest = db.session.scalars(select(HouseholdToken).order_by(HouseholdToken.id.desc())).first()
    assert newest is not None
    newest.revoked_at = clock.now()
    order.placed_by_kind, order.placed_by_id = "household", home.id
    (documents_dir() / f"{SHA}.pdf").write_bytes(CANARY.encode())
    db.session.flush()
    for table, column in personal_columns():
        value: Any = [CANARY] if isinstance(column.type, Json) else CANARY
        db.session.execute(update(table).values({column.name: value + str(table.name) if value is CANARY else value}))
    db.session.commit()
    db.session.expunge_all()
    return made


def personal_columns() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column that holds words about a person, with its table."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            is_words = column.info.get("privacy", "none") != "none" and "choices" not in column.info
            if is_words and not (table.name == "account" and column.name == "username"):
                yield table, column


def hits() -> set[str]:
    """Where the canary is found."""
    found = set()
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            for row in connection.execute(select(table)):
                found |= {f"{table.name}.{name}" for name, value in row._mapping.items() if CANARY in str(value)}
    return found


def rows(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_the_canary_is_in_every_kind_of_row_before(here: World) -> None:
    found = hits()
    assert {name for name in TEXTS if name not in found} == set()
    assert {name.split(".")[0] for name in found} >= {"household_contact", "care_need", "errand", "staff_session"}


def test_contacts_needs_tokens_and_sign_ins_go_on_their_day(here: World) -> None:
    purge_after(1)
    assert {model: rows(model) for model in (HouseholdContact, CareNeed, HouseholdToken, StaffSession)} == {
        HouseholdContact: 0,
        CareNeed: 0,
        HouseholdToken: 0,
        StaffSession: 0,
    }
    assert rows(Errand) == 2
    assert db.session.scalars(select(Captaincy.duty_phone)).all() == [""]
    assert {name for name in TEXTS if name not in hits()} == set()  # too early for these
    assert is_there(SHA)


def test_a_token_that_still_holds_stays(here: World) -> None:
    issue_token(here.households[0].id, clock.now() + timedelta(days=90))
    db.session.commit()
    purge_after(1)
    assert rows(HouseholdToken) == 1


def test_words_are_gone_a_fortnight_later(here: World) -> None:
    words = {*TEXTS, "errand.place", "errand.what", "errand.answer"}
    assert words - hits() == set()
    purge_after(15)
    assert words & hits() == set()
    assert db.session.scalars(select(PasteLine)).one().read_as is None


def test_rows_and_files_that_are_nothing_but_words_are_gone_a_fortnight_later(here: World) -> None:
    purge_after(15)
    assert {rows(model) for model in (SettledWords, ChainBooking, DocumentGeometry)} == {0}
    assert not is_there(SHA)
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert order.household_id == here.households[0].id
    assert rows(RollCall) == 1


def test_nobody_is_linked_to_an_order_after_the_days_of_the_installation(here: World) -> None:
    purge_after(31)
    order = db.session.scalars(select(HouseholdOrder)).one()
    assert (order.household_id, order.placed_by_id) == (None, 0)
    line = db.session.scalars(select(PasteLine)).one()
    assert (line.household_id, line.candidates, line.elsewhere) == (None, [], None)
    linked = [model.__tablename__ for model in (RollCall, OtherDoor, BagDoor, ChainBooking) if rows(model)]
    assert linked == []


def test_nothing_personal_is_left_but_what_is_listed_here(here: World) -> None:
    purge_after(31)
    assert {name for name in hits() if name not in STAYS} == set()


def test_every_column_of_text_says_whether_it_is_about_a_person() -> None:
    untagged = [
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if is_text(column) and column.info.get("privacy") not in ("none", "personal", "sensitive")
    ]
    assert untagged == []


def is_text(column: Column[Any]) -> bool:
    """Whether words can be put there; instants and days are text on SQLite and no words."""
    return isinstance(column.type, Text | Json) and not isinstance(column.type, UtcDateTime | LocalDate)


def test_no_column_is_for_an_identity_number_a_diagnosis_or_an_infection() -> None:
    forbidden = (
        "id_card",
        "id_number",
        "identity",
        "passport",
        "diagnos",
        "infect",
        "positive",
        "covid",
        "health_status",
    )
    names = [f"{table.name}.{column.name}" for table in db.metadata.sorted_tables for column in table.columns]
    assert [name for name in names if any(word in name for word in forbidden)] == []


def test_the_database_has_no_column_that_the_models_do_not_know(app: Flask) -> None:
    inspector = inspect(db.engine)
    for table in db.metadata.sorted_tables:
        assert {column["name"] for column in inspector.get_columns(table.name)} == set(table.columns.keys()), table.name
