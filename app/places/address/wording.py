"""Why an address was read as it was, in sentences for the desk."""

from __future__ import annotations

from flask_babel import gettext as _

from app.core.sentences import N_
from app.places.address.rules import Reason

SAID = {
    Reason.EXACT: N_("小区、楼栋、房号都对上了"),
    Reason.UNIQUE: N_("没有写小区，但只有一个小区有这一户"),
    Reason.GLUED: N_("数字连写，按名册只有一种拆法"),
    Reason.TYPO: N_("小区名差一个字，弄号对得上"),
    Reason.NO_ADDRESS: N_("没有写地址"),
    Reason.NO_BUILDING: N_("没有写楼号"),
    Reason.NO_ROOM: N_("没有写房号"),
    Reason.NO_STAIRWELL: N_("没有写单元，这个小区要求写"),
    Reason.UNKNOWN_BUILDING: N_("名册里没有这栋楼"),
    Reason.UNKNOWN_STAIRWELL: N_("名册里没有这个单元"),
    Reason.UNKNOWN_ROOM: N_("名册里没有这个房号"),
    Reason.UNKNOWN_PLACE: N_("名册里没有这个小区"),
    Reason.UNKNOWN_AREA: N_("没有这个片区"),
    Reason.LONGER_NAME: N_("小区名可能是更长的另一个"),
    Reason.LANE_CONFLICT: N_("弄号和小区对不上"),
    Reason.AMBIGUOUS: N_("可能是好几户，请选一户"),
    Reason.OUT_OF_SCOPE: N_("不在这个点位的范围"),
    Reason.LEFTOVER: N_("地址里还有没读懂的部分"),
    Reason.TOO_LONG: N_("太长了，不像一个地址"),
}


def sentence(reason: Reason) -> str:
    """The sentence for a reason."""
    return str(_(SAID[reason]))
