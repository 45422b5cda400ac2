"""Tables that people bring: CSV in the encodings of Chinese offices, XLSX; read safely, refused with a sentence.

Nothing of the file is believed: the kind is found from its bytes, an archive is measured before it is opened, and a
workbook is read by a child process with limits on memory and time (OWASP ASVS 5.2).
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from flask_babel import gettext as _

from app.core.errors import Invalid
from app.core.input import workbook_child

_MEGABYTE = 1024 * 1024
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DECLARATIONS = tuple(
    word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in ("ascii", "utf-16-le", "utf-16-be")
)
_LONGEST_DECLARATION = max(len(mark) for mark in _DECLARATIONS)
_MACROS = b"macroEnabled"
_END_OF_ARCHIVE = b"PK\x05\x06"
_FORBIDDEN_PARTS = ("vbaproject", "externallinks/", "activex", "embeddings/", "oleobject")


@dataclass(frozen=True, slots=True)
class TableLimits:
    """The most a file may be; `ratio` is unpacked to packed bytes of an archive."""

    size: int = 5 * _MEGABYTE
    rows: int = 5_000
    columns: int = 100
    cell: int = 200
    entries: int = 200
    unpacked: int = 50 * _MEGABYTE
    ratio: int = 50
    memory: int = workbook_child.MEMORY_BYTES
    seconds: int = 10


WEB = TableLimits()
OPERATOR = TableLimits(
    size=200 * _MEGABYTE, rows=500_000, unpacked=1000 * _MEGABYTE, memory=4096 * _MEGABYTE, seconds=120
)  # a file on the server's own disk, named on the command line


@dataclass(frozen=True, slots=True)
class TableSheet:
    """One sheet: its name ("" of a CSV) and its rows of cells as text, first row first, empty rows included.

    is_hidden: the workbook does not show it. hidden_rows: numbers of rows that it does not show, as by a filter.
    """

    name: str
    rows: list[list[str]]
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()


def read_sheets(body: bytes, limits: TableLimits = WEB) -> list[TableSheet]:
    """The sheets of a CSV or XLSX file. Raises Invalid with a sentence under "file"."""
    if len(body) > limits.size:
        raise refusal(_("文件超过 %(mb)s MB。", mb=limits.size // _MEGABYTE))
    if not body.strip():
        raise refusal(_("文件是空的。"))
    if body.startswith(_OLD_EXCEL):
        raise refusal(_("这是旧版 Excel 文件或加密的文件，请另存为不加密的 .xlsx 或 CSV 再上传。"))
    sheets = _workbook(body, limits) if body.startswith(b"PK") else [TableSheet("", _csv_rows(body, limits))]
    if sum(len(sheet.rows) for sheet in sheets) > limits.rows + 1:
        raise refusal(_("超过 %(rows)s 行，请分成几个文件。", rows=limits.rows))
    for sheet in sheets:
        _check_cells(sheet, limits)
    return sheets


def read_table(body: bytes, limits: TableLimits = WEB) -> TableSheet:
    """The first sheet that holds anything. Raises Invalid."""
    for sheet in read_sheets(body, limits):
        if any(cell.strip() for row in sheet.rows for cell in row):
            return sheet
    raise refusal(_("文件是空的。"))


def refusal(sentence: str) -> Invalid:
    """A file that cannot be read, and why."""
    return Invalid({"file": [sentence]})


def _check_cells(sheet: TableSheet, limits: TableLimits) -> None:
    for number, row in enumerate(sheet.rows, start=1):
        if len(row) > limits.columns:
            raise refusal(_("第 %(row)s 行超过 %(columns)s 列。", row=number, columns=limits.columns))
        for place, cell in enumerate(row, start=1):
            if len(cell) > limits.cell:
                raise refusal(
                    _("第 %(row)s 行第 %(column)s 列超过 %(most)s 个字。", row=number, column=place, most=limits.cell)
                )
            if not cell.isprintable() and any(ord(c) < 32 and c not in "\t\r\n" for c in cell):
                raise refusal(_("第 %(row)s 行第 %(column)s 列含有不能显示的字符。", row=number, column=place))


# --- text -------------------------------------------------------------------------------------------------------------
def _csv_rows(body: bytes, limits: TableLimits) -> list[list[str]]:
    text = _decoded(body)
    first = text.split("\n", 1)[0]
    delimiter = max(",\t;，", key=first.count)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > limits.rows + 1:
                break
    except csv.Error as error:
        raise refusal(_("第 %(row)s 行读不出来，请检查引号。", row=len(rows) + 1)) from error
    return rows


def _decoded(body: bytes) -> str:
    encodings = ("utf-16",) if body.startswith(_UTF16) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if any(ord(c) < 32 and c not in "\t\r\n" for c in text[:4000]):
            break
        return text
    raise refusal(_("这不是表格：只收 .xlsx 和 CSV（UTF-8 或 GB18030）。"))


# --- workbooks --------------------------------------------------------------------------------------------------------
def _workbook(body: bytes, limits: TableLimits) -> list[TableSheet]:
    try:
        _measure(body, limits)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, EOFError, OSError) as error:
        raise refusal(_("文件已损坏或加密，打不开。")) from error
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(body)
        file.flush()
        return _read_in_child(Path(file.name), limits)


def _count_entries(body: bytes, limits: TableLimits) -> None:
    """Refuse an archive by the size of its list of entries, before that list is read (APPNOTE 4.3.16)."""
    at = body.rfind(_END_OF_ARCHIVE, max(0, len(body) - 66_000))
    size = int.from_bytes(body[at + 12 : at + 16], "little") if at >= 0 else 0
    if size > limits.entries * 512:
        raise refusal(_("压缩包里的文件太多。"))


def _measure(body: bytes, limits: TableLimits) -> None:
    _count_entries(body, limits)
    archive = zipfile.ZipFile(io.BytesIO(body))
    entries = archive.infolist()
    names = [entry.filename.lower() for entry in entries]
    if "xl/workbook.xml" not in names:
        raise refusal(_("压缩包不是 Excel 表格。"))
    if any(part in name for name in names for part in _FORBIDDEN_PARTS):
        raise refusal(_("表格里有宏、外部链接或嵌入的文件，请另存为普通 .xlsx。"))
    total = 0
    for entry in entries:
        total += entry.file_size
        bomb = entry.file_size > _MEGABYTE and entry.file_size > limits.ratio * max(entry.compress_size, 1)
        if len(entries) > limits.entries or total > limits.unpacked or bomb:
            raise refusal(_("压缩包解开后太大。"))
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels")):
            _check_part(archive, entry)


def _check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read a part to its end, so that a size or checksum that lies is found here; refuse declarations of entities
    wherever they stand, and the content types of workbooks with macros.
    """
    is_types = entry.filename.lower() == "[content_types].xml"
    with archive.open(entry) as part:
        tail = b""
        while chunk := part.read(_MEGABYTE):
            seen = tail + chunk
            if any(mark in seen for mark in _DECLARATIONS):
                raise refusal(_("表格里有不允许的声明，请用 Excel 或 WPS 另存一次。"))
            if is_types and _MACROS in seen:
                raise refusal(_("表格里有宏、外部链接或嵌入的文件，请另存为普通 .xlsx。"))
            tail = chunk[-_LONGEST_DECLARATION:]


def _read_in_child(path: Path, limits: TableLimits) -> list[TableSheet]:
    call = [sys.executable, "-I", workbook_child.__file__, str(path)]
    call += [str(limits.rows + 1), str(limits.columns), str(limits.memory)]
    try:
        done = subprocess.run(call, capture_output=True, timeout=limits.seconds, check=False)  # noqa: S603 - own script
    except subprocess.TimeoutExpired as error:
        raise refusal(_("表格太复杂，读了很久也没有读完。")) from error
    if done.returncode == workbook_child.TOO_LARGE:
        raise refusal(_("超过 %(rows)s 行，请分成几个文件。", rows=limits.rows))
    if done.returncode != 0:
        raise refusal(_("表格读不出来，可能已损坏。请用 Excel 或 WPS 另存一次。"))
    return [
        TableSheet(name, rows, is_hidden, frozenset(hidden))
        for name, rows, is_hidden, hidden in json.loads(done.stdout)
    ]
