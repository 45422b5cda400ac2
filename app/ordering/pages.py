"""Cycles and their orders, from the desk, the telephone and the door."""

from __future__ import annotations

from app.access.page_registry import SlicePages, StaffPage, more, stage
from app.access.permissions import Permission
from app.core.sentences import N_
from app.ordering.cycles.views import bp as cycles
from app.ordering.desk.views import bp as desk
from app.ordering.desk.views_telephone import bp as telephone
from app.ordering.packs.views import bp as packs
from app.ordering.pins.views import bp as pins
from app.ordering.remarks.views import bp as remarks
from app.ordering.resident.views import bp as resident
from app.ordering.resident.views_own_order import bp as own_order
from app.ordering.standing.views import bp as standing

PAGES = SlicePages(
    blueprints=(cycles, desk, telephone, remarks, standing, packs, resident, pins, own_order),
    pages=(
        StaffPage("ordering.cycles", N_("全部批次"), Permission.CYCLE_READ, (), more(10)),
        StaffPage("ordering.new_cycle", N_("新批次"), Permission.CYCLE_EDIT, ("ordering.cycles",)),
        StaffPage("ordering.cycle", N_("批次"), Permission.CYCLE_READ, ("ordering.cycles",), stage(10)),
        StaffPage("ordering.edit_cycle", N_("修改批次"), Permission.CYCLE_EDIT, ("ordering.cycle",)),
        StaffPage("ordering.cancel_cycle", N_("取消批次"), Permission.CYCLE_EDIT, ("ordering.cycle",)),
        StaffPage("ordering.offers", N_("可选清单"), Permission.CYCLE_EDIT, ("ordering.cycle",)),
        StaffPage("packs.index", N_("免费包"), Permission.CYCLE_EDIT, ("ordering.cycle",)),
        StaffPage("ordering.orders", N_("订单"), Permission.ORDER_READ, ("ordering.cycle",), stage(20)),
        StaffPage("ordering.order", N_("一户的订单"), Permission.ORDER_READ, ("ordering.orders",)),
        StaffPage("ordering.void_order", N_("作废订单"), Permission.ORDER_VOID, ("ordering.order",)),
        StaffPage("words.index", N_("居民留言"), Permission.CARE, ("ordering.orders",)),
        StaffPage("words.order", N_("一户的留言"), Permission.CARE, ("words.index",)),
        StaffPage("telephone.index", N_("电话下单"), Permission.ORDER_PROXY, ("ordering.cycle",), stage(40)),
        StaffPage("telephone.call", N_("一户"), Permission.ORDER_PROXY, ("telephone.index",)),
        StaffPage("desk.buildings", N_("代下单"), Permission.ORDER_PROXY, ("point_desk.index", "telephone.index")),
        StaffPage("desk.building", N_("楼栋"), Permission.ORDER_PROXY, ("desk.buildings",)),
        StaffPage("desk.order_for", N_("一户"), Permission.ORDER_PROXY, ("desk.building",)),
        StaffPage("door_pins.show", N_("门口 6 位号"), Permission.HOUSEHOLD_KEY, ("desk.building",)),
        StaffPage("door_pins.slips", N_("6 位号小条"), Permission.HOUSEHOLD_KEY, ("desk.building",)),
        StaffPage("desk.roll_call", N_("点名"), Permission.ROLL_CALL, ("point_desk.index",)),
        StaffPage("desk.call_building", N_("楼栋"), Permission.ROLL_CALL, ("desk.roll_call",)),
        StaffPage("standing.bookings", N_("自动下的订单"), Permission.ORDER_READ, ("ordering.orders",)),
        StaffPage("standing.index", N_("长期订单"), Permission.CARE, (), more(80)),
        StaffPage("standing.choose", N_("新建"), Permission.CARE, ("standing.index",)),
        StaffPage("standing.new", N_("一户"), Permission.CARE, ("standing.index",)),
        StaffPage("standing.show", N_("一户"), Permission.CARE, ("standing.index",)),
    ),
    frameless={
        "telephone.basket": Permission.ORDER_PROXY,
    },
)
