"""A real day on paper: printed once, versions follow the content, totals equal the database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from app.core import clock
from app.core.db import db
from app.core.jobs import Job, Running
from app.core.queue import worker
from app.dispatch.models import DeliveryPlan
from app.handover.models import HandOut
from app.picking.models import Bag, BagLine
from app.printing import files
from app.printing.centre import jobs as centre_jobs
from app.printing.centre import kit, service
from app.printing.centre.service import PrintRequest
from app.printing.contexts.builder import SheetBuilder
from app.printing.sheets.bags.hand_out_list import HandOutList
from app.printing.sheets.supply.pick_list import PickListSheet
from app.printing.sheets.tally import TallySheet
from app.settlement.models import Payment, Statement
from tests import messages
from tests.printing.day import EVERY_KIND, NAME, ask, documents, printed_text
from tests.printing.day import day as day
from tests.world import World


def test_a_whole_day_is_printed_in_one_job(day: World) -> None:
    job = ask(day)
    assert (job.state, job.error) == ("succeeded", "")
    counts = {kind: len(documents(kind)) for kind in EVERY_KIND}
    assert counts == {
        "poster": 4,
        "door_notice": 4,
        "order_form": 1,
        "tally": 2,
        "purchase_order": 1,
        "goods_receipt": 1,
        "shortage_list": 2,
        "pick_list": 2,
        "bag_list": 3,
        "bag_label": 2,
        "roll_label": 3,
        "route_sheet": 1,
        "drop_off_sheet": 3,
        "hand_out_list": 3,
        "collection_slip": 0,
        "collection_sheet": 0,
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
    kinds = ("bag_list", "bag_label", "roll_label", "drop_off_sheet", "hand_out_list")
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
    plan = db.session.scalars(select(DeliveryPlan)).one()
    plan.state = "superseded"
    db.session.commit()
    ask(day, "route_sheet", "drop_off_sheet")
    assert {row.state for row in documents()} == {"superseded"}


def test_a_second_run_of_a_job_changes_nothing(day: World) -> None:
    job = ask(day, "bag_list")
    before = [(row.id, row.number, row.sha256, row.state) for row in documents()]
    centre_jobs.run_print_job(Running(job.id, job.subject_id, job.payload))
    assert [(row.id, row.number, row.sha256, row.state) for row in documents()] == before


def test_a_job_killed_before_its_sheets_are_entered_makes_the_same_file_again(
    day: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_args: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(centre_jobs, "record_versions", killed)
    job = service.request_printing(day.actor("supplies"), day.cycle.id, PrintRequest(("tally",)))
    with pytest.raises(SystemExit):
        worker.run_next()
    monkeypatch.undo()
    assert documents() == []
    left = {path.name for path in files.documents_dir().iterdir()}
    centre_jobs.run_print_job(Running(job.id, job.subject_id, job.payload))
    assert {path.name for path in files.documents_dir().iterdir()} == left
    assert {f"{row.sha256}.pdf" for row in documents()} == left


def test_a_lost_file_is_printed_again_under_a_new_version(day: World) -> None:
    ask(day, "tally")
    for row in documents():
        files.forget(row.sha256)
    job = ask(day, "tally")
    assert job.result["printed"] == 2


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
    assert messages.NO_ANSWER in printed_text(exceptions)
    assert "3.50" in printed_text(money), "paid 28.80, accepted 25.30"


def test_the_kit_holds_the_whole_day_and_blank_forms(day: World) -> None:
    job = service.request_kit(day.actor("supplies"), day.cycle.id, 1)
    worker.drain()
    db.session.expire_all()
    assert db.session.get_one(Job, job.id).state == "succeeded"
    (cover,) = documents("kit_cover")
    text = printed_text(cover)
    inside = [row for row in documents() if row.kind != "kit_cover"]
    assert [row.number for row in inside if row.number not in text] == []
    assert cover.totals["lines"] == len(inside)
    assert cover.pages >= sum(row.pages for row in inside) + 3
    assert messages.HANDWRITTEN_ORDER in text
    again = service.request_kit(day.actor("supplies"), day.cycle.id, 1)
    kit.run_kit_job(Running(again.id, again.subject_id, again.payload))
    assert len(documents("kit_cover")) == 1


def test_all_sheets_of_a_day_need_a_fixed_number_of_statements(day: World, count_queries: Any) -> None:
    with count_queries() as sent:
        bench = SheetBuilder(day.cycle.id, 1, "a4-3x8")
        sheets = {kind: list(bench.prepare(kind)) for kind in EVERY_KIND}
    assert len(sent) <= 90, len(sent)
    pick, hand_out = sheets["pick_list"][0].sheet, sheets["hand_out_list"][0].sheet
    tally = sheets["tally"][0].sheet
    assert isinstance(pick, PickListSheet)
    assert isinstance(hand_out, HandOutList)
    assert isinstance(tally, TallySheet)
    assert [cell.building for cell in pick.items[0].cells] == ["桂花苑 2号楼", "桂花苑 10号楼"]
    assert [row.building for row in tally.rows] == ["桂花苑 2号楼", "桂花苑 10号楼"]
