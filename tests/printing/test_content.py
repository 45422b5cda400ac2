"""Totals, hashes, numbers and order: everything about a sheet that needs no PDF."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from app.printing.centre.workbook import escape_formula, purchase_order_workbook
from app.printing.content import content_hash
from app.printing.kinds import by_key, printable, register
from app.printing.layout.arrange import GridCell, floor_grid, stairwell_list
from app.printing.limits import RenderCancelled, RenderLimits
from app.printing.numbers import ALPHABET, SheetNumber, SheetNumberError, parse_sheet_number
from app.printing.pdf.html import kilograms, yuan
from app.printing.pdf.merge import extract, merge
from app.printing.renderer.engine import render
from app.printing.sheet import ControlTotalMismatch, Totals
from tests.printing import invented

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

NUMBERS = st.builds(
    SheetNumber,
    st.sampled_from(sorted(by_key())),
    st.integers(0, 9999),
    st.integers(0, 30),
    st.integers(0, 99_999),
    st.integers(1, 99),
)


@pytest.mark.parametrize("name", sorted(invented.every_sheet()))
def test_a_sheet_whose_rows_do_not_add_up_is_not_made(name: str) -> None:
    sheet = invented.every_sheet()[name]
    with pytest.raises(ControlTotalMismatch):
        replace(sheet, control=replace(sheet.control, bags=sheet.control.bags + 1))


@pytest.mark.parametrize("name", sorted(invented.every_sheet()))
def test_the_same_context_has_the_same_hash_and_a_change_another(name: str) -> None:
    first, again = invented.every_sheet()[name], invented.every_sheet()[name]
    assert content_hash(first) == content_hash(again)
    assert content_hash(first) != content_hash(replace(first, head=replace(first.head, cycle="别的批次")))


def test_a_context_with_a_fraction_is_refused() -> None:
    with pytest.raises(TypeError):
        content_hash((1, 2.5))


def test_rendering_twice_gives_the_same_bytes() -> None:
    printouts = [invented.stamped(invented.a_drop_off_sheet()), invented.stamped(invented.a_poster())]
    first, _ = render(printouts, RenderLimits(processes=1))
    second, _ = render(printouts, RenderLimits(processes=1))
    assert first == second


def test_progress_counts_to_the_end_and_can_stop_the_render() -> None:
    seen: list[tuple[int, int]] = []
    printouts = [invented.stamped(invented.a_poster())] * 3
    render(printouts, RenderLimits(processes=1, chunk=1), lambda done, total, _pages: seen.append((done, total)))
    assert (seen[0], seen[-1]) == ((0, 3), (3, 3))

    def stop(done: int, _total: int, _pages: int) -> None:
        if done:
            raise RenderCancelled("enough")

    with pytest.raises(RenderCancelled):
        render(printouts, RenderLimits(processes=1, chunk=1), stop)


def test_nothing_to_print_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to print"):
        render([])


def test_pages_are_joined_and_taken_out_again(tmp_path: Path) -> None:
    data, rendered = render([invented.stamped(invented.a_tally()), invented.stamped(invented.a_poster())])
    whole = tmp_path / "whole.pdf"
    whole.write_bytes(data)
    last = rendered.spans[1]
    extract([(whole, last.first, last.pages)], tmp_path / "one.pdf")
    merge([whole, tmp_path / "one.pdf"], tmp_path / "both.pdf")
    extract([(tmp_path / "both.pdf", rendered.pages + 1, 1)], tmp_path / "again.pdf")
    with pytest.raises(ValueError, match="not in the file"):
        extract([(whole, rendered.pages, 2)], tmp_path / "none.pdf")


@given(NUMBERS)
def test_a_sheet_number_survives_typing(number: SheetNumber) -> None:
    assert parse_sheet_number(str(number)) == number
    assert parse_sheet_number(f" {str(number).lower().replace('-', ' ')} ") == number
    assert parse_sheet_number(str(number).replace("-", "－")) == number


@given(NUMBERS, st.integers(0, 40), st.sampled_from(ALPHABET))
def test_one_wrong_character_never_gives_another_sheet(number: SheetNumber, place: int, wrong: str) -> None:
    text = str(number)
    place %= len(text)
    typed = text[:place] + wrong + text[place + 1 :]
    if typed == text or text[place] == "-":
        return
    with pytest.raises(SheetNumberError):
        parse_sheet_number(typed)


@pytest.mark.parametrize("text", ["", "HO", "HO-1", "XX-1-0-1-V1-A", "HO-1-0-1-V0-A", "抽屉", "HO-1-0-1-V1-"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(SheetNumberError):
        parse_sheet_number(text)


def test_the_grid_shows_a_gap_where_there_is_no_door() -> None:
    cells = [("1单元", 2, GridCell("201", 1)), ("1单元", 3, GridCell("302", 2)), ("1单元", 3, GridCell("301", 1))]
    (grid,) = floor_grid(cells)
    assert [[cell.room if cell else "" for cell in floor.cells] for floor in grid.floors] == [
        ["301", "302"],
        ["201", ""],
    ]


def test_free_places_at_the_start_stay_free() -> None:
    pages = list(invented.a_label_run(count=30, start=2).pages())
    assert pages[0][:2] == (None, None)
    assert [len(page) for page in pages] == [24, 8]


@pytest.mark.parametrize(("fen", "shown"), [(0, "0.00"), (5, "0.05"), (-1205, "-12.05"), (123_456, "1234.56")])
def test_money_is_shown_to_the_fen(fen: int, shown: str) -> None:
    assert yuan(fen) == shown


def test_weight_is_rounded_up_for_the_carrier() -> None:
    assert [kilograms(grams) for grams in (0, 1, 1000, 1001)] == ["0.0", "0.1", "1.0", "1.1"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\0=1", "＝1", "＋1", "－1", "＠x"])
def test_text_that_a_spreadsheet_would_run_is_made_inert(text: str) -> None:
    assert escape_formula(text) == f"'{text}"


def test_the_order_workbook_has_all_lines_and_no_formula(tmp_path: Path) -> None:
    sheet = invented.a_purchase_order()
    lines = (replace(sheet.lines[0], item="=cmd|' /C calc'!A0"), *sheet.lines[1:])
    data = purchase_order_workbook(replace(sheet, lines=lines), "PO-1-0-1-V1-X")
    path = tmp_path / "order.xlsx"
    path.write_bytes(data)
    rows = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert rows[5][1] == "'=cmd|' /C calc'!A0"
    assert [row[6] for row in rows[5:-1]] == [line.packs for line in sheet.lines]
    assert rows[-1][9] == sheet.control.amount_fen / 100
    assert purchase_order_workbook(sheet, "x") == purchase_order_workbook(sheet, "x")


def test_totals_start_at_nothing() -> None:
    assert Totals() == Totals(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["3单元", "1单元", "2单元", "5单元"], "1–3单元、5单元"),
        (["2单元", "1单元"], "1、2单元"),
        (["10单元"], "10单元"),
        (["B座", "A座", "1单元"], "1单元、A座、B座"),
        (["1单元", "2门", "3单元"], "1单元、2门、3单元"),
        ([], ""),
    ],
)
def test_runs_of_stairwells_are_drawn_together(names: list[str], shown: str) -> None:
    assert stairwell_list(names) == shown


def test_every_kind_is_registered_with_a_sheet_of_its_name_and_a_template_that_exists() -> None:
    for kind in printable().values():
        assert kind.sheet.kind == kind.key
        assert (TEMPLATES / kind.sheet.template).is_file(), kind.key
        assert kind.prepare is not None


@pytest.mark.parametrize("taken", [{"key": "tally", "code": "ZZ"}, {"key": "new", "code": "TA"}])
def test_a_kind_whose_name_or_letters_are_taken_is_refused(taken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="registered already"):
        register(replace(by_key()["tally"], **taken))
