"""The address resolver on the shapes people type; registers are made here, names are invented or published."""

from __future__ import annotations

import pytest

from app.places.address.rules import AddressReason, AddressScope, Profile, Register, RegisteredHousehold, resolve


def lane_households() -> list[RegisteredHousehold]:
    """A Shanghai lane: house numbers 1–93, rooms 101–1805, no stairwells, one villa, one office building."""
    flats = [
        RegisteredHousehold(f"{b}/{f}{r:02d}", "嘉怡水岸", str(b), "", f"{f}{r:02d}")
        for b in range(1, 94)
        if b != 29
        for f in range(1, 19)
        for r in range(1, 6)
    ]
    return [
        *flats,
        RegisteredHousehold("29/", "嘉怡水岸", "29", "", ""),
        RegisteredHousehold("商务楼/511", "嘉怡水岸", "商务楼", "", "511"),
        RegisteredHousehold("商务楼/907", "嘉怡水岸", "商务楼", "", "907"),
    ]


def garden_households() -> list[RegisteredHousehold]:
    """Buildings 1–12 with stairwells 1–3 and two rooms on 18 floors."""
    return [
        RegisteredHousehold(f"{b}/{s}/{f}{r:02d}", "阳光花园", f"{b}号楼", f"{s}单元", f"{f}{r:02d}")
        for b in range(1, 13)
        for s in (1, 2, 3)
        for f in range(1, 19)
        for r in (1, 2)
    ]


def nested_households() -> list[RegisteredHousehold]:
    return [
        RegisteredHousehold("short", "庆和苑", "3", "2", "501"),
        RegisteredHousehold("long", "南肖埠庆和苑", "3", "2", "501"),
    ]


@pytest.fixture(scope="module")
def lane() -> Register:
    return Register(lane_households(), [Profile("嘉怡水岸", ("紫龙路500弄", "嘉怡水岸·睿府"))])


@pytest.fixture(scope="module")
def garden() -> Register:
    return Register(garden_households())


@pytest.mark.parametrize(
    ("text", "household"),
    [
        ("紫龙路五百弄嘉怡水岸56栋602", "56/602"),
        ("500弄58号902室", "58/902"),
        ("500弄 嘉怡水岸·睿府86号701", "86/701"),
        ("500弄89-1205", "89/1205"),
        ("500弄” 91号1502室", "91/1502"),
        ("500弄29号", "29/"),
        ("紫龙路。500弄。86号。503", "86/503"),
        ("500弄 52-801嘉怡水岸", "52/801"),
        ("紫龙路嘉怡水岸56号楼1202", "56/1202"),
        ("紫龙路5OO弄69号2O1室。", "69/201"),
        ("嘉怡水岸小区52－502", "52/502"),
        ("500弄88–705（嘉怡水岸）", "88/705"),
        ("嘉怡水岸89号1201室（请送到家）", "89/1201"),
        ("500号嘉抬水岸57号701室", "57/701"),
        ("500弄86801", "86/801"),
        ("500号88#1701", "88/1701"),
        ("上海市闵行区上海市闵行区吴泾镇紫龙路500弄12号302", "12/302"),
        ("上海市闵行区吴径紫龙路500弄88–705", "88/705"),
        ("龙吴路5899号511室(嘉怡水岸商务楼)", "商务楼/511"),
        ("龙吴路5899嘉怡水岸商务楼907", "商务楼/907"),
        ("十二号楼三零二", "12/302"),
        ("１２－３０２", "12/302"),
    ],
)
def test_lane_addresses_name_one_household(lane: Register, text: str, household: str) -> None:
    assert resolve(text, lane).household_id == household


@pytest.mark.parametrize(
    ("text", "household"),
    [
        ("3-1-502", "3/1/502"),
        ("3栋1单元502室", "3/1/502"),
        ("三号楼一单元502", "3/1/502"),
        ("3#1-502", "3/1/502"),
        ("3幢 1 单元 5 层 02 号", "3/1/502"),
        ("5号楼2门301", "5/2/301"),
        ("阳光花园3号楼1单元502", "3/1/502"),
    ],
)
def test_stairwell_addresses_name_one_household(garden: Register, text: str, household: str) -> None:
    assert resolve(text, garden).household_id == household


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("13-1-502", AddressReason.UNKNOWN_BUILDING),
        ("3-502", AddressReason.AMBIGUOUS),
        ("3-4-502", AddressReason.UNKNOWN_STAIRWELL),
        ("3-1-2502", AddressReason.UNKNOWN_ROOM),
        ("3栋1单元", AddressReason.NO_ROOM),
        ("502", AddressReason.NO_BUILDING),
        ("月光花园3-1-502", AddressReason.UNKNOWN_PLACE),
        ("新阳光花园3-1-502", AddressReason.LONGER_NAME),
        ("阳光花园二期3-1-502", AddressReason.LONGER_NAME),
        ("居委会", AddressReason.NO_ADDRESS),
        ("3" * 300, AddressReason.TOO_LONG),
    ],
)
def test_what_does_not_fit_is_asked_and_never_guessed(garden: Register, text: str, reason: AddressReason) -> None:
    resolution = resolve(text, garden)
    assert (resolution.household_id, resolution.reason) == (None, reason)


