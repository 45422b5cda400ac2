"""The print centre on a real day: what is asked for is printed once, versions follow the content, scopes hold."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, jobs
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.events import SYSTEM, record
from app.core.jobs import Job, Running
from app.dispatch.models import Plan, PlanBag, Round, Shift, Stop
from app.handover.models import HandOut
from app.picking import service as picking
from app.picking.models import Bag, BagLine
from app.places.models import HouseholdContact
from app.printing import files, kit, overview, prepare, register, run, service
from app.printing.engine import PageSpan
from app.printing.kinds import ALL
from app.printing.models import Document
from app.printing.prepare import Workbench
from app.printing.service import PrintRequest
from app.printing.sheets.hand_out_list import HandOutList
from app.printing.sheets.pick_list import PickList
from app.printing.sheets.tally import TallySheet
from app.purchasing.models import PurchaseOrder, PurchaseOrderLine
from app.settlement.models import Payment, Statement
from tests import world
from tests.allocation.test_runs import receive
from tests.allocation.test_runs import run as allocate
from tests.printing.conftest import text_of
from tests.world import World

EVERY_KIND = tuple(kind.key for kind in ALL)
NAME = "龘某某"


@pytest.fixture
def day(app: Flask) -> World:
    """Four households packed into bags, one of them short, a published plan, an order at a supplier."""
    here = world.build()
    for household in here.households[:8]:
        here.order(household, {0: 3, 1: 1, 3: 1})
    here.lock()
    here.cycle.state = "running"
    contact = HouseholdContact(household_id=here.households[0].id, name=NAME, phone="199 0000 0001")
    contact.purge_on = clock.today()
    db.session.add(contact)
    db.session.commit()
    receive(here, 0, 20)
    receive(here, 1, 8)
    receive(here, 3, 8)
    allocate(here)
    picking.pack(here.actor("supplies"), here.cycle.id)
    _publish(here)
    _buy(here)
    return here


def _publish(here: World) -> None:
    plan = Plan(cycle_id=here.cycle.id, wave=1, input_sha256="x", seed=1, solver="hand", cost=0, state="published")
    db.session.add(plan)
    db.session.flush()
    start = clock.local_instant(here.cycle.deliver_on, 9)
    shift = db.session.scalars(select(Shift)).first()
    assert shift is not None
    bags = db.session.scalars(select(Bag).order_by(Bag.id)).all()
    trip = Round(plan_id=plan.id, seq=1, shift_id=shift.id, departs_at=start, returns_at=start + timedelta(hours=1))
    db.session.add(trip)
    db.session.flush()
    for seq, building in enumerate(dict.fromkeys(bag.building_id for bag in bags), start=1):
        stop = Stop(plan_id=plan.id, round_id=trip.id, seq=seq, building_id=building, arrive_at=start, service_s=60)
        db.session.add(stop)
        db.session.flush()
        own = [bag.id for bag in bags if bag.building_id == building]
        db.session.add_all(PlanBag(plan_id=plan.id, bag_id=bag, cycle_id=here.cycle.id, stop_id=stop.id) for bag in own)
    db.session.commit()


def _buy(here: World) -> None:
    order = PurchaseOrder(
        number="CG-1",
        cycle_id=here.cycle.id,
        supplier_id=here.supplier.id,
        seq=1,
        state="sent",
        created_by_id=here.accounts["supplies"].id,
        approved_by_id=here.accounts["supplies2"].id,
    )
    db.session.add(order)
    db.session.flush()
    for item, packs in ((0, 5), (1, 2)):
        line = PurchaseOrderLine(purchase_order_id=order.id, item_id=here.items[item].id, packs=packs, pack_size=5)
        line.price_fen, line.qty_demanded, line.qty_awaited = 1400, packs * 5 - 1, packs * 5
        db.session.add(line)
    db.session.commit()


def ask(here: World, *kinds: str, name: str = "supplies", point: int | None = None) -> Job:
    job = service.request_printing(here.actor(name), here.cycle.id, PrintRequest(kinds or EVERY_KIND, 1, point))
    jobs.drain()
    db.session.expire_all()
    return db.session.get_one(Job, job.id)


def documents(kind: str | None = None) -> list[Document]:
    wanted = select(Document).order_by(Document.id)
    return list(db.session.scalars(wanted if kind is None else wanted.where(Document.kind == kind)))


def printed_text(document: Document) -> str:
    return text_of(files.path_of(document.sha256), PageSpan(document.first_page, document.pages))


def test_a_whole_day_is_printed_in_one_job(day: World) -> None:
    job = ask(day)
    assert (job.state, job.error) == ("succeeded", "")
    counts = {kind: len(documents(kind)) for kind in EVERY_KIND}
    assert counts == {
        "poster": 4,
        "order_form": 1,
        "tally": 2,
        "purchase_order": 1,
        "goods_receipt": 1,
        "shortage_list": 2,
        "pick_list": 2,
        "bag_list": 3,
        "bag_label": 2,
        "route_sheet": 1,
        "drop_off_sheet": 3,
        "hand_out_list": 3,
        "exception_list": 0,
        "settlement_sheet": 0,
    }
    assert job.result["missing"] == ""
    assert job.progress_total > 0


def test_control_totals_on_the_sheets_equal_the_database(day: World) -> None:
    ask(day, "bag_list", "bag_label", "drop_off_sheet", "hand_out_list", "pick_list", "tally", "route_sheet")
    bags = db.session.scalar(select(func.count(Bag.id)))
    units = db.session.scalar(select(func.sum(BagLine.qty)))
    for kind in ("bag_list", "bag_label", "drop_off_sheet", "hand_out_list", "route_sheet"):
        assert sum(row.totals["bags"] for row in documents(kind)) == bags, kind
    for kind in ("bag_list", "drop_off_sheet", "pick_list"):
        assert sum(row.totals["units"] for row in documents(kind)) == units, kind
    assert sum(row.totals["units"] for row in documents("tally")) == 8 * 5


def test_each_bag_code_is_on_each_kind_of_sheet_once(day: World) -> None:
    kinds = ("bag_list", "bag_label", "drop_off_sheet", "hand_out_list")
    ask(day, *kinds)
    codes = db.session.scalars(select(Bag.code)).all()
    for kind in kinds:
        text = "".join(printed_text(row) for row in documents(kind))
        assert {code: text.count(code) for code in codes} == dict.fromkeys(codes, 1), kind


def test_printing_again_prints_nothing_new(day: World) -> None:
    first = ask(day, "tally", "bag_list")
    before = [(row.number, row.sha256) for row in documents()]
    second = ask(day, "tally", "bag_list")
    assert second.id != first.id
    assert (second.result["printed"], second.result["ready"]) == (0, len(before))
    assert [(row.number, row.sha256) for row in documents()] == before


def test_a_change_makes_one_new_version_and_voids_the_old_number(day: World) -> None:
    ask(day, "hand_out_list", "bag_list")
    bag = db.session.scalars(select(Bag).order_by(Bag.id)).first()
    assert bag is not None
    bag.is_heavy = True
    db.session.commit()
    job = ask(day, "hand_out_list", "bag_list")
    assert (job.result["printed"], job.result["ready"]) == (1, 5)
    old, new = (row for row in documents("hand_out_list") if row.subject_id == bag.building_id)
    assert (old.state, new.state, new.revision) == ("superseded", "rendered", 2)
    assert old.superseded_by_id == new.id
    text = printed_text(new)
    assert new.number in text
    assert "第1版作废" in text
    assert text.count("改") == 2, "one mark at the changed door, one in the legend"


def test_only_masked_surnames_reach_the_hand_out_list_and_none_the_travelling_sheets(day: World) -> None:
    ask(day)
    for row in documents():
        text = printed_text(row)
        assert "199 0000" not in text, row.kind
        assert NAME not in text, row.kind
        assert ("龘*" in text) == (row.kind == "hand_out_list" and row.subject_id == day.buildings[0].id), row.kind


def test_a_sheet_whose_round_is_gone_is_voided(day: World) -> None:
    ask(day, "route_sheet", "drop_off_sheet")
    plan = db.session.scalars(select(Plan)).one()
    plan.state = "superseded"
    db.session.commit()
    ask(day, "route_sheet", "drop_off_sheet")
    assert {row.state for row in documents()} == {"superseded"}


def test_a_second_run_of_a_job_changes_nothing(day: World) -> None:
    job = ask(day, "bag_list")
    before = [(row.id, row.number, row.sha256, row.state) for row in documents()]
    run.run_print_job(Running(job.id, job.subject_id, job.payload))
    assert [(row.id, row.number, row.sha256, row.state) for row in documents()] == before


def test_a_job_killed_before_its_sheets_are_entered_makes_the_same_file_again(
    day: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(register, "record_versions", killed)
    job = service.request_printing(day.actor("supplies"), day.cycle.id, PrintRequest(("tally",)))
    with pytest.raises(SystemExit):
        jobs.run_next()
    monkeypatch.undo()
    assert documents() == []
    left = {path.name for path in files.documents_dir().iterdir()}
    run.run_print_job(Running(job.id, job.subject_id, job.payload))
    assert {path.name for path in files.documents_dir().iterdir()} == left
    assert {f"{row.sha256}.pdf" for row in documents()} == left


def test_a_lost_file_is_printed_again_under_a_new_version(day: World) -> None:
    ask(day, "tally")
    for row in documents():
        files.path_of(row.sha256).unlink(missing_ok=True)
    job = ask(day, "tally")
    assert job.result["printed"] == 2


def test_asking_twice_while_one_waits_gives_the_same_job(day: World) -> None:
    wanted = PrintRequest(("tally",))
    first = service.request_printing(day.actor("supplies"), day.cycle.id, wanted)
    second = service.request_printing(day.actor("supplies2"), day.cycle.id, wanted)
    assert first.id == second.id


def test_a_cancelled_job_prints_nothing(day: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Running, "is_cancelled", lambda _self: True)
    job = ask(day, "tally")
    assert (job.state, documents()) == ("failed", [])
    assert "停止" in job.error


def test_a_leader_prints_the_sheets_of_the_own_point_only(day: World) -> None:
    here = day.points[0].id
    ask(day, "tally", "hand_out_list", name="leader", point=here)
    assert {row.service_point_id for row in documents()} == {here}
    leader = day.actor("leader")
    for wanted in (
        PrintRequest(("tally",)),
        PrintRequest(("tally",), point_id=day.points[1].id),
        PrintRequest(("route_sheet",), point_id=here),
    ):
        with pytest.raises(NotFound):
            service.request_printing(leader, day.cycle.id, wanted)
    with pytest.raises(NotFound):
        service.request_kit(leader, day.cycle.id, 1)


def test_nothing_chosen_or_an_unknown_kind_is_refused(day: World) -> None:
    for kinds in ((), ("nonsense",)):
        with pytest.raises(Invalid):
            service.request_printing(day.actor("supplies"), day.cycle.id, PrintRequest(kinds))


def test_failed_doors_and_money_have_their_sheets(day: World) -> None:
    bag = db.session.scalars(select(Bag).order_by(Bag.id)).first()
    assert bag is not None
    db.session.add(HandOut(bag_id=bag.id, outcome="no_answer", at=clock.now()))
    statement = Statement(household_order_id=bag.order_id, ordered_fen=2880, accepted_fen=2530)
    db.session.add(statement)
    db.session.add(
        Payment(
            household_order_id=bag.order_id,
            kind="paid",
            amount_fen=2880,
            cause="cash",
            marked_by_id=day.accounts["leader"].id,
        )
    )
    db.session.commit()
    ask(day, "exception_list", "settlement_sheet")
    exceptions, money = documents()
    assert bag.code in printed_text(exceptions)
    assert "无人应答" in printed_text(exceptions)
    assert "3.50" in printed_text(money), "paid 28.80, accepted 25.30"


def test_the_kit_holds_the_whole_day_and_blank_forms(day: World) -> None:
    job = service.request_kit(day.actor("supplies"), day.cycle.id, 1)
    jobs.drain()
    db.session.expire_all()
    assert db.session.get_one(Job, job.id).state == "succeeded"
    (cover,) = documents("kit_cover")
    text = printed_text(cover)
    inside = [row for row in documents() if row.kind != "kit_cover"]
    assert [row.number for row in inside if row.number not in text] == []
    assert cover.totals["lines"] == len(inside)
    assert cover.pages >= sum(row.pages for row in inside) + 3
    assert "手写订单" in text
    again = service.request_kit(day.actor("supplies"), day.cycle.id, 1)
    kit.run_kit_job(Running(again.id, again.subject_id, again.payload))
    assert len(documents("kit_cover")) == 1


def test_all_sheets_of_a_day_need_a_fixed_number_of_statements(day: World, count_queries: Any) -> None:
    with count_queries() as sent:
        bench = Workbench(day.cycle.id, 1, "a4-3x8")
        sheets = {kind: list(bench.prepare(kind)) for kind in EVERY_KIND}
    assert len(sent) <= 70, len(sent)
    pick, hand_out = sheets["pick_list"][0].sheet, sheets["hand_out_list"][0].sheet
    tally = sheets["tally"][0].sheet
    assert isinstance(pick, PickList)
    assert isinstance(hand_out, HandOutList)
    assert isinstance(tally, TallySheet)
    assert [cell.building for cell in pick.items[0].cells] == ["桂花苑 2号楼", "桂花苑 10号楼"]
    assert [row.building for row in tally.rows] == ["桂花苑 2号楼", "桂花苑 10号楼"]


def test_what_happened_after_printing_makes_a_sheet_stale_until_it_is_checked(day: World) -> None:
    ask(day, "bag_list")
    everywhere = overview.everywhere()

    def state() -> tuple[int, int]:
        row = next(row for row in overview.rows(day.cycle.id, 1, everywhere, None) if row.kind.key == "bag_list")
        return row.ready, row.stale

    assert state() == (3, 0)
    record(SYSTEM, "pack", day.cycle, cycle_id=day.cycle.id)
    db.session.commit()
    assert state() == (0, 3)
    ask(day, "bag_list")
    assert state() == (3, 0)
    assert len(documents("bag_list")) == 3


def test_the_poster_leads_to_the_order_form_of_its_building(day: World) -> None:
    address = prepare.order_address(day.buildings[0].public_code)
    assert address.endswith(f"/enter/{day.buildings[0].public_code}")
    assert address.startswith("http")


def test_the_pages_show_ask_and_hand_out_files(app: Flask, day: World) -> None:
    browser = world.sign_in(app, day, "supplies")
    page = f"/cycles/{day.cycle.id}/print"
    assert "楼栋交接单" in browser.get(page).get_data(as_text=True)
    answer = world.post(browser, page, page, {"kinds": ["tally", "purchase_order"], "wave": "1"})
    assert answer.status_code == 303
    assert world.post(browser, page, page, {"kinds": "nonsense"}).status_code == 422
    assert world.post(browser, page, page, {"wave": "1"}).status_code == 422
    jobs.drain()
    assert "下载" in browser.get(page).get_data(as_text=True)
    assert browser.get(f"{page}/tally.pdf").data.startswith(b"%PDF")
    tally = documents("tally")[0]
    assert tally.number in browser.get(f"{page}/tally").get_data(as_text=True)
    assert browser.get(f"{page}/sheet/{tally.id}.pdf").data.startswith(b"%PDF")
    assert "现行" in browser.get(f"/s/{tally.number}").get_data(as_text=True)
    assert browser.get(f"/print/find?number={tally.number.lower()}").status_code == 302
    order = documents("purchase_order")[0].subject_id
    assert browser.get(f"{page}/purchase_order/{order}.xlsx").data.startswith(b"PK")
    for wrong in (
        f"{page}/nonsense",
        f"{page}/nonsense.pdf",
        f"{page}/bag_list.pdf",
        "/s/XX-1",
        "/print/find?number=x",
    ):
        assert browser.get(wrong).status_code == 404, wrong


def test_a_page_of_the_print_centre_needs_few_statements(app: Flask, day: World, count_queries: Any) -> None:
    ask(day)
    browser = world.sign_in(app, day, "supplies")
    for address in (f"/cycles/{day.cycle.id}/print", f"/cycles/{day.cycle.id}/print/hand_out_list"):
        with count_queries() as sent:
            assert browser.get(address).status_code == 200
        assert len(sent) <= 25, (address, len(sent))


def test_a_leader_sees_and_downloads_only_the_own_point(app: Flask, day: World) -> None:
    ask(day)
    browser = world.sign_in(app, day, "leader")
    page = f"/cycles/{day.cycle.id}/print"
    shown = browser.get(f"{page}/hand_out_list").get_data(as_text=True)
    assert "桂花苑" in shown
    assert "银杏里" not in shown
    foreign = next(row for row in documents("tally") if row.service_point_id == day.points[1].id)
    wide = documents("route_sheet")[0]
    for hidden in (foreign, wide):
        assert browser.get(f"{page}/sheet/{hidden.id}.pdf").status_code == 404
        assert browser.get(f"/s/{hidden.number}").status_code == 404
    assert browser.get(f"{page}?point={day.points[1].id}").status_code == 404
    assert world.sign_in(app, day, "runner").get(page).status_code == 403


def test_documents_lie_in_a_folder_of_their_own(day: World) -> None:
    ask(day, "tally")
    folder: Path = files.documents_dir()
    assert folder.stat().st_mode & 0o077 == 0
    assert not list(folder.glob(".job-*"))
