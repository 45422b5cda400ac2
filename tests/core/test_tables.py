"""Files that people bring: what is read, and what is refused with a sentence."""

from __future__ import annotations

import io
import resource
import struct
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from flask import Flask

from app.core.errors import Conflict, Invalid
from app.core.input.imports import store_upload, stored_upload
from app.core.input.tables import WEB, TableLimits, read_sheets, read_table
from app.core.store.store import FolderStore
from tests import sample_data

pytestmark = pytest.mark.usefixtures("app")


def workbook(rows: list[list[object]], **parts: bytes) -> bytes:
    """An XLSX with one sheet; `parts` are further entries of the archive, name with __ for /."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("表")
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name.replace("__", "/"), body)
    return out.getvalue()


def refused(body: bytes, limits: TableLimits = WEB) -> str:
    with pytest.raises(Invalid) as error:
        read_sheets(body, limits)
    return str(error.value.problems["file"][0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_of_offices_is_read(encoding: str) -> None:
    body = "小区,楼栋\r\n杏花苑,12幢\r\n".encode(encoding)
    assert read_table(body).rows == [["小区", "楼栋"], ["杏花苑", "12幢"]]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_found_from_the_head(delimiter: str) -> None:
    assert read_table(f"a{delimiter}b\n1{delimiter}2\n".encode()).rows[1] == ["1", "2"]


def test_quoted_cells_may_hold_commas_and_lines() -> None:
    assert read_table(b'a,b\n"1,2","3\n4"\n').rows[1] == ["1,2", "3\n4"]


def test_a_workbook_is_read_as_text_with_whole_numbers_whole() -> None:
    rows = read_table(workbook([["编号", "价"], [102900011026618, 2.5], ["楼", True]])).rows
    assert rows[1:] == [["102900011026618", "2.5"], ["楼", "1"]]


@pytest.mark.parametrize(("data", "rows"), sample_data.both((13, 4), (120, 12)))
def test_an_export_of_a_group_order_is_read(data: Path, rows: tuple[int, int]) -> None:
    sheets = read_sheets((data / "orders/groupon_delivery_note/export.xlsx").read_bytes())
    assert [(sheet.name, len(sheet.rows)) for sheet in sheets][:2] == [
        ("顾客购买表", rows[0]),
        ("商品汇总表", rows[1]),
    ]


def lying_bomb() -> bytes:
    """An archive whose directory says 100 bytes where 30 MB come out."""
    body = bytearray(workbook([["a"]], **{"xl__bomb.xml": b"0" * 30_000_000}))
    start = body.rindex(b"xl/bomb.xml") - 46
    struct.pack_into("<I", body, start + 24, 100)
    return bytes(body)


def other_archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    return out.getvalue()


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t ",
    "picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 64,
    "pdf": b"%PDF-1.7\n\x00\x01\x02 binary \xff\xfe",
    "old excel": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512,
    "nul in text": "小区,楼\x00栋\n".encode(),
    "half an archive": workbook([["a", "b"]])[:900],
    "archive without a workbook": other_archive(),
    "macros": workbook([["a"]], **{"xl__vbaProject.bin": b"x"}),
    "external links": workbook([["a"]], **{"xl__externalLinks__externalLink1.xml": b"<x/>"}),
    "embedded object": workbook([["a"]], **{"xl__embeddings__oleObject1.bin": b"x"}),
    "entities": workbook([["a"]], **{"xl__extra.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'}),
    "bomb": workbook([["a"]], **{"xl__bomb.xml": b"0" * 60_000_000}),
    "bomb that lies": lying_bomb(),
    "many entries": workbook([["a"]], **{f"xl__n{n}.xml": b"<x/>" for n in range(250)}),
    "long cell": ("a\n" + "x" * 201 + "\n").encode(),
    "many columns": (",".join("a" for _ in range(101)) + "\n").encode(),
    "control character": b"a,b\n1,\x1b[31m\n",
    "many rows": b"a\n" + b"1\n" * 5001,
    "field without end": b'a,b\n"' + b"x" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_sentence_soon_and_without_memory(name: str) -> None:
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sentence = refused(HOSTILE[name])
    assert any("\u4e00" <= character <= "\u9fff" for character in sentence)
    assert time.monotonic() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_file_over_the_limit_is_refused_before_it_is_read() -> None:
    assert "5 MB" in refused(b"a" * (WEB.size + 1))


def test_a_sheet_that_claims_a_million_rows_is_refused() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "a")
    sheet.write(1_048_575, 16_383, "b")
    book.close()
    assert refused(out.getvalue())


def folder_store(folder: Path) -> FolderStore:
    return FolderStore({"documents": folder / "documents", "uploads": folder / "uploads"})


def test_an_upload_waits_under_its_digest_for_this_user_only(tmp_path: Path) -> None:
    store = folder_store(tmp_path)
    digest = store_upload(store, b"a,b\n")
    path = tmp_path / "uploads" / digest
    assert stored_upload(store, digest) == b"a,b\n"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 64])
def test_nothing_but_a_kept_upload_can_be_asked_for(tmp_path: Path, app: Flask, digest: str) -> None:
    with pytest.raises(Conflict):
        stored_upload(folder_store(tmp_path), digest)
