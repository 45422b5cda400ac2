"""Purchase orders: two persons, versions, sending, closing, and the pages around them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.catalog.models import SupplierItem
from app.core.db import db
from app.core.errors import Conflict, NotFound, StaleEdit
from app.core.events import Event
from app.core.idempotency import new_key
from app.ordering.models import Cycle
from app.purchasing import service
from app.purchasing.models import Demand, PurchaseOrder
from app.purchasing.order_page import order_page
from app.purchasing.schemas import Close, EditLines, LinePacks, SeenOrder
from tests import messages, world
from tests.purchasing.signed import assert_equations, count, sign_all, stranger, token
from tests.world import World


@pytest.fixture
def here(app: Flask) -> World:
    built = world.build()
    built.order(built.households[0], {0: 4, 1: 5})
    built.order(built.households[7], {0: 3, 2: 1})
    built.lock()
    sign_all(built)
    service.compute_demand(built.actor("supplies"), built.cycle.id)
    service.propose(built.actor("supplies"), built.cycle.id)
    return built


def order(here: World) -> PurchaseOrder:
    """The only order, as the database has it now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(PurchaseOrder)).one()


def decide(here: World, step: Any, who: str) -> PurchaseOrder:
    row = order(here)
    return step(here.actor(who), here.cycle.id, row.id, SeenOrder(row.version))  # type: ignore[no-any-return]


def test_the_author_cannot_approve_and_the_database_would_not_have_it_either(here: World) -> None:
    with pytest.raises(Conflict, match=messages.SOMEBODY_ELSE):
        decide(here, service.approve, "supplies")
    assert order(here).state == "draft"
    with pytest.raises(IntegrityError):
        db.session.execute(update(PurchaseOrder).values(approved_by_id=here.accounts["supplies"].id))
    db.session.rollback()


def test_a_second_person_approves_and_the_log_has_the_numbers(here: World) -> None:
    assert decide(here, service.approve, "supplies2").approved_by_id == here.accounts["supplies2"].id
    entry = db.session.scalars(select(Event).where(Event.verb == "approve")).one()
    assert entry.data == {"units": 20, "fen": 2 * 1400 + 1920 + 10400}


def test_whoever_edits_a_draft_is_its_author_from_then_on(here: World) -> None:
    row = order(here)
    edit = EditLines(row.version, [LinePacks(row.lines[0].id, 3)])
    service.edit_lines(here.actor("supplies2"), here.cycle.id, row.id, edit)
    with pytest.raises(Conflict, match=messages.SOMEBODY_ELSE):
        decide(here, service.approve, "supplies2")
    assert decide(here, service.approve, "supplies").state == "approved"


def test_an_edit_of_an_older_version_is_refused_and_shows_what_is_there_now(here: World) -> None:
    row = order(here)
    line, seen = row.lines[0].id, row.version
    service.edit_lines(here.actor("supplies"), here.cycle.id, row.id, EditLines(seen, [LinePacks(line, 3)]))
    with pytest.raises(StaleEdit) as refused:
        service.edit_lines(here.actor("admin"), here.cycle.id, row.id, EditLines(seen, [LinePacks(line, 9)]))
    assert refused.value.theirs == {"青菜": "3"}
    with pytest.raises(StaleEdit):
        service.approve(here.actor("admin"), here.cycle.id, row.id, SeenOrder(seen))
    assert_equations()


def test_an_approved_order_is_not_edited_and_not_approved_again(here: World) -> None:
    decide(here, service.approve, "supplies2")
    row = order(here)
    with pytest.raises(Conflict, match="待审批"):
        service.edit_lines(here.actor("supplies"), here.cycle.id, row.id, EditLines(row.version, []))
    with pytest.raises(Conflict):
        decide(here, service.approve, "admin")


def test_an_approved_order_stays_when_drafts_are_proposed_anew(here: World) -> None:
    decide(here, service.approve, "supplies2")
    assert service.propose(here.actor("supplies"), here.cycle.id).order_ids == ()
    assert order(here).state == "approved"


def test_only_sent_orders_close_and_only_sent_ones_cannot_be_cancelled(here: World) -> None:
    with pytest.raises(Conflict):
        decide(here, service.send, "supplies")
    decide(here, service.approve, "supplies2")
    with pytest.raises(Conflict):
        service.close(here.actor("supplies"), here.cycle.id, order(here).id, Close(order(here).version, True))
    assert decide(here, service.send, "supplies").sent_at is not None
    with pytest.raises(Conflict):
        decide(here, service.cancel, "supplies")


