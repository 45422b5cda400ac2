"""The print centre: who may ask for what, what its pages show, what is stale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.errors import Invalid, NotFound
from app.core.events import SYSTEM, record
from app.core.jobs import Job, Running
from app.core.queue import worker
from app.handover.models import HandOut
from app.picking.models import Bag
from app.printing import files
from app.printing.centre import queries as centre_queries
from app.printing.centre import service
from app.printing.centre.service import PrintRequest
from app.printing.contexts import builder
from app.settlement.models import Statement
from tests import messages, world
from tests.printing.day import ask, documents
from tests.printing.day import day as day
from tests.world import World


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


def test_what_happened_after_printing_makes_a_sheet_stale_until_it_is_checked(day: World) -> None:
    ask(day, "bag_list")
    everywhere = centre_queries.everywhere()

    def state() -> tuple[int, int]:
        row = next(row for row in centre_queries.rows(day.cycle.id, 1, everywhere, None) if row.kind.key == "bag_list")
        return row.ready, row.stale

    assert state() == (3, 0)
    record(SYSTEM, "pack", day.cycle, cycle_id=day.cycle.id)
    db.session.commit()
    assert state() == (0, 3)
    ask(day, "bag_list")
    assert state() == (3, 0)
    assert len(documents("bag_list")) == 3


def test_the_poster_leads_to_the_order_form_of_its_building(day: World) -> None:
    address = builder.order_address(day.buildings[0].public_code)
    assert address.endswith(f"/enter/{day.buildings[0].public_code}")
    assert address.startswith("http")


def test_the_pages_show_ask_and_hand_out_files(app: Flask, day: World) -> None:
    browser = world.sign_in(app, day, "supplies")
    page = f"/cycles/{day.cycle.id}/print"
    assert messages.DROP_OFF_SHEET in browser.get(page).get_data(as_text=True)
    answer = world.post(browser, page, page, {"kinds": ["tally", "purchase_order"], "wave": "1"})
    assert answer.status_code == 303
    assert world.post(browser, page, page, {"kinds": "nonsense"}).status_code == 422
    assert world.post(browser, page, page, {"wave": "1"}).status_code == 422
    worker.drain()
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


def test_a_wave_that_does_not_exist_is_refused_with_the_waves_there_are(app: Flask, day: World) -> None:
    actor = day.actor("supplies")
    for ask_for in (
        lambda: service.request_kit(actor, day.cycle.id, 7),
        lambda: service.request_printing(actor, day.cycle.id, PrintRequest(("tally",), wave=7)),
        lambda: service.request_printing(
            actor, day.cycle.id, PrintRequest((), wave=7, building_id=day.buildings[0].id)
        ),
    ):
        with pytest.raises(Invalid) as refused:
            ask_for()
        assert refused.value.problems == {"wave": ["这一批没有第7波，现在有的是第1波。"]}
    browser, page = world.sign_in(app, day, "supplies"), f"/cycles/{day.cycle.id}/print"
    answer = world.post(browser, page, f"{page}/kit", {"wave": "7"})
    assert answer.status_code == 422
    assert "这一批没有第7波" in answer.get_data(as_text=True)
    assert db.session.scalars(select(Job)).all() == []
    assert world.post(browser, page, f"{page}/kit", {"wave": "1"}).status_code == 303


def test_each_point_says_what_is_ready_stale_or_missing_and_is_printed_alone(app: Flask, day: World) -> None:
    everywhere, points = centre_queries.everywhere(), [(point.id, point.name) for point in day.points]

    def by_point() -> list[tuple[str, int, int, int]]:
        found = centre_queries.overview(day.cycle.id, 1, everywhere, None, points).points
        return [(row.name, row.ready, row.stale, row.missing) for row in found]

    # South: tally, shortage list, pick list, labels; posters and notices, bag and hand-out lists of two houses, stops.
    assert by_point() == [("南门点位", 0, 0, 4 + 4 + 4 + 2), ("北门点位", 0, 0, 4 + 4 + 2 + 1)]
    browser, page = world.sign_in(app, day, "supplies"), f"/cycles/{day.cycle.id}/print"
    due = centre_queries.overview(day.cycle.id, 1, everywhere, None, points).points[1].due
    assert (
        world.post(browser, page, page, {"kinds": list(due), "point_id": day.points[1].id, "wave": "1"}).status_code
        == 303
    )
    worker.drain()
    assert by_point() == [("南门点位", 0, 0, 14), ("北门点位", 11, 0, 0)]
    record(SYSTEM, "pack", day.cycle, cycle_id=day.cycle.id)
    db.session.commit()
    assert by_point()[1][1:] == (0, 11, 0)
    shown = browser.get(page).get_data(as_text=True)
    for words in ("张贴与接单", "汇总、采购、收货", "分配与装袋", "配送与发放", "异常与结算", "断网时", "各点位"):
        assert words in shown
    assert (
        shown.index("采购单") < shown.index("拣货单") < shown.index("路线单") < shown.index(messages.SETTLEMENT_SHEET)
    )


def test_failed_doors_and_settled_money_ask_for_their_sheets(day: World) -> None:
    def missing() -> dict[str, int]:
        found = centre_queries.rows(day.cycle.id, 1, centre_queries.everywhere(), None)
        return {row.kind.key: row.missing for row in found}

    assert (missing()["exception_list"], missing()["settlement_sheet"]) == (0, 0)
    bag = db.session.scalars(select(Bag).order_by(Bag.id)).first()
    assert bag is not None
    db.session.add(HandOut(bag_id=bag.id, outcome="no_answer", at=clock.now()))
    db.session.add(Statement(household_order_id=bag.order_id, ordered_fen=2880, accepted_fen=2530))
    db.session.commit()
    assert (missing()["exception_list"], missing()["settlement_sheet"]) == (1, 1)
    ask(day, "exception_list", "settlement_sheet", "shortage_list")
    after = missing()
    assert (after["exception_list"], after["settlement_sheet"], after["shortage_list"]) == (0, 0, 0)


def test_a_slip_in_the_number_keeps_what_was_typed_beside_the_reason(app: Flask, day: World) -> None:
    answer = world.sign_in(app, day, "supplies").get("/print/find?number=HO-1-1-1-V1-%3C")
    assert answer.status_code == 404
    page = answer.get_data(as_text=True)
    assert messages.NO_SHEET_NUMBER in page
    assert 'value="HO-1-1-1-V1-&lt;"' in page
