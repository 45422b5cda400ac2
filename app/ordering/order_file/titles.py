"""What the columns of order tables are called, for the file of the command line and the workbook of the page alike."""

from __future__ import annotations

from collections.abc import Mapping

# Meaning → titles, most telling first; compared without brackets, blanks and marks.
TITLES: Mapping[str, tuple[str, ...]] = {
    "compound": ("小区", "小区名称"),
    "building": ("楼号", "楼栋", "楼幢", "栋", "幢", "楼栋号", "号", "门牌", "楼名"),
    "stairwell": ("单元", "单元号"),
    "room": ("房号", "房间号", "室", "门牌号", "室号"),
    "phone": ("联系电话", "手机", "手机号", "电话", "收货电话"),
    "item": ("商品", "商品名称", "品名", "物资", "货品"),
    "qty": ("数量", "购买数量", "订购数量", "份数", "件数", "订购份数"),
}
