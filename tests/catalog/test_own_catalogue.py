"""Goods, suppliers and numbers of two subdistricts: the same numbers, each its own; what both share, nobody alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.access.models import Account, Role, RoleGrant
from app.access.permissions import Staff
from app.access.sessions import staff_actor
from app.catalog import service
from app.catalog.imports import service as imports_service
from app.catalog.imports.service import CatalogueUpload
from app.catalog.models import Item, Supplier
from app.catalog.queries import search_items
from app.catalog.schemas import PutSupply, SaveItem, SaveSupplier
from app.core import clock
from app.core.db import db
from app.core.errors import Conflict, Invalid, NotFound
from app.ordering.cycles import service as cycles_service
from app.ordering.models import Cycle, CycleState, Offer
from app.places.models import Building, Community, Compound, ServicePoint, Subdistrict
from tests import world
from tests.world import World

ITEMS = "编号,商品,单位,单价\nV1,小青菜,份,5\n"


@pytest.fixture
def here(app: Flask) -> World:
    return world.build()


@pytest.fixture
def there(here: World) -> Staff:
    """The supplies team of a second subdistrict."""
    far = Subdistrict(code="330102099", name="邻街道")
    account = Account(username="far", password_hash="-", display_name="far")
    db.session.add_all([far, account])
    db.session.flush()
    _grant(account.id, far.id)
    return staff_actor(account)


def _grant(account_id: int, subdistrict_id: int) -> None:
    starts = clock.now() - timedelta(days=1)
    grant = RoleGrant(account_id=account_id, role=Role.SUPPLIES_TEAM, subdistrict_id=subdistrict_id, starts_at=starts)
    db.session.add(grant)
    db.session.commit()


def an_item(name: str, sku: str, version: int = 1) -> SaveItem:
    return SaveItem(sku, name, "", "份", "", 500, 0, "ambient", 100, is_active=True, version=version)


def test_two_subdistricts_number_their_goods_alike_and_see_their_own(here: World, there: Staff) -> None:
    imports_service.import_table(there, CatalogueUpload(ITEMS.encode()))
    rows = db.session.scalars(select(Item).where(Item.sku == "V1").order_by(Item.id)).all()
    assert [row.name for row in rows] == ["青菜", "小青菜"]  # the neighbour's was not taken for the own one
    far = rows[1].subdistrict_id
    assert far not in (None, here.subdistrict.id)
    assert [row.name for row in search_items("青菜", [far])] == ["小青菜"]
    with pytest.raises(Invalid):
        service.save_item(there, None, an_item("又一种", "V1"))
    with pytest.raises(NotFound):
        service.save_item(here.actor("supplies"), rows[1].id, an_item("改名", "V1"))
    db.session.add(Item(sku="V1", name="x", sale_unit="份", weight_g=1, subdistrict_id=far))
    with pytest.raises(IntegrityError):
        db.session.flush()


def test_what_is_shared_is_changed_only_by_who_may_change_it_in_each(here: World, there: Staff) -> None:
    shared = Item(sku="S1", name="大米", sale_unit="袋", weight_g=5000)
    db.session.add(shared)
    db.session.commit()
    assert [row.name for row in search_items("大米", [here.subdistrict.id])] == ["大米"]
    with pytest.raises(Conflict):
        service.save_item(there, shared.id, an_item("香米", "S1"))
    with pytest.raises(Invalid):
        imports_service.import_table(there, CatalogueUpload("编号,商品,单位,单价\nS1,香米,袋,9\n".encode()))
    _grant(there.id, here.subdistrict.id)
    both = staff_actor(db.session.get_one(Account, there.id))
    assert service.save_item(both, shared.id, an_item("香米", "S1")).subdistrict_id is None


def test_a_supplier_sells_only_what_its_subdistrict_sees(here: World, there: Staff) -> None:
    own = service.save_supplier(there, None, SaveSupplier("演示菜场", 0, 0, True, 0))  # called as the neighbour's
    assert own.subdistrict_id != db.session.scalars(select(Supplier.subdistrict_id).order_by(Supplier.id)).first()
    with pytest.raises(Invalid):
        service.put_supply(there, own.id, PutSupply("青菜", 5, 0, None, 100))
    with pytest.raises(NotFound):
        service.put_supply(there, here.supplier.id, PutSupply("青菜", 5, 0, None, 100))


def test_a_cycle_offers_the_catalogue_of_its_subdistrict(here: World, there: Staff) -> None:
    imports_service.import_table(there, CatalogueUpload(ITEMS.encode()))
    far = there.grants[0].scope_id
    cycle = Cycle(subdistrict_id=far, name="邻批", opens_at=clock.now(), cutoff_at=here.cycle.cutoff_at)
    cycle.deliver_on, cycle.state = here.cycle.deliver_on, CycleState.DRAFT
    db.session.add(cycle)
    db.session.commit()
    assert cycles_service.add_all_items(there, cycle.id) == 1
    assert db.session.scalars(select(Offer.name).where(Offer.cycle_id == cycle.id)).all() == ["小青菜"]


def test_compounds_and_buildings_of_two_subdistricts_are_numbered_alike(here: World, there: Staff) -> None:
    community = Community(subdistrict_id=there.grants[0].scope_id, code="001", name="邻社区")
    db.session.add(community)
    db.session.flush()
    point = ServicePoint(community_id=community.id, name="邻点位")
    compound = Compound(community_id=community.id, code="K0", name="邻苑")  # K0 is a number of the first one too
    db.session.add_all([point, compound])
    db.session.flush()
    here.buildings[0].code = "7"
    placed = {"compound_id": compound.id, "service_point_id": point.id, "code": "7"}
    db.session.add(Building(label="1", public_code="F1", **placed))
    db.session.commit()
    db.session.add(Building(label="2", public_code="F2", **placed))
    with pytest.raises(IntegrityError):
        db.session.flush()
