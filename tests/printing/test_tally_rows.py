"""Rows of a tally are drawn, its head and its sums are set: the two fit together, and every name is whole."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from app.printing.layout.picture import Picture, split, width_mm
from app.printing.limits import RenderLimits
from app.printing.pdf.drawings_tally import NAME_MM, tally_pictures
from app.printing.pdf.html import html_of
from app.printing.renderer.engine import render_to_file
from app.printing.sheet import SheetItem, Totals
from app.printing.sheets.tally import TallyRow, TallySheet
from tests.printing import invented

LONG_NAMES = (
    "桂花苑北区（一期） 12号楼",
    "凯旋路街道景芳三区西门第十二居委会自建公寓（原食品厂宿舍） 110号楼甲",
    "Riverside-Gardens-International-Apartments Block 1234",
    "景芳三区十一二幢",
    "GARDENWESTINTERNATIONALRESIDENCE 7",
)


def _tally(names: tuple[str, ...], columns: int, is_changed: bool = False) -> TallySheet:
    """Each number on it is there once: the row in hundreds, the column in ones."""
    items = tuple(SheetItem(number, f"货{number}", "", "份") for number in range(1, columns + 1))
    rows = tuple(
        TallyRow(name, 7000 + at, tuple(100 * at + column for column in range(columns)), is_changed)
        for at, name in enumerate(names, start=1)
    )
    cells = [qty for row in rows for qty in row.qtys if qty]
    total = Totals(lines=len(cells), units=sum(cells))
    return replace(invented.a_tally(), control=total, items=items, rows=rows, roll_call=())


def _drawn(sheet: TallySheet) -> list[Picture]:
    return list(tally_pictures(sheet, next(sheet.blocks()), True, "改"))


def _middles(path: Path) -> dict[str, list[float]]:
    """Word of the file → its middles across the page in points."""
    printed = subprocess.run(["pdftotext", "-bbox", str(path), "-"], check=True, capture_output=True).stdout.decode()
    found: dict[str, list[float]] = defaultdict(list)
    for left, right, word in re.findall(
        r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="([\d.]+)" yMax="[\d.]+">([^<]*)</word>', printed
    ):
        found[word].append((float(left) + float(right)) / 2)
    return found


@pytest.mark.parametrize("columns", [1, 14, 20])
def test_the_numbers_of_a_tally_stand_below_their_heads_and_above_their_sums(columns: int, tmp_path: Path) -> None:
    sheet = _tally(("1幢", "2幢", "3幢"), columns)
    render_to_file([invented.stamped(sheet)], tmp_path / "x.pdf", RenderLimits(processes=1))
    at = _middles(tmp_path / "x.pdf")
    in_line = [[str(7000 + row) for row in (1, 2, 3)] + ["户数", str(sheet.households)]]
    in_line += [[str(100 * row + column) for row in (1, 2, 3)] + [f"货{column + 1}"] for column in range(columns)]
    in_line += [[str(100 + column), str(600 + 3 * column)] for column in range(columns)]
    in_line += [[str(row.units) for row in sheet.rows] + [str(sheet.control.units)]]
    for first, *others in in_line:
        for other in others:
            apart = min(abs(mine - theirs) for mine in at[first] for theirs in at[other])
            assert apart < 0.5, f"{first} and {other} are {apart} points out of line"


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_long_name_is_broken_between_its_words_and_never_reaches_the_next_column_or_the_tag(is_changed: bool) -> None:
    for name, drawn in zip(LONG_NAMES, _drawn(_tally(LONG_NAMES, 3, is_changed)), strict=True):
        lines = [one for one in drawn.strokes if one[0] == "t" and one[1] < NAME_MM]
        words = [str(one[4]) for one in lines]
        assert "".join(words).replace(" ", "") == name.replace(" ", "")
        assert all(re.search(rf"(?<!\d){number}(?!\d)", "\n".join(words)) for number in re.findall(r"\d+", name))
        assert not any(line[0] in "）-" or line[-1] == "（" for line in words)
        assert all(one[1] + one[3] <= NAME_MM for one in lines)
        assert all(width_mm("".join(one[4].split()), 11) <= one[3] + 0.01 for one in lines), "no line is set smaller"
        assert all(3 < one[2] < drawn.height for one in lines)
        assert [after[2] - before[2] for before, after in pairwise(lines)] == [
            pytest.approx(4.85, abs=0.01) for _line in lines[1:]
        ]
        marks = [one for one in drawn.strokes if one[0] == "m"]
        assert len(marks) == is_changed
        for mark in marks:
            assert lines[-1][1] + lines[-1][3] < mark[1], "the tag stands behind the name"
            assert mark[1] + mark[3] <= NAME_MM


def test_a_blank_tally_has_high_rows_and_no_number() -> None:
    filled = _tally(("1幢", "2幢", "3幢", "4幢", "5幢"), 4)
    empty = tuple(replace(row, households=None, qtys=(None,) * 4) for row in filled.rows)
    blank = replace(filled, control=Totals(), rows=empty, is_blank=True)
    drawn = list(tally_pictures(blank, next(blank.blocks()), False, "改"))
    assert [[one[4] for one in picture.strokes if one[0] == "t"] for picture in drawn] == [
        [row.building] for row in empty
    ]
    assert [picture.height for picture in drawn] == [pytest.approx(8.71, abs=0.01)] * 5


def test_every_fifth_rule_of_a_tally_is_thicker() -> None:
    names = tuple(f"{number}幢" for number in range(1, 12))
    thickness = [picture.strokes[-1][4] for picture in _drawn(_tally(names, 3))]
    assert [at for at, thick in enumerate(thickness, start=1) if thick > min(thickness)] == [5, 10]


def test_a_building_of_a_tally_is_one_box_of_the_layout_in_each_table() -> None:
    html = split(html_of(invented.stamped(_tally(tuple(f"{number}幢" for number in range(1, 41)), 60))))[1]
    assert html.count('<td class="pic"') == 40 * 4, "the kit keeps its time only so"
