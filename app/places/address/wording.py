"""Why an address was read as it was, in sentences for the desk."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.sentences import N_
from app.places.address.rules import AddressReason

SAID = {
    AddressReason.EXACT: N_("小区、楼栋、房号都对上了"),
    AddressReason.UNIQUE: N_("没有写小区，但只有一个小区有这一户"),
    AddressReason.GLUED: N_("数字连写，按名册只有一种拆法"),
    AddressReason.TYPO: N_("小区名差一个字，弄号对得上"),
    AddressReason.NO_ADDRESS: N_("没有写地址"),
    AddressReason.NO_BUILDING: N_("没有写楼号"),
    AddressReason.NO_ROOM: N_("没有写房号"),
    AddressReason.NO_STAIRWELL: N_("没有写单元，这个小区要求写"),
    AddressReason.UNKNOWN_BUILDING: N_("名册里没有这栋楼"),
    AddressReason.UNKNOWN_STAIRWELL: N_("名册里没有这个单元"),
    AddressReason.UNKNOWN_ROOM: N_("名册里没有这个房号"),
    AddressReason.UNKNOWN_PLACE: N_("名册里没有这个小区"),
    AddressReason.UNKNOWN_AREA: N_("没有这个片区"),
    AddressReason.LONGER_NAME: N_("小区名可能是更长的另一个"),
    AddressReason.LANE_CONFLICT: N_("弄号和小区对不上"),
    AddressReason.AMBIGUOUS: N_("可能是好几户，请选一户"),
    AddressReason.OUT_OF_SCOPE: N_("不在这个点位的范围"),
    AddressReason.LEFTOVER: N_("地址里还有没读懂的部分"),
    AddressReason.TOO_LONG: N_("太长了，不像一个地址"),
}


def sentence(reason: AddressReason) -> str:
    """The sentence for a reason."""
    return str(_(SAID[reason]))
