"""Registers and catalogues of the chain tests: a Shanghai lane, a compound with stairwells, one building."""

from __future__ import annotations

import pytest

from app.intake.grammar.goods.lexicon import Item, Lexicon
from app.places.address.rules import Household, Profile, Register


@pytest.fixture(scope="session")
def lane() -> Register:
    """Lane 500: house numbers 1–93 without stairwells, rooms 101–1805, a villa 29, an office building."""
    flats = [
        Household(f"{b}/{f}{r:02d}", "嘉怡水岸", str(b), "", f"{f}{r:02d}")
        for b in range(1, 94)
        if b != 29
        for f in range(1, 19)
        for r in range(1, 6)
    ]
    others = [Household("29/", "嘉怡水岸", "29", "", ""), Household("商务楼/907", "嘉怡水岸", "商务楼", "", "907")]
    return Register([*flats, *others], [Profile("嘉怡水岸", ("紫龙路500弄",))])


@pytest.fixture(scope="session")
def garden() -> Register:
    """Buildings 1–12 with stairwells 1–3 and two rooms on each of 18 floors."""
    return Register(
        Household(f"{b}/{s}/{f}{r:02d}", "阳光花园", f"{b}号楼", f"{s}单元", f"{f}{r:02d}")
        for b in range(1, 13)
        for s in (1, 2, 3)
        for f in range(1, 19)
        for r in (1, 2)
    )


@pytest.fixture(scope="session")
def block() -> Register:
    """House number 295 with four rooms."""
    return Register(Household(f"295/{room}", "甲里", "295", "", room) for room in ("204", "909", "910", "911"))


@pytest.fixture(scope="session")
def shop() -> Lexicon:
    """A catalogue with aliases and sale units."""
    return Lexicon(
        [
            Item("土豆", "袋", ("马铃薯", "洋芋")),
            Item("鸡蛋", "盒", ("土鸡蛋", "蛋")),
            Item("牛奶", "箱", ("纯牛奶",)),
            Item("大米", "袋"),
            Item("卷纸", "提", ("厕纸", "卫生纸", "草纸")),
            Item("A套餐", "份"),
            Item("B套餐", "份"),
        ]
    )


@pytest.fixture(scope="session")
def parcel() -> Lexicon:
    """A catalogue with one item."""
    return Lexicon([Item("蔬菜包", "份")])


@pytest.fixture(scope="session")
def anything() -> Lexicon:
    """No catalogue: goods are taken as they are written."""
    return Lexicon()
