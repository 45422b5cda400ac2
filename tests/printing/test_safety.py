"""Text is data, and the renderer fetches nothing but the project's own assets."""

import dataclasses
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from weasyprint.urls import FatalURLFetchingError

from app.printing.layout.qr import qr_url
from app.printing.limits import ForbiddenFetch, RenderCrashed, RenderLimits, RenderTimeout, RenderTooLarge
from app.printing.pdf.render import AssetFetcher, render_chunk
from app.printing.renderer.engine import PageSpan, render_to_file
from app.printing.renderer.process import RenderProcess
from app.printing.sheet import SheetHead, Totals
from app.printing.sheets.supply.shortage_list import ShortageList, ShortBuilding, ShortRow
from tests.printing.conftest import text_of
from tests.printing.invented import every_sheet, stamped

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<iframe src=file:///etc/passwd>",
    "<link rel=attachment href=file:///etc/passwd>",
    "<style>*{display:none}</style>",
    "</td></table><h1>x</h1>",
    "{{ 7*7 }}",
    "{% raw %}x",
    "${7*7}",
    "&lt;b&gt;",
    "<!-- gone -->",
    "=HYPERLINK(1)",
    "%(name)s %s %n",
    "<a href=javascript:x>y</a>",
    "javascript:alert(1)",
    "<object data=file:///etc/passwd>",
    "url(file:///etc/passwd)",
    "@import 'http://example.com/x';",
    "]]><x>",
    "</style><script>x</script>",
    "<base href=//e.example>",
    "<meta http-equiv=refresh content=0>",
    "<math><mtext></mtext></math>",
    "<template><b>x</b></template>",
    "<details open ontoggle=x>",
    "<video src=x onerror=y>",
    "<input autofocus onfocus=x>",
    "<marquee>x</marquee>",
    "<table><tr><td colspan=99>",
    "<img src=louda-qr:x>",
    "<img src=louda-paint:0>",
    "louda-asset:sheets.css",
    "<svg><use href=file:///etc/passwd>",
    "<svg><image href=http://127.0.0.1/>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE x [<!ENTITY e 'y'>]>",
    "&e;&#x3c;&#60;&nbsp;",
    "<![CDATA[x]]>",
    "style=width:expression(1)",
    "}*{display:none}",
    "@page{size:1mm}",
    "content:attr(x)",
    "string-set:number'x'",
    "background:url(//e.example/x)",
    "{{ config }}",
    "{{ stamp.__class__ }}",
    "{%- include 'x' -%}",
    "{# gone #}",
    "#{7*7}<%= 7 %>",
    "+cmd|' /C calc'!A0",
    "-1+1|x",
    "@SUM(1)",
    "＝1＋1",
    "'; DROP TABLE bag;--",
    "../../etc/passwd",
    "$(id)`id`",
    "%0a%0dx",
    "\\u003cb\\u003e",
    "(x) Tj ET Q",
)


