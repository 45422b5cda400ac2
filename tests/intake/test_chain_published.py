"""Chains, our own and published, with outcomes labelled by hand for every line (H head, R row, S skip, ? review)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.intake.grammar.chain import parse_chain
from app.intake.grammar.goods.lexicon import Lexicon
from app.intake.grammar.model import EntryOutcome
from app.places.address.rules import Register
from tests import sample_data

LETTERS = {
    EntryOutcome.HEAD: "H",
    EntryOutcome.ROW: "R",
    EntryOutcome.SKIP: "S",
    EntryOutcome.REVIEW: "?",
    EntryOutcome.AMEND: "A",
}
LABELS = {
    "own-melon": "HHHRRRS",
    "own-two-goods": "HHHRRS",
    "own-supper": "HHHHHHRRRR",
    "own-two-meals": "HHHHHHHHRRRR",
    "own-other-weekday": "HHHHHHHHRR",
    "own-strict": "HRRR",
    "own-nobody-and-nothing": "H???",
    "own-mixed-numbers": "RRRR",
    "own-gap": "HSSS",
    "own-single-line": "R",
    "gp-pumpkin": "HHHRRRS",
    "gp-fruit-two-items": "HHHRRRS",
    "kith-0608-mon-dinner": "HHHHHHHHRRR",
    "kith-0609-tue-lunch-dinner": "H" * 14 + "R" * 8,
    "kith-0610-wed-lunch-dinner": "H" * 12 + "R",
    "kith-0611-thu-dinner": "H" * 7 + "R",
    "kith-0613-fri-dinner-5": "H" * 12 + "R",
    "kith-0615-mon-lunch-dinner": "H" * 12 + "R",
    "kith-0618-thu-lunch-dinner": "H" * 12 + "R" * 7,
    "kith-0622-mon-dinner": "H" * 8 + "RR",
    "kith-0623-tue-dinner": "H" * 7 + "R",
    "kith-0626-fri-dinner-4": "H" * 7 + "R",
    "kith-0626-fri-dinner-luye": "H" * 7 + "RR",
    "kith-0629-mon-dinner-5": "H" * 8 + "R",
    "kith-0629-mon-dinner-sissi": "H" * 8 + "RR",
    "kith-v1-strict-ok": "HRRR",
    "kith-v1-reject-1": "",
    "kith-v1-reject-2": "H",
    "kith-v1-reject-3": "HR",
    "kith-v1-reject-4": "HR",
    "kith-v1-reject-5": "H?",
    "kith-v1-reject-6": "H?",
    "kith-v1-reject-7": "H?",
    "kith-v1-reject-8": "H?",
    "wpp-single-line": "S?S?",
    "wpp-wrapped-items": "S??S??",
    "wpp-title-with-number": "HH?",
    "wpp-literal-backslash-n": "H??",
    "efb-wechat-format": "HHSR",
    "efb-traditional-header": "HS",
    "efb-header-not-first": "SHS",
    "efb-gap": "HSS",
    "efb-edit-by-append": "HHSSSS",
    "efb-item-edit": "HHS?SSS",
    "selftest-mixed-index": "RRR",
    "ordersparser-1": "R",
    "ordersparser-2": "R",
    "ordersparser-3": "R",
}


Chains = list[dict[str, Any]]


def chains_of(data: Path) -> Chains:
    path = data / "orders/jielong/jielong_samples.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@pytest.mark.parametrize("data", sample_data.folders())
def test_ninety_seven_of_a_hundred_lines_have_the_right_outcome(block: Register, anything: Lexicon, data: Path) -> None:
    right = total = 0
    wrong = []
    for sample in chains_of(data):
        found = "".join(LETTERS[line.outcome] for line in parse_chain(sample["raw"], block, anything).lines)
        expected = LABELS[sample["id"]]
        total += max(len(found), len(expected))
        right += sum(a == b for a, b in zip(found, expected, strict=False))
        if found != expected:
            wrong.append((sample["id"], expected, found))
    assert right >= 0.97 * total, wrong


@pytest.mark.parametrize("data", sample_data.folders())
def test_quantities_are_read_as_labelled(block: Register, anything: Lexicon, data: Path) -> None:
    for sample in chains_of(data):
        expected = sample["expected"]
        if not isinstance(expected, dict) or "total" not in expected:
            continue
        result = parse_chain(sample["raw"], block, anything)
        assert sum(result.totals.values()) == expected["total"], sample["id"]


@pytest.mark.parametrize(("data", "at_least"), sample_data.both(10, 31))
def test_customers_and_quantities_are_paired(block: Register, anything: Lexicon, data: Path, at_least: int) -> None:
    pairs = 0
    for sample in chains_of(data):
        lines = sample["expected"].get("lines") if isinstance(sample["expected"], dict) else None
        if not lines or "customer" not in lines[0]:
            continue
        rows = [line for line in parse_chain(sample["raw"], block, anything).lines if line.items]
        assert [(row.who, row.items[0].qty) for row in rows] == [(line["customer"], line["qty"]) for line in lines]
        pairs += len(rows)
    assert pairs >= at_least


@pytest.mark.parametrize(("data", "sample_id"), sample_data.both("own-other-weekday", "kith-0613-fri-dinner-5"))
def test_a_weekday_that_is_not_that_of_the_date_is_said(
    block: Register, anything: Lexicon, data: Path, sample_id: str
) -> None:
    sample = next(sample for sample in chains_of(data) if sample["id"] == sample_id)
    assert any(w.startswith("weekday_mismatch") for w in parse_chain(sample["raw"], block, anything).warnings)


SHOPPING = (
    (
        "1. 任化东 红富士冰糖心4斤，香蕉（熟点）3斤，阳光玫瑰1串，麒麟无籽西瓜1个，卤牛腱子优质2斤，"
        "上海盐汽水600ml*24瓶4箱，花蛤5斤，"
    )
    + """
2. 汤伟杰 青岛啤酒（冰淳）500ML12罐    2箱，黄金油蟠桃5斤，南瓜子1斤
3. 机工卜兆土 香蕉3斤，橙子4斤青岛清爽24罐装一箱
4. 水手长 盐汽水四包
5. 三管 红富士冰糖心4斤 小番茄 红和黄 各一斤 花美人甜瓜 3斤 卷饼皮2包 拉面3斤
6. 机工长  黄金油蟠桃3斤   带壳花生蒜香3斤  香蕉3斤（青）  蒜蓉辣椒酱2瓶
7. 机工姜艳平 老冰糖2斤，青香蕉3斤。"""
)


def test_a_shopping_chain_gives_twenty_five_items(block: Register, anything: Lexicon) -> None:
    result = parse_chain(SHOPPING, block, anything)
    assert [len(line.items) for line in result.lines] == [7, 3, 3, 1, 5, 4, 2]
    assert [line.outcome for line in result.lines].count(EntryOutcome.REVIEW) == 1
    assert result.lines[4].reason == "each"
    assert result.totals["上海盐汽水600ml*24瓶"] == 4