def test_closing_with_goods_outstanding_needs_a_word_and_opens_the_gap_again(here: World) -> None:
    decide(here, service.approve, "supplies2")
    decide(here, service.send, "supplies")
    row = order(here)
    with pytest.raises(Conflict, match=messages.NOT_ARRIVED_YET):
        service.close(here.actor("supplies"), here.cycle.id, row.id, Close(row.version))
    assert order(here).state == "sent"
    service.close(here.actor("supplies"), here.cycle.id, row.id, Close(row.version, gives_up=True))
    assert [(line.qty_awaited, line.qty_undelivered) for line in order(here).lines] == [(0, 10), (0, 5), (0, 5)]
    assert db.session.scalar(select(func.count()).where(Demand.is_covered)) == 0
    assert_equations()
    again = service.propose(here.actor("supplies"), here.cycle.id)
    assert db.session.get_one(PurchaseOrder, again.order_ids[0]).number.startswith(f"CG-{here.cycle.id}-002-")


def test_a_cancelled_order_gives_its_demand_back(here: World) -> None:
    decide(here, service.cancel, "supplies")
    assert db.session.scalar(select(func.count()).where(Demand.is_covered)) == 0
    assert_equations()


def test_a_price_that_changed_and_a_sale_below_cost_are_flagged(here: World) -> None:
    row = order(here)
    db.session.execute(update(SupplierItem).where(SupplierItem.item_id == here.items[0].id).values(price_fen=1500))
    row.lines[1].price_fen = 99_999
    db.session.commit()
    page = order_page(here.cycle.id, row.id)
    assert page.lines[1].warnings[0].zh == "青菜下单后价格有变：每件14.00元变为15.00元。"
    assert any(messages.PRICE_ABOVE_SELLING in said.zh for line in page.lines for said in line.warnings)


def test_people_of_other_subdistricts_roles_and_cycles_do_not_get_in(app: Flask, here: World) -> None:
    outsider = stranger(here)
    base = f"/cycles/{here.cycle.id}/purchasing"
    with pytest.raises(NotFound):
        service.compute_demand(outsider, here.cycle.id)
    with pytest.raises(NotFound):
        service.approve(outsider, here.cycle.id, order(here).id, SeenOrder(1))
    pages = (base, f"{base}/{order(here).id}", f"{base}/items/{here.items[0].id}/waive")
    for page in pages:
        assert world.sign_in(app, here, "stranger").get(page).status_code == 404
        assert world.sign_in(app, here, "supplies").get(page).status_code == 200
        for name in ("leader", "captain", "runner", "auditor"):
            assert world.sign_in(app, here, name).get(page).status_code == 403
        assert app.test_client().get(page).status_code == 302
    client = world.sign_in(app, here, "supplies")
    for missing in ("999", f"{order(here).id}999", "items/999/waive", "99999999999"):
        assert client.get(f"{base}/{missing}").status_code == 404


def test_an_order_is_found_only_within_its_own_cycle(app: Flask, here: World) -> None:
    now = here.cycle
    other = Cycle(
        subdistrict_id=now.subdistrict_id,
        name="第二批",
        opens_at=now.opens_at,
        cutoff_at=now.cutoff_at,
        deliver_on=now.deliver_on,
        state="locked",
    )
    db.session.add(other)
    db.session.commit()
    client = world.sign_in(app, here, "supplies")
    assert client.get(f"/cycles/{other.id}/purchasing/{order(here).id}").status_code == 404
    with pytest.raises(NotFound):
        service.cancel(here.actor("supplies"), other.id, order(here).id, SeenOrder(order(here).version))


def test_a_day_of_buying_through_the_pages(app: Flask, here: World) -> None:
    base = f"/cycles/{here.cycle.id}/purchasing"
    maker, second = world.sign_in(app, here, "supplies"), world.sign_in(app, here, "admin")
    row = order(here)
    page = f"{base}/{row.id}"
    edit = {"version": str(row.version), f"packs-{row.lines[0].id}": "3"}
    assert world.post(maker, page, f"{page}/lines", edit).status_code == 303
    shown = maker.get(page).get_data(as_text=True)
    assert messages.CHANGED_BY_HAND in shown
    assert f"/print/purchase_order/{row.id}.xlsx" in shown
    assert world.post(maker, page, f"{page}/approve", {"version": str(order(here).version)}).status_code == 409
    for client, step, more in ((second, "approve", {}), (maker, "send", {}), (maker, "close", {"gives_up": "1"})):
        said = world.post(client, page, f"{page}/{step}", {"version": str(order(here).version), **more})
        assert said.status_code == 303, step
    assert order(here).state == "closed"


