"""Nothing leaves its box: cells, labels and pages hold their texts in both languages."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.printing import words
from app.printing.layout.label_fit import width_ems
from app.printing.layout.labels import STOCKS, LabelStock, Margins, layout_problems
from app.printing.limits import RenderLimits
from app.printing.pdf.html import html_of
from app.printing.renderer.engine import render_to_file
from app.printing.sheet import Sheet
from tests.printing.invented import every_sheet, stamped
from tests.printing.invented_residents import for_residents, hostile_labels
from tests.printing.layout import Text, bilingual, texts_of

SHEETS = {name: sheet for name, sheet in {**every_sheet(), **for_residents()}.items() if "label" not in name}
WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">')
MM_IN_A_POINT = 25.4 / 72


def _outside(sheet: Sheet) -> list[Text]:
    return [one for one in texts_of(sheet) if not one.within.holds(one.area, 0.4 if one.kind != "cell" else 0.6)]


@pytest.mark.parametrize("name", sorted(SHEETS))
@pytest.mark.parametrize("is_bilingual", [False, True], ids=["zh", "zh+en"])
def test_every_text_stays_in_its_cell(name: str, is_bilingual: bool) -> None:
    sheet = bilingual(SHEETS[name]) if is_bilingual else SHEETS[name]
    assert [(one.page, one.text, one.kind) for one in _outside(sheet)] == []


@pytest.mark.parametrize("stock", STOCKS.values(), ids=list(STOCKS))
@pytest.mark.parametrize("is_bilingual", [False, True], ids=["zh", "zh+en"])
def test_every_text_of_a_hostile_label_stays_in_its_label(stock: LabelStock, is_bilingual: bool) -> None:
    found = list(texts_of(hostile_labels(stock, is_bilingual)))
    assert {one.kind for one in found} == {"label"}
    assert [(one.page, one.text) for one in found if not one.within.holds(one.area)] == []


@pytest.mark.parametrize("stock", STOCKS.values(), ids=list(STOCKS))
def test_texts_of_a_label_do_not_cover_each_other(stock: LabelStock) -> None:
    by_label: dict[tuple[int, float, float], list[Text]] = {}
    for one in texts_of(hostile_labels(stock)):
        by_label.setdefault((one.page, one.within.left, one.within.top), []).append(one)
    covered = [
        (first.text, second.text)
        for own in by_label.values()
        for at, first in enumerate(own)
        for second in own[at + 1 :]
        if min(first.area.right, second.area.right) - max(first.area.left, second.area.left) > 0.3
        and min(first.area.bottom, second.area.bottom) - max(first.area.top, second.area.top) > 0.6
    ]
    assert covered == []


def _words_on_paper(path: Path) -> list[list[tuple[float, ...]]]:
    """The boxes of all words in millimetres, page by page, as pdftotext sees them."""
    out = subprocess.run(["pdftotext", "-bbox", str(path), "-"], check=True, capture_output=True).stdout.decode()
    pages = out.split("<page ")[1:]
    return [[tuple(float(part) * MM_IN_A_POINT for part in found) for found in WORD.findall(page)] for page in pages]


@pytest.mark.parametrize("stock", STOCKS.values(), ids=list(STOCKS))
def test_every_word_of_the_printed_file_lies_in_one_label(stock: LabelStock, tmp_path: Path) -> None:
    adjusted = stock.adjusted(Margins(stock.margin_top_dmm + 5, stock.margin_left_dmm + 5, stock.gap_dmm, 0))
    render_to_file([stamped(hostile_labels(adjusted))], tmp_path / "x.pdf", RenderLimits(processes=1))
    lefts, tops = adjusted.lefts_dmm(), adjusted.tops_dmm()
    for page in _words_on_paper(tmp_path / "x.pdf"):
        assert page
        for left, top, right, bottom in page:
            columns = [at for at in lefts if left >= at / 10 and right <= (at + stock.width_dmm) / 10]
            rows = [at for at in tops if top >= at / 10 - 1 and bottom <= (at + stock.height_dmm) / 10 + 1]
            assert len(columns) == len(rows) == 1, (left, top, right, bottom)


def test_the_measure_of_a_text_is_never_below_what_is_drawn() -> None:
    drawn = [one for one in texts_of(hostile_labels(STOCKS["roll-80x60"])) if one.text.isalpha()]
    assert drawn
    for one in drawn:
        assert one.area.right - one.area.left <= width_ems(one.text) / 1000 * (one.area.bottom - one.area.top) + 0.01, (
            one.text
        )


@pytest.mark.parametrize("stock", STOCKS.values(), ids=list(STOCKS))
def test_the_papers_fit_as_they_come_and_a_wide_gap_is_refused_in_chinese(stock: LabelStock) -> None:
    assert layout_problems(stock) == {}
    if not stock.is_roll:
        wide = stock.adjusted(Margins(stock.margin_top_dmm, stock.margin_left_dmm, 160, 60))
        assert set(layout_problems(wide)) == {"left", "top"}
        assert all("毫米" in sentence.zh for sentence in layout_problems(wide).values())


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_a_bilingual_sheet_says_every_word_in_english_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[str] = Counter()
    known = words.english()

    class Watched(dict[str, str]):
        def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
            asked[key] += 0 if key in known else 1
            return known.get(key, default)

    monkeypatch.setattr(words, "english", lambda: Watched())
    assert "<em>" in html_of(stamped(bilingual(SHEETS[name])))
    assert sorted(word for word, missing in asked.items() if missing) == []


def test_the_chinese_sheet_has_no_english() -> None:
    for name, sheet in SHEETS.items():
        assert "<em>" not in html_of(stamped(sheet)), name


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("", None),
        ("口罩手套", "Mask and gloves"),
        ("11月22日 20:00", "22 Nov 20:00"),
        ("3月5日", "5 Mar"),
        ("11月22日 上午", None),
        ("楼下快递架", None),
        ("100%(x)s", None),
    ],
)
def test_a_text_of_a_row_has_its_english_where_the_catalogue_or_the_calendar_has_it(text: str, en: str | None) -> None:
    assert words.in_english(text) == en
    assert words.row_text_filter(is_bilingual=True)(text) == (text if en is None else f"{text} <em>{en}</em>")
    assert words.row_text_filter(is_bilingual=False)(text) == text


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_a_bilingual_sheet_without_its_optional_texts_says_nothing_in_their_place(name: str) -> None:
    """An empty text is not looked up: the catalogue has its own head under it."""
    html = html_of(stamped(bilingual(emptied(SHEETS[name]))))
    assert "<em></em>" not in html
    assert not re.search("Project-Id|Content-Type:|Generated-By", html)


OPTIONAL = {"zone", "window", "hint", "gate", "hand_to", "decision", "reason", "note", "ppe", "vehicle", "captain"}


def emptied(value: Any) -> Any:
    """The same sheet with nothing in the fields that may be empty, however deep."""
    if isinstance(value, tuple):
        return tuple(emptied(part) for part in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    held = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    return dataclasses.replace(
        value, **{name: "" if name in OPTIONAL else emptied(part) for name, part in held.items() if name != "sketch"}
    )
