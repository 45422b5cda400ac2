"""What makes printing fast changes nothing on paper, and what dies is done again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pytest
from weasyprint import HTML

from app.printing.layout.picture import split
from app.printing.limits import RenderCancelled, RenderLimits
from app.printing.pdf import render as pdf_render
from app.printing.pdf.html import html_of
from app.printing.renderer import engine, warm_pool
from app.printing.renderer.chunk_cache import Shelf
from app.printing.renderer.process import RenderProcess
from tests.printing import invented
from tests.printing.conftest import text_of
from tests.printing.invented_residents import for_residents

ONE = RenderLimits(processes=1)


@pytest.fixture
def as_it_comes() -> Iterator[None]:
    for part in pdf_render.FASTER:
        part.uninstall()
    yield
    for part in pdf_render.FASTER:
        part.install()


@pytest.mark.parametrize("name", ["drop_off_sheet", "exception_list", "hand_out_list", "labels_a4-3x8", "tally"])
def test_text_measured_once_gives_the_same_bytes(name: str) -> None:
    html = [html_of(invented.stamped(invented.every_sheet()[name]))]
    fast = pdf_render.render_chunk(html, 50).pdf
    pdf_render.text.uninstall()
    try:
        assert pdf_render.render_chunk(html, 50).pdf == fast
    finally:
        pdf_render.text.install()


def test_pages_and_boxes_are_the_same_without_what_makes_it_fast(as_it_comes: None) -> None:
    html = [html_of(invented.stamped(invented.a_route_sheet()))]
    slow = pdf_render.render_chunk(html, 50)
    for part in pdf_render.FASTER:
        part.install()
    fast = pdf_render.render_chunk(html, 50)
    assert (slow.pages, slow.boxes) == (fast.pages, fast.boxes)


def _content(pdf_bytes: bytes) -> list[bytes]:
    with pikepdf.open(BytesIO(pdf_bytes)) as found:
        return [page.Contents.read_bytes() for page in found.pages]


@pytest.mark.parametrize("name", sorted({**invented.every_sheet(), **for_residents()}))
def test_a_sheet_read_as_xml_with_our_own_base_is_the_page_that_a_browser_base_gives(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = [html_of(invented.stamped({**invented.every_sheet(), **for_residents()}[name]))]
    assert ElementTree.fromstring(split(html[0])[1].lstrip()).tag == "html", "every template is well-formed"
    lean = pdf_render.render_chunk(html, 50)

    def as_web_page(sheet: str, url_fetcher: pdf_render.AssetFetcher, _base: object) -> HTML:
        return HTML(string=sheet, url_fetcher=url_fetcher, media_type="print")

    monkeypatch.setattr(pdf_render, "SheetHtml", as_web_page)
    assert _content(pdf_render.render_chunk(html, 50).pdf) == _content(lean.pdf)


def test_sheets_of_a_kind_share_their_styles() -> None:
    pdf_render.styles.forget()
    pdf_render.render_chunk([html_of(printout) for printout in _letters(1)], 50)
    known = len(pdf_render.styles._styles)
    pdf_render.render_chunk([html_of(printout) for printout in _letters(4)], 50)
    assert known == len(pdf_render.styles._styles) > 0


def _letters(count: int) -> list[engine.Printout]:
    return [invented.stamped(invented.a_poster(), subject=number) for number in range(1, count + 1)]


def test_a_render_process_killed_in_the_middle_is_replaced_and_the_document_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    ask = RenderProcess._ask

    def dying(self: RenderProcess, line: str) -> object:
        answer_to = (
            ask(self, '{"html": ["<p>x"], "pages": 5, "seconds": 60, "out": "/dev/null"}') if not killed else None
        )
        if answer_to is not None and self.pid is not None:
            killed.append(self.pid)
            os.kill(self.pid, signal.SIGKILL)
        return ask(self, line)

    monkeypatch.setattr(RenderProcess, "_ask", dying)
    warm_pool.stop_all()
    printouts = _letters(3)
    done = engine.render_to_file(printouts, tmp_path / "x.pdf", RenderLimits(processes=1, chunk=1))
    assert len(killed) == 1
    assert [span.pages for span in done.spans] == [1, 1, 1]
    for printout, span in zip(printouts, done.spans, strict=True):
        assert str(printout.stamp.number) in text_of(tmp_path / "x.pdf", span)


def test_a_print_that_was_cut_short_takes_finished_chunks_from_the_shelf(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, printouts = Shelf(tmp_path / "shelf"), _letters(3)
    limits = RenderLimits(processes=1, chunk=1)
    first = engine.render_to_file(printouts[:2], tmp_path / "a.pdf", limits, shelf=shelf)
    rendered: list[int] = []
    render = RenderProcess.render

    def counted(self: RenderProcess, html: list[str], out: Path) -> object:
        rendered.append(len(html))
        return render(self, html, out)

    monkeypatch.setattr(RenderProcess, "render", counted)
    again = engine.render_to_file(printouts, tmp_path / "b.pdf", limits, shelf=shelf)
    assert rendered == [1], "two of three chunks lay on the shelf"
    assert again.spans[:2] == first.spans
    engine.render_to_file(printouts, tmp_path / "c.pdf", limits, shelf=shelf)
    assert (tmp_path / "b.pdf").read_bytes() == (tmp_path / "c.pdf").read_bytes()


def test_progress_is_told_while_one_chunk_takes_long_and_while_the_parts_are_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engine._BEAT_SECONDS <= 2
    monkeypatch.setattr(engine, "_BEAT_SECONDS", 0.02)
    heard: list[int] = []
    during: dict[str, int] = {}

    def slowly(name: str, work: Callable[..., object]) -> Callable[..., object]:
        def slow(*args: object) -> object:
            before = len(heard)
            deadline = time.monotonic() + 20
            while len(heard) < before + 3 and time.monotonic() < deadline:
                time.sleep(0.02)
            during[name] = len(heard) - before
            return work(*args)

        return slow

    monkeypatch.setattr(engine, "merge", slowly("joining", engine.merge))
    monkeypatch.setattr(RenderProcess, "render", slowly("rendering", RenderProcess.render))
    engine.render_to_file(_letters(1), tmp_path / "x.pdf", ONE, lambda done, _total, _pages: heard.append(done))
    assert min(during.values()) >= 3
    assert set(during) == {"rendering", "joining"}


def test_a_print_that_is_stopped_while_its_parts_are_joined_leaves_no_file(tmp_path: Path) -> None:
    def stop(done: int, _total: int, pages: int) -> None:
        if done and pages:
            raise RenderCancelled("enough")

    with pytest.raises(RenderCancelled):
        engine.render_to_file(_letters(1), tmp_path / "x.pdf", ONE, stop)
    assert list(tmp_path.iterdir()) == []


def test_the_shelf_keeps_within_its_size_and_age(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    engine.render_to_file(_letters(3), tmp_path / "x.pdf", RenderLimits(processes=1, chunk=1), shelf=shelf)
    assert len(list(tmp_path.glob("*.json"))) == 3
    one = max(path.stat().st_size + path.with_suffix(".pdf").stat().st_size for path in tmp_path.glob("*.json"))
    assert 0 < shelf.tidy(keep_bytes=2 * one) <= 2 * one
    assert len(list(tmp_path.glob("*.json"))) == 2
    assert shelf.tidy(keep_seconds=-1) == 0
    assert not list(tmp_path.glob("*.json"))


def test_small_prints_use_the_process_that_is_kept_warm_and_large_ones_leave_it() -> None:
    warm_pool.stop_all()
    warm_pool.keep_warm()
    try:
        large = warm_pool.borrow(RenderLimits(processes=2))
        assert not large.is_alive
        small = warm_pool.borrow(ONE)
        assert small.is_alive
        warm_pool.give_back(small)
        assert warm_pool.borrow(ONE) is small
        small.stop()
    finally:
        warm_pool.stop_all()
