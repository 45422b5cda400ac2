"""The walk and the exceptions typed as text, as the truth table says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.handover.doors.rules import DoorOfBag, NamedBag, is_hand_out_late, masked_surname, read_exceptions, walking_key
from app.handover.models import DoorOutcome
from app.handover.rules import REASONS
from app.printing.sheets.bags.hand_out_list import REASON_CODES

NOON = datetime(2022, 4, 1, 4, 0, tzinfo=UTC)
DOORS = [
    DoorOfBag("AAAA23456", "302", "1-302", 1),
    DoorOfBag("BBBB23456", "302", "1-302", 2),
    DoorOfBag("CCCC23456", "402", "1-402", 17),
    DoorOfBag("DDDD23456", "402", "2-402", 302),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("302 无人", [("AAAA23456", "no_answer", ""), ("BBBB23456", "no_answer", "")]),
        ("302 1", [("AAAA23456", "no_answer", ""), ("BBBB23456", "no_answer", "")]),
        ("1-402 拒收 不吃辣", [("CCCC23456", "refused", "不吃辣")]),
        ("1单元402室 拒收", [("CCCC23456", "refused", "")]),
        ("２－４０２，破损", [("DDDD23456", "damaged", "")]),
        ("aaaa-23456 4", [("AAAA23456", "bag_missing", "")]),
        ("AAAA23456 错袋\n\n \nCCCC23456 其他 门禁", [("AAAA23456", "wrong_bag", ""), ("CCCC23456", "other", "门禁")]),
        ("1-402 封；2-402 8", [("CCCC23456", "building_sealed", ""), ("DDDD23456", "other", "")]),
        ("袋1 破损", [("AAAA23456", "damaged", "")]),
        ("17 破损；袋 2 拒收", [("CCCC23456", "damaged", ""), ("BBBB23456", "refused", "")]),
        ("17/302 5", [("CCCC23456", "wrong_bag", "")]),
        ("袋302 1", [("DDDD23456", "no_answer", "")]),
        ("", []),
    ],
)  # fmt: skip
def test_an_exception_names_bags_and_a_reason(text: str, expected: list[tuple[str, str, str]]) -> None:
    named, problems = read_exceptions(text, DOORS)
    assert (named, problems) == ([NamedBag(*one) for one in expected], [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("302", "“302”没有写原因（或原因号 1–8）。"),
        ("302 0", "“302”没有写原因（或原因号 1–8）。"),
        ("302 9", "“302”没有写原因（或原因号 1–8）。"),
        ("302 困了", "“302”没有写原因（或原因号 1–8）。"),
        ("402 1", "“402”有几个单元都有，请写成1-402。"),
        ("999 1", "“999”不在这一楼的名单里。"),
    ],
)
def test_what_is_not_understood_is_said(text: str, said: str) -> None:
    named, problems = read_exceptions(text, DOORS)
    assert (named, [problem.said.zh for problem in problems]) == ([], [said])


def test_paper_and_screen_number_the_reasons_alike() -> None:
    for number, reason in enumerate(REASONS, 1):
        named, _problems = read_exceptions(f"1-402 {number}", DOORS)
        assert [one.reason for one in named] == [reason]
    assert [DoorOutcome(reason).label_zh for reason in REASONS] == list(REASON_CODES)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
def test_any_text_ends_in_named_bags_or_problems(text: str) -> None:
    named, problems = read_exceptions(text, DOORS)
    assert {one.bag_code for one in named} <= {door.bag_code for door in DOORS}
    assert all(one.reason in REASONS for one in named)
    assert all(problem.said.zh for problem in problems)


def test_floors_go_down_with_a_lift_and_up_without_and_villas_come_last() -> None:
    rooms = [("1单元", 1, "101"), ("1单元", 2, "210"), ("1单元", 2, "202"), ("1单元", None, "A"), ("2单元", 1, "101")]
    up = sorted(rooms, key=lambda room: walking_key(*room, has_lift=False))
    down = sorted(rooms, key=lambda room: walking_key(*room, has_lift=True))
    assert [room[2] for room in up] == ["101", "202", "210", "A", "101"]
    assert [room[2] for room in down] == ["202", "210", "101", "A", "101"]


def test_bags_wait_three_hours_at_most() -> None:
    assert not is_hand_out_late(None, NOON)
    assert not is_hand_out_late(NOON, NOON + timedelta(hours=3))
    assert is_hand_out_late(NOON, NOON + timedelta(hours=3, seconds=1))


def test_a_person_is_called_by_surname_and_star() -> None:
    assert [masked_surname(name) for name in ("王小明", " 李 ", "", None, " ")] == ["王*", "李*", "", "", ""]
