"""Names are found by whole pinyin, initials, and what people type between the two."""

from __future__ import annotations

import pytest

from app.core.text.pinyin import MOST_SPELLINGS, is_spelled, spellings


@pytest.mark.parametrize("typed", ["q", "qc", "qing", "qingc", "qcai", "qingcai", "cai", "c"])
def test_a_name_is_found_by_every_way_people_shorten(typed: str) -> None:
    assert any(is_spelled(typed, one) for one in spellings("青菜"))


@pytest.mark.parametrize("typed", ["ingcai", "ai", "qx", "qingcaix", "qcc"])
def test_a_name_is_not_found_from_inside_a_syllable_or_by_too_much(typed: str) -> None:
    assert not any(is_spelled(typed, one) for one in spellings("青菜"))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("长豆角", "cdj"),
        ("长豆角", "changdoujiao"),
        ("重庆小面", "cqxm"),
        ("绿豆", "lvdou"),
        ("绿豆", "ludou"),
        ("A4纸", "a4z"),
    ],
)
def test_characters_with_several_readings_are_found_by_each(name: str, typed: str) -> None:
    assert any(is_spelled(typed, one) for one in spellings(name))


def test_a_long_name_of_many_readings_stays_short() -> None:
    assert len(spellings("长重行乐" * 20)) <= MOST_SPELLINGS
    assert spellings("milk") == ()