def _with_text(value: Any, text: str) -> Any:
    """The same sheet with another text in every free field, however deep."""
    if isinstance(value, tuple):
        return tuple(_with_text(part, text) for part in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    changes = {}
    for one in dataclasses.fields(value):
        held = getattr(value, one.name)
        is_free = isinstance(held, str) and one.name in FREE
        changes[one.name] = text if is_free else _with_text(held, text) if one.name not in ("stock", "sketch") else held
    return dataclasses.replace(value, **changes)


# Free text of each kind that has a line of its own wide enough for any payload.
FREE = {"cycle", "note", "door_note", "sentence", "remark", "reason", "hint", "scope"}
KINDS = [name for name in every_sheet() if not name.startswith(("labels", "poster"))]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Kind → what is printed when every free field holds every payload."""
    path, sheets = tmp_path_factory.mktemp("attack") / "x.pdf", every_sheet()
    joined = " ".join(PAYLOADS)
    chosen = [stamped(dataclasses.replace(sheets[name], head=_with_text(sheets[name].head, joined))) for name in KINDS]
    rendered = render_to_file(chosen, path, RenderLimits(processes=1))
    return {name: _in_reading_order(path, span) for name, span in zip(KINDS, rendered.spans, strict=True)}


def _in_reading_order(path: Path, span: PageSpan) -> str:
    pages = ["-f", str(span.first), "-l", str(span.first + span.pages - 1)]
    return subprocess.run(
        ["pdftotext", "-raw", *pages, str(path), "-"], check=True, capture_output=True
    ).stdout.decode()


def _squeezed(text: str) -> str:
    return "".join(text.split())


def test_there_are_sixty_different_payloads() -> None:
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("name", KINDS)
def test_markup_is_printed_literally_on_every_kind_of_sheet(attacked: dict[str, str], name: str) -> None:
    printed = _squeezed(attacked[name])
    assert [payload for payload in PAYLOADS if _squeezed(payload)[:10] not in printed] == []


@pytest.mark.parametrize(
    "text", ["\u202e\u2066abc\u2069", "a\u200bb\u200d", "\x00\x07\x1b[31m", "ש" * 30, "字" * 3000, "x" * 3000]
)
def test_controls_and_endless_words_print_without_harm(text: str, tmp_path: Path) -> None:
    rows = (ShortRow(text, text, "袋", 2, 1, text),)
    sheet = ShortageList(SheetHead(text, "x", text), Totals(lines=1, units=1), (ShortBuilding(text, rows),))
    rendered = render_to_file([stamped(sheet)], tmp_path / "x.pdf", RenderLimits(processes=1))
    assert "SH-12-1-34" in text_of(tmp_path / "x.pdf", rendered.spans[0])


@pytest.mark.parametrize(
    "html",
    [
        "<img src=http://127.0.0.1:9/x.png>",
        "<img src=https://example.com/x.png>",
        "<img src=file:///etc/passwd>",
        "<img src='data:image/png;base64,AAAA'>",
        "<link rel=stylesheet href=file:///etc/passwd>",
        "<link rel=attachment href=file:///etc/passwd>",
        "<a rel=attachment href=file:///etc/passwd>x</a>",
        "<object data=file:///etc/passwd></object>",
        "<embed src=file:///etc/passwd>",
        "<style>@import 'http://127.0.0.1:9/x.css';</style>",
        "<style>body{background:url(file:///etc/passwd)}</style>",
        "<style>@font-face{font-family:x;src:url(file:///etc/passwd)} p{font-family:x}</style><p>x</p>",
        "<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd' width='9' height='9'/></svg>",
        "<img src=ftp://127.0.0.1/x>",
        "<img src='louda-asset:../../settings.py'>",
        "<img src='louda-asset:/etc/passwd'>",
    ],
)
def test_a_sheet_that_asks_for_anything_foreign_is_not_printed(html: str) -> None:
    with pytest.raises(ForbiddenFetch):
        render_chunk([html], max_pages=5)


def test_a_foreign_drawing_is_not_even_asked_for() -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg'><use href='file:///etc/passwd#x'/></svg>"
    assert render_chunk([drawing], max_pages=5).pages == (1,)


def test_the_fetcher_gives_codes_and_own_assets_only() -> None:
    fetcher = AssetFetcher()
    assert fetcher.fetch(qr_url("楼达 & <x>")).read().startswith(b"\x89PNG")
    assert b"@page" in fetcher.fetch("louda-asset:sheets.css").read()
    with pytest.raises(FatalURLFetchingError):
        fetcher.fetch("file:///etc/passwd")


def test_missing_characters_are_named() -> None:
    assert render_chunk(["<p>\U000f1234 a</p>"], max_pages=5).missing == ("\U000f1234",)


def test_a_sheet_with_too_many_pages_is_refused(tmp_path: Path) -> None:
    with RenderProcess(RenderLimits(pages=2)) as process, pytest.raises(RenderTooLarge):
        process.render(["<p style='break-after:page'>x</p>" * 4], tmp_path / "x.pdf")


def test_a_render_that_takes_too_long_is_killed_and_the_next_one_works(tmp_path: Path) -> None:
    with RenderProcess(RenderLimits(seconds=2)) as process, pytest.raises(RenderTimeout):
        process.render(["<table>" + "<tr><td>x<td>y<td>z" * 40_000], tmp_path / "x.pdf")
    with RenderProcess(RenderLimits()) as process:
        answer = process.render(["<p>x</p>"], tmp_path / "y.pdf")
    assert (answer.pages, answer.missing) == ((1,), "")


def test_a_render_that_wants_too_much_memory_dies_alone(tmp_path: Path) -> None:
    with RenderProcess(RenderLimits(memory_bytes=100 << 20)) as process, pytest.raises(RenderCrashed):
        process.render(["<table>" + "<tr><td>x<td>y<td>z" * 40_000], tmp_path / "x.pdf")


def test_a_killed_process_is_replaced_and_the_sheet_still_comes_out(tmp_path: Path) -> None:
    with RenderProcess(RenderLimits()) as process:
        process.render(["<p>x</p>"], tmp_path / "x.pdf")
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        while process.is_alive:
            time.sleep(0.01)  # so that the next chunk meets a broken pipe
        with pytest.raises(RenderCrashed):
            process.render(["<p>x</p>"], tmp_path / "x.pdf")
        assert process.render(["<p>y</p>"], tmp_path / "x.pdf").pages == (1,)
