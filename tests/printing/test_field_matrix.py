"""Which field is on which sheet, and which role gets which sheet: each personal and restricted column has a canary."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Text, select, update

from app.access.models import StaffSession
from app.core import clock
from app.core.db import Base, db
from app.core.queue import worker
from app.dispatch.models import TeamMember
from app.errands.models import Errand
from app.handover.models import Dispute, HandOut
from app.intake.models import ChainPaste, PasteLine
from app.ordering.claims.models import RoomClaim
from app.ordering.desk.models import DeskEntry
from app.ordering.models import HouseholdOrder, OrderLine
from app.picking.models import Bag, BagLine
from app.places.models import Captaincy, CareKind, CareNeed, ZoneDesignation, ZoneLevel
from app.printing.centre import service
from app.printing.centre.service import PrintRequest
from app.printing.kinds import by_key, listed
from app.settlement.models import LineAmount, Payment, Statement
from tests import world
from tests.printing.day import day as day
from tests.printing.day import documents, printed_text
from tests.world import World

# Fields: R room, B bag code, I item, $ money, D door note, M masked surname, C captain's masked surname,
# A full name of the member of staff who approved, L line of the point (the office's where it has none), O line of the
# office, N captain's duty number.
FIELDS = {
    "poster": "L",
    "door_notice": "L",
    "order_form": "I$",
    "tally": "IR",  # rooms without an order, for the roll call
    "purchase_order": "I$A",
    "goods_receipt": "I",
    "shortage_list": "IR",
    "pick_list": "I",
    "bag_list": "IRBD",
    "bag_label": "RB",
    "roll_label": "RB",
    "route_sheet": "OLNC",
    "drop_off_sheet": "RBCL",
    "hand_out_list": "RBDMCL",
    "collection_slip": "RBL",
    "collection_sheet": "R$",
    "exception_list": "IRB",
    "settlement_sheet": "R$",
}
# Columns whose text may be on paper, and how. Every other personal or restricted column is on no sheet at all.
PRINTED = {
    "household_contact.name": "M",
    "household_order.door_note": "D",
    "account.display_name": "A",
    "captaincy.duty_phone": "N",
}
CHOICES = {"care_need.kind"}  # one of a few words, so it cannot hold a canary; its words are looked for instead
RARE = "饕餮魑魅魍魉囹圄龃龉徜徉旖旎桎梏谶纬夔龠黹黻鼋鼍鬻鬣魇麈麴黥黩鼗齑齉"
OFFICE, POINT = "0571-1111 2222", "0571-3333 4444"
ROOM = re.compile(r"(?<![0-9A-Z])77\d\d(?![0-9A-Z])")
MONEY = re.compile(r"(?<![\d.])\d+\.\d\d(?![\d.])")


def _columns() -> Iterator[tuple[str, str]]:
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if column.info.get("privacy", "none") != "none" and isinstance(column.type, Text) and name not in CHOICES:
                yield table.name, column.name


COLUMNS = tuple(_columns())
CANARY = {f"{table}.{column}": f"{RARE[at]}秘{at:02d}" for at, (table, column) in enumerate(COLUMNS)}


def test_every_kind_of_sheet_and_every_column_has_its_line_in_the_table() -> None:
    assert list(FIELDS) == [kind.key for kind in listed()]
    assert len(COLUMNS) >= 19
    assert set(PRINTED) <= set(CANARY)
    assert len(set(RARE)) == len(RARE) >= len(COLUMNS)


def _more_rows(here: World) -> None:
    """What the day has no cause for: care, errands, failed doors, complaints, money, a captain, slots, old pastes."""
    first, home = db.session.scalars(select(Bag).order_by(Bag.id)).first(), here.households[0]
    assert first is not None
    leader = here.accounts["leader"].id
    db.session.add(CareNeed(household_id=home.id, kind="disabled", purge_on=clock.today()))
    entry = DeskEntry(account_id=leader, cycle_id=here.cycle.id, order_id=first.order_id, version_after=1)
    db.session.add(entry)
    db.session.add(Errand(household_id=home.id, kind="medicine", place="药店"))
    db.session.add(HandOut(bag_id=first.id, outcome="no_answer", at=clock.now(), by_id=leader))
    line = db.session.scalars(select(BagLine).where(BagLine.bag_id == first.id)).first()
    assert line is not None
    db.session.add(Dispute(order_line_id=line.order_line_id, bag_id=first.id, qty=1, kind="damaged"))
    db.session.add(
        Captaincy(
            building_id=home.stairwell.building_id, account_id=here.accounts["captain"].id, starts_on=clock.today()
        )
    )
    db.session.add(StaffSession(account_id=leader, token_sha256="x", device="x", seen_at=clock.now()))
    home = here.households[0].stairwell
    claim = RoomClaim(cycle_id=here.cycle.id, building_id=home.building_id, stairwell_id=home.id, kind="second")
    claim.service_point_id = home.building.service_point_id
    claim.room = claim.phone = claim.note = claim.reason = "x"
    db.session.add(claim)
    for team in (1, 2):
        db.session.add(TeamMember(team_id=team, name="甲"))
    paste = ChainPaste(
        cycle_id=here.cycle.id, service_point_id=here.points[0].id, text_sha256="x", seq=1, pasted_by_id=leader
    )
    db.session.add(paste)
    db.session.flush()
    db.session.add(PasteLine(paste_id=paste.id, line_no=1, raw="x", outcome="row", household_id=home.id))
    level = ZoneLevel(code="slot", label_zh="分时", delivery_mode="collect_by_slot")
    db.session.add(level)
    db.session.flush()
    db.session.add(
        ZoneDesignation(building_id=here.buildings[0].id, zone_level_id=level.id, starts_at=here.cycle.created_at)
    )
    for amount, own in enumerate(db.session.scalars(select(OrderLine)), start=1):
        db.session.add(LineAmount(order_line_id=own.id, amount_fen=100 * amount))
    for order in db.session.scalars(select(HouseholdOrder)):
        db.session.add(Statement(household_order_id=order.id, ordered_fen=2880, accepted_fen=2530))
        db.session.add(
            Payment(household_order_id=order.id, kind="paid", amount_fen=2880, cause="cash", marked_by_id=leader)
        )


def _plant(here: World) -> None:
    """Put its canary into every personal and restricted column of every row, and marks into the other fields."""
    for table, column in COLUMNS:
        own = Base.metadata.tables[table]
        canary = CANARY[f"{table}.{column}"]
        for at, key in enumerate(db.session.execute(select(*own.primary_key.columns)).all()):
            same = [part == value for part, value in zip(own.primary_key.columns, key, strict=True)]
            text = canary if column != "username" else f"{canary}{at}"  # unique
            db.session.execute(update(own).where(*same).values({column: text}))
    for at, household in enumerate(here.households):
        household.room_no = f"77{at:02d}"
    here.subdistrict.help_phone = OFFICE
    for point in here.points:
        point.phone = POINT
    db.session.commit()
    db.session.expire_all()


@pytest.fixture
def planted(day: World) -> World:
    _more_rows(day)
    db.session.flush()
    _plant(day)
    return day


def _found(text: str, here: World) -> set[str]:
    """The letters of the fields on a sheet; the name of a column where its canary stands in full."""
    codes = db.session.scalars(select(Bag.code)).all()
    marks = {
        "R": ROOM.search(text) is not None,
        "B": any(code in text for code in codes),
        "I": any(item.name in text for item in here.items),
        "$": MONEY.search(text) is not None,
        "M": f"{CANARY['household_contact.name'][0]}*" in text,
        "C": f"{CANARY['account.display_name'][0]}*" in text,
        "L": POINT in text,
        "O": OFFICE in text,
    }
    flat = "".join(text.split())
    whole = {
        PRINTED.get(name, name) if name != "household_contact.name" else name
        for name, canary in CANARY.items()
        if canary in flat
    }
    care = {"care_need.kind" for kind in CareKind if kind.label in text}
    return {letter for letter, is_there in marks.items() if is_there} | whole | care


def test_every_personal_and_restricted_column_holds_its_canary(planted: World) -> None:
    empty = []
    for table, column in COLUMNS:
        values = db.session.scalars(select(Base.metadata.tables[table].columns[column])).all()
        if not any(value and CANARY[f"{table}.{column}"] in value for value in values):
            empty.append(f"{table}.{column}")
    assert empty == []


def _print_everything(here: World) -> None:
    service.request_printing(here.actor("supplies"), here.cycle.id, PrintRequest(tuple(FIELDS)))
    service.request_kit(here.actor("supplies"), here.cycle.id, 1)
    worker.drain()
    db.session.expire_all()


def test_each_sheet_carries_the_fields_of_its_reader_and_no_other(planted: World) -> None:
    _print_everything(planted)
    on_paper = {kind: "\n".join(printed_text(row) for row in documents(kind)) for kind in FIELDS}
    assert [kind for kind, text in on_paper.items() if not text] == []
    assert {kind: _found(text, planted) for kind, text in on_paper.items()} == {
        kind: set(letters) for kind, letters in FIELDS.items()
    }
    (kit,) = documents("kit_cover")
    bound = printed_text(kit)
    inside = {letter for kind, letters in FIELDS.items() if by_key()[kind].is_in_kit for letter in letters}
    assert _found(bound, planted) <= inside | {"$", "L"}, "blank order forms have prices"
    assert _found(bound.partition("\f")[0], planted) == {"O"}, "the cover names buildings, rounds and numbers"
    kept = "\n".join(f"{row.label} {row.totals} {row.row_names}" for row in documents())
    assert {name for name, canary in CANARY.items() if canary in kept} == set(), "what is kept for comparing versions"
    assert f"{CANARY['household_contact.name'][0]}*" not in kept


# Role → sheets it can take from the print centre: all, those of its own point that are not about everybody, or none.
ROLES = {"supplies": "all", "admin": "all", "leader": "own", "captain": "none", "runner": "none", "auditor": "none"}


def _text(answer_data: bytes, folder: Path) -> str:
    path = folder / "x.pdf"
    path.write_bytes(answer_data)
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True).stdout.decode()


def _taken(browser: FlaskClient, here: World, kind: str) -> bytes | None:
    answer = browser.get(f"/cycles/{here.cycle.id}/print/{kind}.pdf")
    assert answer.status_code in (200, 302, 303, 403, 404), kind
    return answer.data if answer.status_code == 200 and answer.mimetype == "application/pdf" else None


def test_each_role_gets_the_sheets_of_its_scope(app: Flask, planted: World, tmp_path: Path) -> None:
    service.request_printing(planted.actor("supplies"), planted.cycle.id, PrintRequest(tuple(FIELDS)))
    worker.drain()
    db.session.expire_all()
    wide = {kind.key for kind in listed() if kind.is_wide}
    scopes = {"all": set(FIELDS), "own": set(FIELDS) - wide, "none": set()}
    for role, scope in ROLES.items():
        browser = world.sign_in(app, planted, role)
        taken = {kind: data for kind in FIELDS if (data := _taken(browser, planted, kind)) is not None}
        assert set(taken) == scopes[scope], role
        if scope == "own":
            text = "".join(_text(data, tmp_path) for data in taken.values())
            assert "南门点位" in text
            assert "北门点位" not in text
            assert set(ROOM.findall(text)) == {f"77{at:02d}" for at in range(6)}, "no room of the other point"
