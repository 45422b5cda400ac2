"""Control totals, on a purchase run of our own and on a real one."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import pytest

from app.core.input.control_totals import ControlTotal, CountedLine, alarms
from tests import sample_data


class Run(NamedTuple):
    """What is known of a purchase run: its lines and totals, and its filler's lines, sum and total."""

    lines: int
    totals: int
    filler: tuple[int, str, int]


RUNS = sample_data.both(Run(38, 16, (12, "240", 46)), Run(1763, 362, (200, "4000", 46)))


def milli(text: str) -> int:
    return round(float(text) * 1000)


def rows_of(data: Path, name: str) -> list[dict[str, str]]:
    with (data / "catalogue" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(data: Path) -> list[CountedLine]:
    """They are in the standard unit of their total already."""
    return [
        CountedLine(row["task_no"], milli(row["plan_purchase_amount"]), row["customer_id"], row["remark"])
        for row in rows_of(data, "gm_purchase_lines.csv")
    ]


def totals_of(data: Path) -> list[ControlTotal]:
    return [
        ControlTotal(row["task_no"], milli(row["expected_total_std_unit"]))
        for row in rows_of(data, "gm_purchase_tasks_expected.csv")
    ]


@pytest.mark.parametrize(("data", "run"), RUNS)
class TestPurchaseRun:
    def test_all_totals_but_one_reconcile(self, data: Path, run: Run) -> None:
        lines, totals = lines_of(data), totals_of(data)
        assert (len(lines), len(totals)) == (run.lines, run.totals)
        assert len(alarms(lines, totals)) == 1

    def test_the_filler_alone_raises_the_alarm_and_is_called_one(self, data: Path, run: Run) -> None:
        same, summed, total = run.filler
        (alarm,) = alarms(lines_of(data), totals_of(data))
        assert (alarm.key, alarm.qty_lines_milli, alarm.qty_total_milli) == ("1", int(summed) * 1000, total * 1000)
        assert alarm.said.zh == f"1：明细合计{summed}，与汇总{total}不符；其中{same}行完全相同，疑为填充行，请核对。"

    def test_one_unit_changed_anywhere_raises_the_alarm(self, data: Path, run: Run) -> None:
        lines, middle = lines_of(data), run.lines // 2
        changed = [*lines[:middle], CountedLine(lines[middle].key, 1), *lines[middle:]]
        assert lines[middle].key in {alarm.key for alarm in alarms(changed, totals_of(data))}


def test_a_key_that_only_one_side_knows_raises_the_alarm() -> None:
    found = alarms([CountedLine("米", 2000)], [ControlTotal("油", 1000)])
    assert [(alarm.key, alarm.said.zh) for alarm in found] == [
        ("油", "油：0行明细合计0，与汇总1不符，请核对。"),
        ("米", "米：明细合计2，汇总表里没有这一项。"),
    ]
