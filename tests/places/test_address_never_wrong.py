"""Thousands of generated addresses, right and wrong: what the register does not hold is never made to fit."""

from __future__ import annotations

import random

import pytest

from app.places.address.rules import Register, RegisteredHousehold, resolve

SIZES = {
    "庆和苑": 3,
    "南肖埠庆和苑": 5,
    "景芳一区": 4,
    "景芳三区": 6,
    "双菱路179号": 2,
    "绿地华家池1号": 3,
    "三新家园": 4,
    "三新家园东区": 2,
    "商宇·青春都市公寓": 3,
    "保利中央公馆": 7,
    "凯旋路168号": 1,
}
STRANGERS = (
    "新世纪花园 景芳二区 南肖埠文景苑 三新家园西区 双菱路181号 绿地华家池2号 景芳新五区 保利东湾 采荷嘉业 凯旋路170号"
).split()
STRANGERS += "滨江庆和苑 庆春苑 金秋花园 闸弄口新村 三新银座 大润城 火电宿舍 严家弄".split()
SHAPES = (
    "{n}{b}-{s}-{r}",
    "{n}{b}幢{s}单元{r}室",
    "{n} {b}号楼 {s}单元 {r}",
    "{b}幢{s}单元{r}（{n}）",
    "{n}{b}栋{s}单元{r}",
    "浙江省杭州市上城区{n}{b}-{s}-{r}",
    "{n}，{b}-{s}-{r}",
    "{b}-{s}-{r} {n}",
    "凯旋街道{n}{b}幢{s}-{r}",
)


@pytest.fixture(scope="module")
def households() -> list[RegisteredHousehold]:
    return [
        RegisteredHousehold(f"{name}|{b}|{s}|{floor}0{room}", name, str(b), str(s), f"{floor}0{room}")
        for name, size in SIZES.items()
        for b in range(1, size + 1)
        for s in (1, 2, 3)
        for floor in range(1, 7)
        for room in (1, 2)
    ]


def written(name: str, household: RegisteredHousehold, chance: random.Random) -> str:
    shape = chance.choice(SHAPES)
    return shape.format(n=name, b=household.building, s=household.stairwell, r=household.room)


@pytest.mark.parametrize("seed", range(3))
def test_an_address_is_its_own_household_or_is_asked(households: list[RegisteredHousehold], seed: int) -> None:
    register, chance = Register(households), random.Random(seed)
    named = 0
    for household in chance.choices(households, k=600):
        text = written(household.compound, household, chance)
        found = resolve(text, register).household_id
        assert found in (household.household_id, None), text
        named += found is not None
    assert named > 500


@pytest.mark.parametrize("seed", range(3))
def test_a_place_that_the_register_does_not_have_is_never_another(
    households: list[RegisteredHousehold], seed: int
) -> None:
    register, chance = Register(households), random.Random(seed)
    for household in chance.choices(households, k=600):
        text = written(chance.choice(STRANGERS), household, chance)
        assert resolve(text, register).household_id is None, text


@pytest.mark.parametrize("seed", range(3))
def test_rooms_stairwells_and_buildings_that_do_not_exist_are_never_made_to_fit(seed: int) -> None:
    flats = [
        RegisteredHousehold(f"{b}/{s}/{f}{r:02d}", "阳光花园", f"{b}号楼", f"{s}单元", f"{f}{r:02d}")
        for b in range(1, 13)
        for s in (1, 2, 3)
        for f in range(1, 19)
        for r in (1, 2)
    ]
    register, chance = Register(flats), random.Random(seed)
    for _ in range(600):
        b, s, r = chance.randint(1, 12), chance.randint(1, 3), f"{chance.randint(1, 18)}0{chance.randint(1, 2)}"
        wrong = chance.choice(["building", "stairwell", "room"])
        b = chance.choice([13, 99, 112]) if wrong == "building" else b
        s = chance.choice([4, 5, 9]) if wrong == "stairwell" else s
        r = chance.choice(["1902", "103", "2501", "1003"]) if wrong == "room" else r
        shape = chance.choice(
            ["{b}-{s}-{r}", "{b}栋{s}单元{r}", "{b}号楼{s}门{r}", "阳光花园{b}幢{s}-{r}", "{b} {s} {r}"]
        )
        text = shape.format(b=b, s=s, r=r)
        assert resolve(text, register).household_id is None, text


@pytest.mark.parametrize("text", ["11栋1201", "11-1201", "11号楼1201室"])
def test_a_flat_without_its_stairwell_is_asked_where_its_digits_hold_another(text: str) -> None:
    both = [
        RegisteredHousehold("a", "和平里", "11", "12", "1201"),
        RegisteredHousehold("b", "和平里", "11", "1", "201"),
    ]
    asked = resolve(text, Register(both))
    assert asked.household is None
    assert {household.household_id for household in asked.candidates} == {"a", "b"}
    alone = resolve(text, Register(both[:1]))
    assert alone.household is not None
    assert alone.household.household_id == "a"


def test_a_stairwell_is_not_taken_for_a_building_where_the_digits_hold_both() -> None:
    homes = [RegisteredHousehold("a", "和平里", "32", "", "201"), RegisteredHousehold("b", "和平里", "3", "2", "201")]
    assert resolve("32单元201", Register(homes)).household is None
    other = RegisteredHousehold("c", "和平里", "5", "", "201")
    assert resolve("32单元201", Register([homes[0], other])).household == homes[0]
