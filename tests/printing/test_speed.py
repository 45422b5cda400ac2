"""What makes printing fast changes nothing on paper, and what dies is done again."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pikepdf
import pytest
from flask import Flask

from app.printing.centre.jobs import quick_limits
from app.printing.layout.picture import split
from app.printing.limits import RenderCancelled, RenderLimits
from app.printing.pdf import marks, release
from app.printing.pdf import render as pdf_render
from app.printing.pdf.html import html_of
from app.printing.pdf.patches import styles, switch, text
from app.printing.renderer import engine, warm_pool
from app.printing.renderer.chunk_cache import Shelf
from app.printing.renderer.process import RenderProcess
from tests.printing import invented
from tests.printing.conftest import text_of
from tests.printing.invented_residents import for_residents

ONE = RenderLimits(processes=1)


EVERY_SHEET = {**invented.every_sheet(), **for_residents()}


@pytest.fixture
def patched() -> Iterator[None]:
    """The patches of the engine in this process, as a render process has them."""
    assert switch.install(), "the release of the requirements is the one that the patches were written for"
    yield
    switch.uninstall()


@cache
def _html(name: str) -> str:
    return html_of(invented.stamped(EVERY_SHEET[name]))


@cache
def _slowly(name: str) -> pdf_render.ChunkPdf:
    """The sheet as the engine makes it, the patches left out."""
    switch.uninstall()
    return pdf_render.render_chunk([_html(name)], 50)


@pytest.mark.parametrize("name", sorted(EVERY_SHEET))
def test_the_bytes_and_the_boxes_of_a_sheet_are_the_same_with_and_without_the_patches(name: str, patched: None) -> None:
    assert pdf_render.render_chunk([_html(name)], 50) == _slowly(name)


def test_a_render_process_that_is_told_to_leave_out_the_patches_gives_the_same_bytes(tmp_path: Path) -> None:
    html = [html_of(printout) for printout in _letters(2)]
    for is_fast in (True, False):
        with RenderProcess(RenderLimits(is_fast=is_fast)) as process:
            process.render(html, tmp_path / f"{is_fast}.pdf")
    assert (tmp_path / "True.pdf").read_bytes() == (tmp_path / "False.pdf").read_bytes()


def test_a_print_job_takes_the_setting_that_switches_the_patches_off(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert quick_limits().is_fast
    slow = replace(app.extensions["louda_settings"], is_print_fast=False)
    monkeypatch.setitem(app.extensions, "louda_settings", slow)
    assert not quick_limits().is_fast


@pytest.fixture
def another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the installed WeasyPrint were one that nothing here was tried with."""
    monkeypatch.setattr(release, "installed_release", lambda: "69.0")


def test_no_patch_is_put_into_another_release(another_release: None) -> None:
    assert not switch.install()
    assert not text.is_installed()


def _words(pdf: bytes, folder: Path) -> Counter[str]:
    """Every character on paper: where a row is drawn otherwise, readers may find its columns in another order."""
    path = folder / "sheet.pdf"
    path.write_bytes(pdf)
    with pikepdf.open(path) as found:
        pages = len(found.pages)
    return Counter("".join(text_of(path, engine.PageSpan(1, pages)).split()))


@pytest.mark.parametrize("name", sorted(EVERY_SHEET))
def test_every_sheet_is_printed_with_another_release_of_the_engine(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = _slowly(name)
    monkeypatch.setattr(release, "installed_release", lambda: "69.0")
    other = pdf_render.render_chunk([_html(name)], 50)
    assert (other.pages, other.boxes, other.missing) == (usual.pages, usual.boxes, usual.missing)
    assert _words(other.pdf, tmp_path) == _words(usual.pdf, tmp_path)


def test_pages_that_tell_nothing_of_their_layout_have_no_boxes_and_are_printed() -> None:
    assert marks.boxes_of([object()], {}) == []


@pytest.mark.parametrize("name", sorted(EVERY_SHEET))
def test_every_template_is_well_formed_xml_so_that_it_can_be_read_the_fast_way(name: str) -> None:
    assert ElementTree.fromstring(split(_html(name))[1].lstrip()).tag == "html"


def test_sheets_of_a_kind_share_their_styles(patched: None) -> None:
    styles.forget()
    pdf_render.render_chunk([html_of(printout) for printout in _letters(1)], 50)
    known = styles.remembered()
    pdf_render.render_chunk([html_of(printout) for printout in _letters(4)], 50)
    assert known == styles.remembered() > 0


def _letters(count: int) -> list[engine.Printout]:
    return [invented.stamped(invented.a_poster(), subject=number) for number in range(1, count + 1)]


def test_a_render_process_killed_in_the_middle_is_replaced_and_the_document_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []
    render = RenderProcess.render

    def dying(self: RenderProcess, html: list[str], out: Path) -> object:
        if not killed:
            render(self, html, out)  # so that there is a child to kill
            assert self.pid is not None
            killed.append(self.pid)
            os.kill(self.pid, signal.SIGKILL)
        return render(self, html, out)

    monkeypatch.setattr(RenderProcess, "render", dying)
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
    assert engine.BEAT_SECONDS <= 2
    monkeypatch.setattr(engine, "BEAT_SECONDS", 0.02)
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