def test_another_lane_than_the_one_of_the_compound_is_asked(lane: Register) -> None:
    assert resolve("紫龙路300弄12号302", lane).reason is AddressReason.LANE_CONFLICT


def test_an_unknown_stairwell_offers_the_same_room_in_the_others(garden: Register) -> None:
    rooms = [household.household_id for household in resolve("3-4-502", garden).candidates]
    assert rooms == ["3/1/502", "3/2/502", "3/3/502"]


def test_digits_with_two_possible_splits_are_asked() -> None:
    register = Register(
        [RegisteredHousehold("a", "甲里", "8", "", "6801"), RegisteredHousehold("b", "甲里", "86", "", "801")]
    )
    assert resolve("86801", register).reason is AddressReason.AMBIGUOUS


def test_the_longer_of_two_nested_compound_names_is_meant() -> None:
    register = Register(
        [
            RegisteredHousehold("short", "庆和苑", "3", "2", "501"),
            RegisteredHousehold("long", "南肖埠庆和苑", "3", "2", "501"),
        ]
    )
    assert resolve("南肖埠庆和苑3-2-501", register).household_id == "long"


def test_the_shorter_name_is_asked_when_the_room_exists_in_both_compounds() -> None:
    register = Register(
        [
            RegisteredHousehold("short", "庆和苑", "3", "2", "501"),
            RegisteredHousehold("long", "南肖埠庆和苑", "3", "2", "501"),
        ]
    )
    resolution = resolve("庆和苑3-2-501", register)
    assert resolution.reason is AddressReason.AMBIGUOUS
    assert {household.household_id for household in resolution.candidates} == {"short", "long"}


def test_two_areas_that_differ_in_their_number_are_not_a_typing_error() -> None:
    register = Register([RegisteredHousehold("three", "景芳三区", "5", "1", "201")])
    assert resolve("景芳一区5-1-201", register).household_id is None


def test_a_compound_with_a_number_in_its_name_is_read_whole() -> None:
    register = Register(
        [RegisteredHousehold("x", "双菱路179号", "5", "1", "502"), RegisteredHousehold("y", "甲里", "1", "", "502")]
    )
    assert resolve("双菱路179号5撞1单元502", register).household_id == "x"


def test_a_room_alone_is_enough_in_a_group_of_one_building(lane: Register) -> None:
    assert resolve("302", lane, AddressScope(building="12")).household_id == "12/302"
    assert resolve("302", lane).household_id is None


def test_an_address_outside_the_scope_is_asked() -> None:
    register = Register(
        [RegisteredHousehold("x", "甲里", "1", "", "101"), RegisteredHousehold("y", "乙里", "1", "", "101")]
    )
    resolution = resolve("乙里1-101", register, AddressScope(("甲里",)))
    assert (resolution.household_id, resolution.reason) == (None, AddressReason.OUT_OF_SCOPE)


def test_a_building_number_with_a_dash_is_one_building() -> None:
    register = Register(
        [RegisteredHousehold("x", "甲里", "3-2幢", "", "501"), RegisteredHousehold("y", "甲里", "3幢", "", "501")]
    )
    assert resolve("3-2幢501", register).household_id == "x"


def test_two_addresses_in_one_text_are_asked(garden: Register) -> None:
    assert resolve("3-1-502 3-1-602", garden).household_id is None


def test_a_slip_in_the_name_counts_only_when_the_lane_agrees() -> None:
    register = Register([RegisteredHousehold("x", "金秋家园", "3", "", "501")], [Profile("金秋家园", ("凯旋路88弄",))])
    assert resolve("88弄金色家园3-501", register).household_id == "x"
    assert resolve("金色家园3-501", register).household_id is None
