"""Read a workbook in a process of its own: `workbook_child.py FILE ROWS COLUMNS MEMORY`; all sheets as JSON on stdout.

Started by core/tables.py with limits on memory and time, since the file comes from somebody's phone. Imports nothing
of the application. Exit status 3: too large.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

MEMORY_BYTES = 512 * 1024 * 1024
CPU_S = 10
TOO_LARGE = 3


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


def main(path: str, rows: int, columns: int, memory: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S * (4 if rows > 10_000 else 1),) * 2)
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(path)
    sheets = []
    left = rows
    for name in workbook.sheet_names[:50]:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height > left or sheet.total_width > columns:
            return TOO_LARGE
        cells = [[text(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
        left -= len(cells)
        sheets.append([name, cells])
    json.dump(sheets, sys.stdout, ensure_ascii=False)
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
