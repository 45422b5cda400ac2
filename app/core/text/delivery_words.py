"""What households are told about how their goods reach them. Pure; every page, group text and sheet takes these words.

mode              on the poster                      before they come                  when they are there
to_door           送到门口，不用下楼                  不要下楼等，到了会敲门             在家等敲门，不要下楼
to_stairwell      送到单元门口，轮到再下楼取           等群里通知轮到您这一层再下楼        单元门口
to_building       送到楼下，轮到再下楼取              等群里通知轮到您这一层再下楼        楼下
collect_by_slot   分时段到楼下领取                    按领取单上的时段下楼               时段
"""

from __future__ import annotations

from app.core.sentences import N_

TO_DOOR = "to_door"

ON_POSTER = {
    "to_door": N_("送到门口，不用下楼"),
    "to_stairwell": N_("送到单元门口，轮到再下楼取"),
    "to_building": N_("送到楼下，轮到再下楼取"),
    "collect_by_slot": N_("分时段到楼下领取"),
}
BEFORE = {
    "to_door": N_("请不要下楼等，到了会敲门。"),
    "to_stairwell": N_("到了放在单元门口。请先不要下楼，群里通知轮到您这一层再来取。"),
    "to_building": N_("到了放在楼下。请先不要下楼，群里通知轮到您这一层再来取。"),
    "collect_by_slot": N_("到了按领取单或群里通知的时段下楼取，请先不要下楼。"),
}
ARRIVED = {
    "to_door": N_("已到楼下，楼长正在一户一户送。请在家等敲门，不要下楼。"),
    "to_stairwell": N_("已到楼下，会放到单元门口。请等群里通知轮到您这一层再下楼，取完就回。"),
    "to_building": N_("已到楼下。请等群里通知轮到您这一层再下楼，取完就回。"),
    "collect_by_slot": N_("已到楼下。请按领取单或群里通知的时段，错开下楼取，取完就回。"),
}
IN_GROUP = {
    "to_door": N_("请不要下楼聚集，楼长会放到各家门口，敲门后退两米，等楼长离开再开门取。"),
    "to_stairwell": N_("送到后放在各单元门口，请先不要下楼，等群里通知轮到哪一层再来取，一户一人。"),
    "to_building": N_("送到后放在楼下，请先不要下楼，等群里通知轮到哪一层再来取，一户一人。"),
    "collect_by_slot": N_("送到后请先不要下楼，等群里发取货时段，按时段来，一户一人。"),
}
