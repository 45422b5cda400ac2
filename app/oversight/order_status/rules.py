"""The way of an order and of each of its bags, as its household reads it; and the one thing to do next.

    已下单 → 已汇总 → 已采购 → 已分配 → 已装袋 → 路上 → 已到楼下 → 已放门口 → 已确认
    └────────── the order ──────────┘  └──────────────── each bag ─────────────────┘

A step counts as done when it, or any later one, has happened: goods out of stock are allocated without a purchase. The
first step that is not done is the present one.

What to do next, the first line that fits some bag:

    bag                                         the household is told
    left at the door, not confirmed             take it in, confirm, complain until …
    nobody answered at the door                 it comes again with the next wave
    at the building                             wait for the knock, or come down in the slot of the building
    on its way                                  stay in, expected at …
    missing                                     it is looked for
    held                                        it comes with the next wave, and why
    packed                                      it leaves today
    none yet, order taken                       change it until the cut-off / wait for the goods
    all confirmed                               nothing
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.core.sentences import N_, Sentence, sentence
from app.core.text import delivery_words
from app.core.text.spoken import date_and_time
from app.core.units import clock_time

ORDER_STEPS = (N_("已下单"), N_("已汇总"), N_("已采购"), N_("已分配"))
BAG_STEPS = (N_("已装袋"), N_("路上"), N_("已到楼下"), N_("已放门口"), N_("已确认"))


class StepMark(StrEnum):
    """Where a step stands; the values are tones of the page."""

    DONE = "ok"
    NOW = "todo"
    LATER = "idle"


@dataclass(frozen=True, slots=True)
class StatusStep:
    """One step of a way. `at` None: not yet, or it happened unrecorded on the way to a later one."""

    label: Sentence
    mark: StepMark
    at: datetime | None = None
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class OrderTimes:
    """When the steps of an order were done, None for not yet."""

    placed_at: datetime
    tallied_at: datetime | None = None
    bought_at: datetime | None = None
    allocated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BagFacts:
    """One bag: where it is (a value of BagState), when its steps were done, when it is expected, what went wrong."""

    state: str
    packed_at: datetime
    loaded_at: datetime | None = None
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    confirmed_at: datetime | None = None
    is_confirmed_by_default: bool = False
    expected_at: datetime | None = None
    failed: str = ""  # why the last attempt at the door failed
    held: str = ""  # why it is not on any round
    answer_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the way is judged by besides the bags."""

    is_taking: bool
    is_locked: bool
    deliver_on: str
    mode: str = delivery_words.TO_DOOR  # how the building of the door is served: a value of DeliveryMode


def _marked(labels: Sequence[str], times: Sequence[datetime | None], is_over: bool = False) -> list[StatusStep]:
    last = max((place for place, at in enumerate(times) if at is not None), default=-1)
    last = len(labels) if is_over else last
    marks = [
        StepMark.DONE if n <= last else StepMark.NOW if n == last + 1 else StepMark.LATER for n in range(len(labels))
    ]
    return [StatusStep(sentence(label), mark, at) for label, mark, at in zip(labels, marks, times, strict=True)]


def order_steps(times: OrderTimes, has_bags: bool) -> list[StatusStep]:
    """The way of the order up to its bags."""
    moments = (times.placed_at, times.tallied_at, times.bought_at, times.allocated_at)
    return _marked(ORDER_STEPS, moments, is_over=has_bags)


def bag_steps(bag: BagFacts) -> list[StatusStep]:
    """The way of one bag, with what is expected or went wrong beside its step."""
    moments = (bag.packed_at, bag.loaded_at, bag.arrived_at, bag.left_at, bag.confirmed_at)
    steps = _marked(BAG_STEPS, moments, is_over=bag.state == "confirmed")
    return [_noted(step, number, bag) for number, step in enumerate(steps)]


def _noted(step: StatusStep, number: int, bag: BagFacts) -> StatusStep:
    note: Sentence | None = None
    if number == 1 and bag.held and step.mark != StepMark.DONE:
        note = sentence(N_("暂缓：%(why)s"), why=bag.held)
    elif number == 2 and step.mark != StepMark.DONE and bag.state == "missing":
        note = sentence(N_("清点时没找到，正在找"))
    elif number == 2 and step.mark != StepMark.DONE and bag.expected_at is not None:
        note = sentence(N_("预计 %(at)s 前后"), at=clock_time(bag.expected_at))
    elif number == 3 and step.mark != StepMark.DONE and bag.failed:
        note = sentence(N_("楼长来过，没有送成：%(why)s"), why=bag.failed)
    elif number == 4 and bag.is_confirmed_by_default:
        note = sentence(N_("到期没有回音，算默认签收"))
    elif number == 4 and step.mark != StepMark.DONE and bag.answer_until is not None:
        note = sentence(N_("%(at)s 前没有回音，算默认签收"), at=date_and_time(bag.answer_until))
    return StatusStep(step.label, step.mark, step.at, note)


def next_step(around: Around, bags: Sequence[BagFacts]) -> Sentence:
    """The one thing to do or to wait for. See the head of this file."""
    for state, said in (("handed_out", _left), ("dropped_off", _arrived), ("loaded", _coming), ("missing", _missing)):
        for bag in bags:
            if bag.state == state:
                return said(around, bag)
    if any(bag.held for bag in bags if bag.state in ("packed", "held")):
        return sentence(N_("有一袋这一趟没排上，下一波先送。时间定了会写在这里。"))
    if any(bag.state in ("packed", "held") for bag in bags):
        return sentence(N_("已装好袋，等出发。%(then)s"), then=_before(around))
    if bags:
        return sentence(N_("都收到了，谢谢。多退少补在结算时一起算。"))
    if around.is_taking:
        return sentence(N_("截单以前可以随时修改或撤回。"))
    if not around.is_locked:
        return sentence(N_("已截单，订单不能再改，点位正在汇总。"))
    return sentence(N_("正在采购、分配，%(day)s 送货。有进展会写在这里，不用打电话问。"), day=around.deliver_on)


def _left(_around: Around, bag: BagFacts) -> Sentence:
    if bag.answer_until is None:
        return sentence(N_("已放在您家门口。请取进屋核对，再按“确认收货”；少了、坏了、错了也在那里说。"))
    return sentence(
        N_("已放在您家门口。请取进屋核对，再按“确认收货”；少了、坏了、错了，请在 %(at)s 前说。"),
        at=date_and_time(bag.answer_until),
    )


def _arrived(around: Around, bag: BagFacts) -> Sentence:
    if bag.failed:
        return sentence(N_("楼长来过，没有送成（%(why)s）。下一波先送您家；想早点拿，请联系楼长。"), why=bag.failed)
    return sentence(delivery_words.ARRIVED[around.mode])


def _before(around: Around) -> Sentence:
    return sentence(delivery_words.BEFORE[around.mode])


def _coming(around: Around, bag: BagFacts) -> Sentence:
    if bag.expected_at is None:
        return sentence(N_("在路上了。%(then)s"), then=_before(around))
    at = clock_time(bag.expected_at)
    return sentence(N_("在路上了，预计 %(at)s 前后到楼下。%(then)s"), at=at, then=_before(around))


def _missing(_around: Around, _bag: BagFacts) -> Sentence:
    return sentence(N_("有一袋清点时没找到，正在找。找到马上送，找不到会补送或退款。"))
