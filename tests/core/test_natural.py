"""The order of labels on every sheet."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text.natural import natural_key
from tests import sample_data


@pytest.mark.parametrize(
    "ordered",
    [
        ["1号楼", "2号楼", "3号楼", "10号楼", "11号楼", "100号楼"],
        ["一号楼", "2号楼", "三号楼", "十号楼", "十一号楼", "二十号楼", "一百零三号楼"],
        ["12-1单元-302", "12-1单元-3302", "12-2单元-101", "12-10单元-101"],
        ["A1栋", "A2栋", "A10栋", "B1栋"],
        ["9#", "10#", "商务楼", "居委会"],
        ["2幢", "12幢", "102幢"],
        ["甲", "乙", "丙", "丁"],
        ["1幢", "甲座", "乙座", "癸座"],
        ["甲-101", "甲-1001", "乙-101"],
    ],
)
def test_labels_sort_as_people_count(ordered: list[str]) -> None:
    shuffled = list(ordered)
    random.Random(5).shuffle(shuffled)
    assert sorted(shuffled, key=natural_key) == ordered


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12-1单元-3302", "12号楼1单元3302室"),
        ("12-1-3302", "１２－１－３３０２"),
        ("十二幢一单元302室", "12幢1单元302"),
        ("500弄02号", "500弄2号"),
    ],
)
def test_two_ways_to_write_one_place_sort_as_equals(one: str, other: str) -> None:
    assert natural_key(one) == natural_key(other)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_compare_as_numbers_whatever_their_length(a: int, b: int) -> None:
    assert (natural_key(f"{a}号楼") < natural_key(f"{b}号楼")) == (a < b)


@given(st.text(max_size=60))
def test_any_text_has_a_key_and_the_key_does_not_depend_on_the_moment(text: str) -> None:
    assert natural_key(text) == natural_key(text)
    assert isinstance(natural_key(text), str)


@pytest.mark.parametrize(("data", "names"), sample_data.both(("林下村", "林下村"), ("林山寨村", "林山寨")))
def test_building_numbers_of_a_compound_come_in_counting_order(data: Path, names: tuple[str, str]) -> None:
    compound, written = names
    with (data / "geo/real_building_strings.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["compound"]: row["building_strings"].split("|") for row in csv.DictReader(file)}
    assert sorted(rows[compound], key=natural_key) == [f"{written}{number}号楼" for number in range(1, 11)]
