"""A chain of all orders of a generated subdistrict against its truth: 40 orders of our own, and 691 over 151 real
compounds with 75,000 households.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.intake.grammar.model import EntryOutcome
from app.places.address.rules import Register, RegisteredHousehold
from tests import sample_data


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def households(folder: Path) -> list[RegisteredHousehold]:
    return [
        RegisteredHousehold(
            f"{row['building_id']}|{stairwell}|{floor}{room:02d}",
            row["compound"],
            row["building_no"],
            str(stairwell),
            f"{floor}{room:02d}",
        )
        for row in rows_of(folder / "buildings_synthetic.csv")
        for stairwell in range(1, int(row["units"]) + 1)
        for floor in range(1, int(row["floors"]) + 1)
        for room in range(1, int(row["rooms_per_floor"]) + 1)
    ]


@pytest.mark.parametrize(("data", "count"), sample_data.both(40, 691))
def test_a_chain_of_a_whole_subdistrict_is_read_without_one_wrong_household(data: Path, count: int) -> None:
    folder = data / "geo/hangzhou_dev/sample_seed7"
    orders: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(folder / "orders_truth.csv"):
        orders.setdefault(row["order_id"], []).append(row)
    lines = []
    for number, lots in enumerate(orders.values(), start=1):
        goods = ("，" if number % 2 else " ").join(row["item"] + row["qty_as_typed"] for row in lots)
        name = lots[0]["resident"] if number % 3 == 0 else ""
        lines.append(f"{number}. {lots[0]['address_as_typed']} {name} {goods}")
    items = {row["item"] for lots in orders.values() for row in lots}
    result = parse_chain(
        "#接龙\n今日蔬菜\n\n" + "\n".join(lines),
        Register(households(folder)),
        Lexicon(LexiconItem(name) for name in items),
    )
    entries = [line for line in result.lines if line.outcome is not EntryOutcome.HEAD]
    assert len(entries) == len(orders) == count
    for line, lots in zip(entries, orders.values(), strict=True):
        truth = f"{lots[0]['building_id']}|{lots[0]['unit']}|{lots[0]['room']}"
        assert line.household is None or line.household.household_id == truth, line.raw
        wanted = [(row["item"], int("".join(ch for ch in row["qty_as_typed"] if ch.isdigit()))) for row in lots]
        assert [(item.item, item.qty) for item in line.items] == wanted
    found = Counter(line.outcome for line in entries)
    assert found[EntryOutcome.ROW] >= 0.96 * len(entries)
    assert {line.reason for line in entries if line.outcome is EntryOutcome.REVIEW} == {"ambiguous"}
