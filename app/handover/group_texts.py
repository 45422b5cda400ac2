"""What is said in a building's group when a sheet goes out. Pure.

No name, no room, no telephone of a household: a group has two hundred readers. Times and counts only; who is short or
has a question is told alone.

    sheet                                    says
    poster                                   until when and where to order
    tally                                    what the building ordered, last chance to be heard
    shortage_list                            which items are short, how they were shared
    route_sheet, drop_off_sheet, hand_out    when the bags come and how they reach the door
    collection_slip                          slots, one person a household
    exception_list                           that complaints are seen and when they are answered
    collection_sheet, settlement_sheet       how to pay, that shortages are not charged
"""

from __future__ import annotations

from collections.abc import Sequence

from app.core.sentences import N_, Sentence, sentence


def ordering_opens(building: str, until: str, delivery: str, address: str) -> Sentence:
    """With the poster."""
    return sentence(
        N_(
            "【%(building)s】各位邻居：这一批物资开始登记，%(until)s 截止，%(delivery)s 送到。"
            "点开链接，选单元和房号就能下单：%(address)s 。不会用手机的邻居，请告诉楼长代下。"
        ),
        building=building,
        until=until,
        delivery=delivery,
        address=address,
    )


def ordered(building: str, households: int, units: int) -> Sentence:
    """With the tally."""
    return sentence(
        N_("【%(building)s】已截单：本楼 %(households)s 户登记，共 %(units)s 份。没登记到的邻居请马上联系小组长。"),
        building=building,
        households=households,
        units=units,
    )


def shortage(building: str, items: Sequence[str]) -> Sentence:
    """With the shortage list."""
    return sentence(
        N_(
            "【%(building)s】各位邻居：%(items)s 到货不够，已按事先公布的规则公平分配，少拿的户会单独告知，少的不收钱。"
            "后面到货优先补。"
        ),
        building=building,
        items="、".join(items),
    )


def arrival(building: str, time: str, bags: int) -> Sentence:
    """With route sheets, drop-off sheets and hand-out lists."""
    return sentence(
        N_(
            "【%(building)s】各位邻居：物资预计 %(time)s 前后送到楼下，共 %(bags)d 袋。"
            "请不要下楼聚集，楼长会放到各家门口，敲门后退两米，等楼长离开再开门取。"
            "少了、坏了、错了，请在页面上点“有问题”，48 小时内有效。"
        ),
        building=building,
        time=time,
        bags=bags,
    )


def collecting(building: str, place: str, first: str, last: str) -> Sentence:
    """With collection slips."""
    return sentence(
        N_(
            "【%(building)s】各位邻居：物资放在%(place)s，%(first)s 到 %(last)s 分时段领取。"
            "请看门缝里的领取单，按时段下楼，一户一人，戴好口罩，前后隔两米。"
        ),
        building=building,
        place=place,
        first=first,
        last=last,
    )


def open_questions(building: str, count: int) -> Sentence:
    """With the exception list."""
    return sentence(
        N_("【%(building)s】各位邻居：大家反映的 %(count)s 处问题都已登记，正在逐户处理，补送或退款会单独告知。"),
        building=building,
        count=count,
    )


def paying(building: str, households: int) -> Sentence:
    """With collection and settlement sheets."""
    return sentence(
        N_(
            "【%(building)s】各位邻居：本批 %(households)s 户开始结算，按实际收到的算，缺货不收钱。"
            "现金或转账都可以，请认准小组长，付过的请核对自己的页面。"
        ),
        building=building,
        households=households,
    )