def test_bad_packs_are_said_beside_their_field_and_nothing_is_written(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "supplies")
    row = order(here)
    page, line = f"/cycles/{here.cycle.id}/purchasing/{row.id}", row.lines[0].id
    for typed in ("x", "-1", "1.5", "99999999999", "20001"):
        answer = world.post(client, page, f"{page}/lines", {"version": str(row.version), f"packs-{line}": typed})
        assert answer.status_code == 422
        assert f'id="f-packs-{line}-error"' in answer.get_data(as_text=True)
    assert world.post(client, page, f"{page}/lines", {"version": "1", "packs-99999": "1"}).status_code == 404
    assert world.post(client, page, f"{page}/lines", {"version": "1", "state": "approved"}).status_code == 422
    assert world.post(client, page, f"{page}/approve", {"version": "x"}).status_code == 422
    assert order(here).lines[0].packs == 2


def test_a_stale_page_is_answered_with_what_somebody_else_saved(app: Flask, here: World) -> None:
    client, row = world.sign_in(app, here, "supplies"), order(here)
    page, line = f"/cycles/{here.cycle.id}/purchasing/{row.id}", row.lines[0].id
    seen = {"version": str(row.version)}
    assert world.post(client, page, f"{page}/lines", {**seen, f"packs-{line}": "7"}).status_code == 303
    answer = world.post(client, page, f"{page}/lines", {**seen, f"packs-{line}": "9"})
    assert answer.status_code == 409
    assert "青菜" in answer.get_data(as_text=True)
    assert order(here).lines[0].packs == 7


def test_a_form_sent_twice_has_one_effect(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "supplies2")
    page, key = f"/cycles/{here.cycle.id}/purchasing", new_key()
    service.cancel(here.actor("supplies"), here.cycle.id, order(here).id, SeenOrder(order(here).version))
    first = world.post(client, page, f"{page}/propose", {}, key)
    again = client.post(f"{page}/propose", data={"csrf_token": token(client, page), "_key": key})
    assert (first.status_code, again.status_code) == (303, 303)
    assert count(PurchaseOrder) == 2
    assert db.session.scalar(select(func.count()).where(Event.verb == "plan")) == 2


def test_a_waiver_is_asked_for_on_its_own_page(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "supplies")
    service.cancel(here.actor("supplies"), here.cycle.id, order(here).id, SeenOrder(order(here).version))
    page = f"/cycles/{here.cycle.id}/purchasing/items/{here.items[0].id}/waive"
    assert 'value="7"' in client.get(page).get_data(as_text=True)
    assert world.post(client, page, page, {"qty": "8", "reason": "断货"}).status_code == 422
    assert world.post(client, page, page, {"qty": "7", "reason": ""}).status_code == 422
    assert world.post(client, page, page, {"qty": "7", "reason": "断货"}).status_code == 303
    assert "断货" in client.get(f"/cycles/{here.cycle.id}/purchasing?only=waived").get_data(as_text=True)


def test_the_list_is_filtered_and_odd_addresses_do_no_harm(app: Flask, here: World) -> None:
    client = world.sign_in(app, here, "supplies")
    page = f"/cycles/{here.cycle.id}/purchasing"
    shown = client.get(f"{page}?q=土豆").get_data(as_text=True)
    assert "1kg/袋" in shown
    assert "30枚/板" not in shown
    for odd in ("?page=abc", "?page=-1", "?page=999999999999", "?only=%27", "?q=%25_", f"?q={'长' * 500}"):
        assert client.get(page + odd).status_code == 200
    assert client.get(f"{page}?q=%00").status_code == 400


def test_of_many_edits_at_once_none_is_lost(app: Flask, here: World) -> None:
    by, row = here.actor("supplies"), order(here)
    line, before = row.lines[0].id, row.version
    cycle, number = here.cycle.id, row.id

    def edit(packs: int) -> bool:
        with app.app_context():
            seen = db.session.scalar(select(PurchaseOrder.version).where(PurchaseOrder.id == number)) or 0
            try:
                service.edit_lines(by, cycle, number, EditLines(seen, [LinePacks(line, packs)]))
            except Conflict:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        done = sum(pool.map(edit, range(10, 40)))
    assert done >= 1
    assert order(here).version == before + done
    assert_equations()


def test_the_pages_send_few_statements(app: Flask, here: World, count_queries: Any) -> None:
    client = world.sign_in(app, here, "supplies")
    base = f"/cycles/{here.cycle.id}/purchasing"
    for page in (base, f"{base}/{order(here).id}", f"{base}/items/{here.items[0].id}/waive"):
        with count_queries() as sent:
            assert client.get(page).status_code == 200
        assert len(sent) <= 25, page
