"""Files made to hurt are refused with a sentence, quickly and in little memory."""

from __future__ import annotations

import io
import random
import resource
import time
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from app.core.errors import Invalid
from app.core.input.tables import WEB, read_sheets

SECONDS = 6  # of CPU, this process and the reading child together; a refusal by measure takes a few hundredths


def good(rows: int = 3) -> bytes:
    """An ordinary small workbook."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    for row in range(rows):
        sheet.write_row(row, 0, ["桂花苑", "2号楼", "101", "青菜", row])
    book.close()
    return buffer.getvalue()


def with_part(name: str, content: bytes, *, replaces: bool = True, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The ordinary workbook with one part more, or another."""
    buffer, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(good()))
    with zipfile.ZipFile(buffer, "w", method) as target:
        for entry in source.infolist():
            if not (replaces and entry.filename == name):
                target.writestr(entry.filename, source.read(entry.filename))
        target.writestr(name, content)
    return buffer.getvalue()


def sheet(rows: bytes, dimension: bytes = b"A1:E3") -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    body = (
        b"<worksheet "
        + space
        + b'><dimension ref="'
        + dimension
        + b'"/><sheetData>'
        + rows
        + b"</sheetData></worksheet>"
    )
    return b'<?xml version="1.0" encoding="UTF-8"?>' + body


CELL = b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
FAR = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
ENTITIES = b'<!DOCTYPE a [<!ENTITY b "' + b"b" * 60_000 + b'">]>'
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def many_entries() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", b"<a/>")
        for number in range(40_000):
            archive.writestr(f"{number}", b"")
    return buffer.getvalue()


def random_strings() -> bytes:
    chance = random.Random(1)
    strings = b"".join(b"<si><t>%d</t></si>" % chance.randrange(10**9) for _ in range(250_000))
    return with_part(STRINGS, b'<?xml version="1.0"?><sst count="1" uniqueCount="1">' + strings + b"</sst>")


BEHIND_COMMENT = b"<!--" + b"a" * 5000 + b"-->" + ENTITIES + b"<sst/>"
USED = ENTITIES + b"<sst>" + b"&b;" * 60_000 + b"</sst>"
NOISE = random.Random(2).randbytes((1 << 20) - 12).replace(b"-", b"a")
ACROSS = b"<!--" + NOISE + b"-->" + ENTITIES
MACRO_TYPES = b"<Types>application/vnd.ms-excel.sheet.macroEnabled.main+xml</Types>"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a part that unpacks to 200 MB": lambda: with_part(SHEET, sheet(b" " * (200 << 20))),
    "more than 50 MB in all": lambda: with_part("xl/a.xml", b"<a>" + b"a" * (60 << 20) + b"</a>"),
    "declarations of entities at the beginning": lambda: with_part(STRINGS, USED),
    "declarations behind 5 kB of comment": lambda: with_part(STRINGS, BEHIND_COMMENT),
    "declarations across the border of two chunks": lambda: with_part(STRINGS, ACROSS, method=zipfile.ZIP_STORED),
    "declarations in UTF-16": lambda: with_part(STRINGS, '<?xml version="1.0"?><!DOCTYPE a []><sst/>'.encode("utf-16")),
    "forty thousand entries": many_entries,
    "macros": lambda: with_part("xl/vbaProject.bin", b"x"),
    "a renamed .xlsm": lambda: with_part("[Content_Types].xml", MACRO_TYPES),
    "links to other workbooks": lambda: with_part("xl/externalLinks/externalLink1.xml", b"<a/>"),
    "embedded objects": lambda: with_part("xl/embeddings/oleObject1.bin", b"x"),
    "a sheet that claims and fills two far corners": lambda: with_part(SHEET, sheet(CELL + FAR, b"A1:XFD1048576")),
    "no workbook at all": lambda: b"PK\x03\x04" + b"x" * 1000,
    "half a workbook": lambda: good()[:-200],
    "an old or encrypted workbook": lambda: b"\xd0\xcf\x11\xe0" + b"\0" * 4096,
}  # fmt: skip


def spent() -> float:
    """CPU seconds of this process and of the children it waited for."""
    mine, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return mine.ru_utime + mine.ru_stime + children.ru_utime + children.ru_stime


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_file_made_to_hurt_is_refused_quickly(app, name: str) -> None:
    body = HOSTILE[name]()
    assert len(body) <= WEB.size
    begin = spent()
    with pytest.raises(Invalid) as refused:
        read_sheets(body)
    assert spent() - begin < SECONDS
    assert str(refused.value)


def test_a_lie_about_the_used_range_many_strings_and_deep_nesting_do_no_harm(app) -> None:
    begin = time.process_time()
    assert read_sheets(with_part(SHEET, sheet(CELL, b"A1:XFD1048576")))[0].rows == [["x"]]
    assert read_sheets(random_strings())[0].rows
    assert read_sheets(with_part(SHEET, sheet(b"<a>" * 300_000)))[0].rows == []
    assert time.process_time() - begin < SECONDS


def test_formulas_are_never_worked_out(app) -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet()
    page.write_formula(0, 0, '=WEBSERVICE("http://example.org")', value="2")
    page.write_string(0, 1, "=1+1")
    book.close()
    assert read_sheets(buffer.getvalue())[0].rows == [["2", "=1+1"]]


def test_an_ordinary_workbook_is_read(app) -> None:
    assert read_sheets(good())[0].rows[2] == ["桂花苑", "2号楼", "101", "青菜", "2"]
