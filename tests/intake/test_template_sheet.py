"""Our own order workbook: filled in by hand, read back row for row; brought again it is a diff."""

from __future__ import annotations

import io
import zipfile

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.errors import Conflict
from app.core.input.tables import read_sheets
from app.intake.booking import service as booking_service
from app.intake.models import ChainPaste, PasteLine
from app.intake.paste import service
from app.intake.workbook import template_sheet
from app.intake.workbook.template_sheet import TemplateChoices
from app.ordering.models import HouseholdOrder, OrderChoice
from tests import world
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


def filled(rows: list[list[str]]) -> bytes:
    """The workbook as somebody saves it, as CSV for brevity: head, example, rows."""
    example = ["桂花苑", "2号楼", "1单元", "101", "青菜", "2", "示例：这一行不会导入"]
    return "\n".join(",".join(row) for row in [list(template_sheet.HEADS), example, *rows]).encode()


ROWS = [
    ["桂花苑", "2号楼", "1单元", "101", "青菜", "2", ""],
    ["桂花苑", "2号楼", "1单元", "101", "土豆", "1", ""],
    ["桂花苑", "10号楼", "1单元", "301", "鸡蛋", "1", "没有就不要"],
]


def ordered() -> dict[int, list[int]]:
    found = select(HouseholdOrder.household_id, OrderChoice.qty).join(OrderChoice).order_by(OrderChoice.offer_id)
    orders: dict[int, list[int]] = {}
    for home, qty in db.session.execute(found.where(HouseholdOrder.state == "placed")):
        orders.setdefault(home, []).append(qty)
    return orders


def bring(here: World, body: bytes) -> ChainPaste:
    leader = here.actor("leader")
    paste = service.import_workbook(leader, here.cycle.id, here.points[0].id, body)
    return booking_service.commit(leader, paste.id)


def test_the_workbook_offers_buildings_goods_and_whole_numbers(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "leader")
    answer = client.get(f"/cycles/{here.cycle.id}/intake/template/{here.points[0].id}")
    assert answer.status_code == 200
    sheets = {sheet.name: sheet.rows for sheet in read_sheets(answer.data)}
    assert list(sheets) == [template_sheet.SHEET, template_sheet.LISTS, template_sheet.NOTES]
    assert tuple(sheets[template_sheet.SHEET][0]) == template_sheet.HEADS
    assert {row[1] for row in sheets[template_sheet.LISTS][1:] if row[1]} == {"2号楼", "10号楼"}
    assert "青菜" in {row[4] for row in sheets[template_sheet.LISTS]}
    page = zipfile.ZipFile(io.BytesIO(answer.data)).read("xl/worksheets/sheet1.xml").decode()
    assert page.count("<dataValidation ") == 5
    assert world.sign_in(app, here, "leader2").get(answer.request.path).status_code == 404
    assert world.sign_in(app, here, "captain").get(answer.request.path).status_code == 403


def test_the_empty_workbook_orders_nothing(here: World) -> None:
    choices = TemplateChoices("第一批", ["桂花苑"], ["2号楼"], ["1单元"], ["青菜"], {"青菜": "份"})
    paste = bring(here, template_sheet.build(choices))
    assert (list(paste.lines), ordered()) == ([], {})


def test_filled_rows_become_orders_and_the_example_does_not(here: World) -> None:
    paste = bring(here, filled(ROWS))
    assert [(line.line_no, line.outcome) for line in paste.lines] == [(3, "row"), (4, "row"), (5, "row")]
    assert sorted(ordered().values()) == [[1], [2, 1]]


def test_brought_again_only_the_changed_rows_are_touched(here: World) -> None:
    first = bring(here, filled(ROWS))
    with pytest.raises(Conflict):
        bring(here, filled(ROWS))
    second = bring(here, filled([ROWS[0], ROWS[1], ["桂花苑", "2号楼", "1单元", "301", "土豆", "3", ""]]))
    assert second.replaces_id == first.id
    assert [line.difference for line in second.lines] == ["unchanged", "unchanged", "added"]
    assert sorted(ordered().values()) == [[2, 1], [3]]
    booking_service.undo(here.actor("leader"), second.id)
    assert sorted(ordered().values()) == [[1], [2, 1]]


def test_a_row_that_cannot_be_read_waits_with_its_number(here: World) -> None:
    bad = [["桂花苑", "99号楼", "", "101", "青菜", "1", ""], ["桂花苑", "2号楼", "1单元", "101", "青菜", "1.5", ""]]
    paste = bring(here, filled([*bad, ROWS[2]]))
    waiting = db.session.scalars(select(PasteLine).where(PasteLine.paste_id == paste.id, PasteLine.outcome == "review"))
    assert [(line.line_no, line.reason) for line in waiting] == [(3, "unknown_building"), (4, "unclear_number")]
    assert list(ordered().values()) == [[1]]


def test_fields_that_no_form_has_are_refused(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "leader")
    base = f"/cycles/{here.cycle.id}/intake"
    typed = {"point": str(here.points[0].id), "text": "1. 2号楼101 青菜1", "is_admin": "1"}
    assert world.post(client, base, f"{base}/paste", typed).status_code == 422
    assert db.session.scalar(select(ChainPaste.id)) is None
