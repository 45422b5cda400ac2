"""What is said in a building's group, by occasion or when a sheet goes out: the only place where it is worded. Pure.

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

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce

from app.core.sentences import N_, Sentence, sentence
from app.core.text.delivery_words import IN_GROUP


@dataclass(frozen=True, slots=True)
class Opening:
    """What is opened: `until` and `delivery` as people say them, `goods` in a line (empty: not told)."""

    cycle: str
    until: str
    delivery: str
    goods: str = ""


def ordering_opens(place: str, what: Opening, address: str = "") -> Sentence:
    """When a cycle opens, and with the poster. `address`: where one building orders; empty: by its poster."""
    how = (
        sentence(N_("点开链接，选单元、填房号就能下单，不用注册：%(address)s 。"), address=address)
        if address
        else sentence(N_("请扫楼下海报上的二维码，选单元、填房号就能下单，不用注册。"))
    )
    goods = sentence(N_("有%(goods)s（元）。"), goods=what.goods) if what.goods else ""
    return sentence(
        N_(
            "【%(place)s】各位邻居：%(cycle)s 开始接单，%(until)s 截单，%(delivery)s 送货。"
            "%(goods)s%(how)s截单前可以改。不会用手机的邻居，请告诉楼长代下。"
        ),
        place=place,
        cycle=what.cycle,
        until=what.until,
        delivery=what.delivery,
        goods=goods,
        how=how,
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


def arrival(building: str, visits: Sequence[tuple[str, int]], mode: str) -> Sentence:
    """When the bags of one building come, with route sheets, drop-off sheets and hand-out lists.

    `visits`: time and bags of each; `mode`: how the building is served, a value of DeliveryMode.
    """
    (time, bags), *later = visits
    if not later:
        return sentence(
            N_("【%(building)s】各位邻居：物资预计 %(time)s 前后送到楼下，共 %(bags)s 袋。%(then)s"),
            building=building,
            time=time,
            bags=bags,
            then=_instructions([mode]),
        )
    return sentence(
        N_("【%(building)s】各位邻居：物资分 %(n)s 次送到楼下：%(times)s，共 %(bags)s 袋。%(then)s"),
        building=building,
        n=len(visits),
        times=times_of(visits),
        bags=sum(bags for _time, bags in visits),
        then=_instructions([mode]),
    )


def times_of(visits: Sequence[tuple[str, int]]) -> Sentence:
    """ "10:05 前后 12 袋、15:40 前后 3 袋"."""
    each = [sentence(N_("%(time)s 前后 %(bags)s 袋"), time=time, bags=bags) for time, bags in visits]
    return reduce(lambda said, one: sentence(N_("%(said)s、%(one)s"), said=said, one=one), each)


def arrivals(place: str, times: str, modes: Collection[str]) -> Sentence:
    """When the bags of several buildings come; `times`: a line for each; `modes`: how these buildings are served."""
    return sentence(
        N_("【%(place)s】各位邻居：物资预计到楼时间：\n%(times)s\n%(then)s"),
        place=place,
        times=times,
        then=_instructions(modes),
    )


def _instructions(modes: Collection[str]) -> Sentence:
    """What to do: buildings that are served differently are told so and look at their own notice."""
    complain = N_("少了、坏了、错了，请在页面上点“有问题”，48 小时内有效。")
    if len(set(modes)) == 1:
        then = sentence(IN_GROUP[next(iter(modes))])
        return sentence("%(then)s%(complain)s", then=then, complain=sentence(complain))
    return sentence(
        N_("各楼送法不同：有的送到门口，有的要按通知下楼取，以本楼群里的通知为准，先不要下楼。%(complain)s"),
        complain=sentence(complain),
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
