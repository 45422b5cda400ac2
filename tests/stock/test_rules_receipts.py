"""What the ordered line gets of an arrival, and the numbers of receipts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stock.rules import ArrivalParts, receipt_number, split_arrival

units = st.integers(0, 500)


@given(units, units, units, st.integers(0, 1500))
def test_line_and_extra_are_together_what_arrived(good: int, damaged: int, returned: int, to_line: int) -> None:
    arrived = ArrivalParts(good, damaged, returned)
    line, extra = split_arrival(arrived, to_line)
    assert line.total == min(to_line, arrived.total)
    assert (line.good + extra.good, line.damaged + extra.damaged, line.returned + extra.returned) == (
        good,
        damaged,
        returned,
    )
    assert line.good == min(good, to_line)


@pytest.mark.parametrize(
    ("arrived", "line", "extra"),
    [
        (ArrivalParts(23), ArrivalParts(20), ArrivalParts(3)),
        (ArrivalParts(18, 5), ArrivalParts(18, 2), ArrivalParts(0, 3)),
        (ArrivalParts(20, 0, 3), ArrivalParts(20), ArrivalParts(0, 0, 3)),
    ],
)
def test_the_line_takes_good_units_before_damaged_and_returned_ones(
    arrived: ArrivalParts, line: ArrivalParts, extra: ArrivalParts
) -> None:
    assert split_arrival(arrived, 20) == (line, extra)


def test_receipt_numbers_tell_kinds_apart_and_check_themselves() -> None:
    numbers = [receipt_number(kind, 12, 3) for kind in ("purchase", "donation", "opening")]
    assert [number[:9] for number in numbers] == ["SH-12-003", "JZ-12-003", "QC-12-003"]
    assert len({number[-1] for number in numbers}) == 3
    assert receipt_number("purchase", 12, 3)[-1] != receipt_number("purchase", 21, 3)[-1]
