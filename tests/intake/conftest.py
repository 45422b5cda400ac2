"""Registers and catalogues of the chain tests: a Shanghai lane, a compound with stairwells, one building."""

from __future__ import annotations

import pytest

from app.intake.grammar.goods.lexicon import Lexicon, LexiconItem
from app.places.address.rules import Profile, Register, RegisteredHousehold


@pytest.fixture(scope="session")
def lane() -> Register:
    """Lane 500: house numbers 1–93 without stairwells, rooms 101–1805, a villa 29, an office building."""
    flats = [
        RegisteredHousehold(f"{b}/{f}{r:02d}", "嘉怡水岸", str(b), "", f"{f}{r:02d}")
        for b in range(1, 94)
        if b != 29
        for f in range(1, 19)
        for r in range(1, 6)
    ]
    others = [
        RegisteredHousehold("29/", "嘉怡水岸", "29", "", ""),
        RegisteredHousehold("商务楼/907", "嘉怡水岸", "商务楼", "", "907"),
    ]
    return Register([*flats, *others], [Profile("嘉怡水岸", ("紫龙路500弄",))])


@pytest.fixture(scope="session")
def garden() -> Register:
    """Buildings 1–12 with stairwells 1–3 and two rooms on each of 18 floors."""
    return Register(
        RegisteredHousehold(f"{b}/{s}/{f}{r:02d}", "阳光花园", f"{b}号楼", f"{s}单元", f"{f}{r:02d}")
        for b in range(1, 13)
        for s in (1, 2, 3)
        for f in range(1, 19)
        for r in (1, 2)
    )


@pytest.fixture(scope="session")
def block() -> Register:
    """House number 295 with four rooms."""
    return Register(
        RegisteredHousehold(f"295/{room}", "甲里", "295", "", room) for room in ("204", "909", "910", "911")
    )


@pytest.fixture(scope="session")
def shop() -> Lexicon:
    """A catalogue with aliases and sale units."""
    return Lexicon(
        [
            LexiconItem("土豆", "袋", ("马铃薯", "洋芋")),
            LexiconItem("鸡蛋", "盒", ("土鸡蛋", "蛋")),
            LexiconItem("牛奶", "箱", ("纯牛奶",)),
            LexiconItem("大米", "袋"),
            LexiconItem("卷纸", "提", ("厕纸", "卫生纸", "草纸")),
            LexiconItem("A套餐", "份"),
            LexiconItem("B套餐", "份"),
        ]
    )


@pytest.fixture(scope="session")
def parcel() -> Lexicon:
    """A catalogue with one item."""
    return Lexicon([LexiconItem("蔬菜包", "份")])


@pytest.fixture(scope="session")
def anything() -> Lexicon:
    """No catalogue: goods are taken as they are written."""
    return Lexicon()
