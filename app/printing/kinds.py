"""The kinds of sheets in order of the loop: label, scope, and which changes make a printed sheet stale. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.sentences import N_


@dataclass(frozen=True)
class SheetKind:
    """A kind of sheet.

    ``has_wave``: printed for each wave. ``is_wide``: about the whole subdistrict, so it takes the permission there.
    ``watches``: tables whose events may change it. ``stage_zh``: when in the loop it is wanted.
    """

    key: str
    label_zh: str
    reader_zh: str
    has_wave: bool
    is_wide: bool
    watches: frozenset[str]
    stage_zh: str = ""


_POSTED, _BOUGHT, _BAGGED = N_("张贴与接单"), N_("汇总、采购、收货"), N_("分配与装袋")
_CARRIED, _AFTERWARDS, _EMERGENCY = N_("配送与发放"), N_("异常与结算"), N_("断网时")
_STAGES = {
    **dict.fromkeys(("poster", "door_notice", "order_form"), _POSTED),
    **dict.fromkeys(("tally", "purchase_order", "goods_receipt"), _BOUGHT),
    **dict.fromkeys(("shortage_list", "pick_list", "bag_list", "bag_label", "roll_label"), _BAGGED),
    **dict.fromkeys(("route_sheet", "drop_off_sheet", "hand_out_list", "collection_slip"), _CARRIED),
    **dict.fromkeys(("collection_sheet", "exception_list", "settlement_sheet"), _AFTERWARDS),
}


def _kind(key: str, label: str, reader: str, watches: str, *, wave: bool = False, wide: bool = False) -> SheetKind:
    # Languages, help number and label margins belong to the subdistrict and are on every sheet.
    watched = frozenset({*watches.split(), "subdistrict"})
    return SheetKind(key, label, reader, wave, wide, watched, _STAGES.get(key, ""))


_ORDERS = "household_order cycle"
_PACKED = f"{_ORDERS} bag allocation_run"
_PLANNED = f"{_PACKED} plan round stop building gate blackout"

ALL = (
    _kind("poster", N_("楼栋海报"), N_("居民"), "cycle building service_point"),
    _kind("door_notice", N_("门口告知"), N_("居民"), "cycle building zone_designation service_point"),
    _kind("order_form", N_("手写订单"), N_("居民"), "cycle offer", wide=True),
    _kind("tally", N_("点位汇总表"), N_("小组长"), f"{_ORDERS} tally roll_call service_point chain_paste"),
    _kind("purchase_order", N_("采购单"), N_("供应商"), "purchase_order", wide=True),
    _kind("goods_receipt", N_("收货单"), N_("仓库"), "purchase_order goods_receipt lot write_off", wide=True),
    _kind("shortage_list", N_("缺货单"), N_("小组长"), f"{_ORDERS} allocation_run order_line"),
    _kind("pick_list", N_("拣货单"), N_("拣货人"), _PACKED, wave=True),
    _kind("bag_list", N_("配袋单"), N_("配袋人"), _PACKED, wave=True),
    _kind("bag_label", N_("袋签"), N_("每个人"), f"{_PACKED} plan", wave=True),
    _kind("roll_label", N_("袋签（卷纸）"), N_("每个人"), f"{_PACKED} plan", wave=True),
    _kind("route_sheet", N_("路线单"), N_("配送队"), _PLANNED, wave=True, wide=True),
    _kind("drop_off_sheet", N_("楼栋交接单"), N_("楼长和志愿者"), _PLANNED, wave=True),
    _kind("hand_out_list", N_("发放表"), N_("楼长"), _PLANNED, wave=True),
    _kind("collection_slip", N_("领取单"), N_("自取的居民"), _PLANNED, wave=True),
    _kind("collection_sheet", N_("收款单"), N_("楼长和小组长"), f"{_ORDERS} payment hand_out dispute bag line_amount"),
    _kind("exception_list", N_("异常/补送单"), N_("物资组"), "hand_out dispute bag stop drop_off"),
    _kind("settlement_sheet", N_("结算/退款单"), N_("小组长"), "statement payment household_order dispute cycle"),
)
LABEL_TEST = _kind("label_test", N_("标签对位页"), N_("打印的人"), "subdistrict", wide=True)
BY_KEY = {kind.key: kind for kind in (*ALL, LABEL_TEST)}

KIT = SheetKind("kit_cover", N_("应急包"), N_("每个人"), True, True, frozenset(_PLANNED.split()), _EMERGENCY)


def wave_of(kind: str, wave: int) -> int:
    """Return the wave a sheet of the kind is filed under: 0 for kinds that cover the whole cycle."""
    found = BY_KEY.get(kind, KIT)
    return wave if found.has_wave else 0
