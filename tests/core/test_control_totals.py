"""Control totals, on a real purchase run."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from app.core.input.control_totals import ControlTotal, CountedLine, alarms

DATA = Path(__file__).resolve().parents[2].parent / "shared/data"
with_data = pytest.mark.skipif(not DATA.exists(), reason="the shared purchase run is not on this machine")


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / "catalogue" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def milli(text: str) -> int:
    return round(float(text) * 1000)


@with_data
class TestPurchaseRun:
    """1,763 real lines against 362 published totals. The lines are already in the standard unit of the total."""

    LINES = [
        CountedLine(r["task_no"], milli(r["plan_purchase_amount"]), r["customer_id"], r["remark"])
        for r in (rows_of("gm_purchase_lines.csv") if DATA.exists() else [])
    ]
    TOTALS = [
        ControlTotal(r["task_no"], milli(r["expected_total_std_unit"]), int(r["address_count"]))
        for r in (rows_of("gm_purchase_tasks_expected.csv") if DATA.exists() else [])
    ]

    def test_361_of_362_totals_reconcile(self) -> None:
        assert (len(self.LINES), len(self.TOTALS)) == (1763, 362)
        assert len(alarms(self.LINES, self.TOTALS)) == 1

    def test_the_filler_alone_raises_the_alarm_and_is_called_one(self) -> None:
        (alarm,) = alarms(self.LINES, self.TOTALS)
        assert (alarm.key, alarm.qty_lines_milli, alarm.qty_total_milli) == ("1", 4_000_000, 46_000)
        assert alarm.said.zh == "1：明细合计4000，与汇总46不符；其中200行完全相同，疑为填充行，请核对。"

    def test_one_unit_changed_anywhere_raises_the_alarm(self) -> None:
        changed = [*self.LINES[:900], CountedLine(self.LINES[900].key, 1), *self.LINES[900:]]
        assert self.LINES[900].key in {alarm.key for alarm in alarms(changed, self.TOTALS)}


def test_a_key_that_only_one_side_knows_raises_the_alarm() -> None:
    found = alarms([CountedLine("米", 2000)], [ControlTotal("油", 1000)])
    assert [(alarm.key, alarm.said.zh) for alarm in found] == [
        ("油", "油：0行明细合计0，与汇总1不符，请核对。"),
        ("米", "米：明细合计2，汇总表里没有这一项。"),
    ]
