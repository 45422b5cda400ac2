"""Read a workbook in a process of its own: `workbook_child.py FILE ROWS COLUMNS MEMORY`; all sheets as JSON on stdout.

Started by core/tables.py with limits on memory and time, since the file comes from somebody's phone. Imports nothing
of the application. Exit status 3: too large.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from datetime import date, datetime, time
from html import unescape
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
CPU_S = 10
TOO_LARGE = 3
_LINKS = "xl/_rels/workbook.xml.rels"


def text(value: Any) -> str:
    """A cell as text: 3.0 → "3", dates in ISO form."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def hidden_parts(path: str) -> dict[str, tuple[bool, list[int]]]:
    """Sheet name → (whether it is hidden, the numbers of its hidden rows), from the parts themselves."""
    found: dict[str, tuple[bool, list[int]]] = {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace") if _LINKS in names else ""
        targets = {
            _attribute(tag, "Id"): _attribute(tag, "Target") for tag in re.findall(r"<Relationship [^>]*>", links)
        }
        for tag in re.findall(r"<(?:\w+:)?sheet [^>]*>", book):
            part = "xl/" + targets.get(_attribute(tag, r"\w+:id"), "").removeprefix("/xl/")
            body = archive.read(part).decode("utf-8", "replace") if part in names else ""
            rows = [
                row for row in re.findall(r"<(?:\w+:)?row [^>]*>", body) if _attribute(row, "hidden") in ("1", "true")
            ]
            numbers = [int(number) for row in rows if (number := _attribute(row, "r")).isdigit()]
            name = unescape(_attribute(tag, "name"))
            found[name] = _attribute(tag, "state") in ("hidden", "veryHidden"), numbers
    return found


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\s{name}="([^"]*)"', tag)
    return match.group(1) if match else ""


def main(path: str, rows: int, columns: int, memory: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S * (4 if rows > 10_000 else 1),) * 2)
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(path)
    hidden = hidden_parts(path)
    sheets = []
    left = rows
    for name in workbook.sheet_names[:50]:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height > left or sheet.total_width > columns:
            return TOO_LARGE
        cells = [[text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        left -= len(cells)
        is_hidden, rows_hidden = hidden.get(name, (False, []))
        sheets.append([name, cells, is_hidden, rows_hidden])
    json.dump(sheets, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
