"""Prints one of every kind of sheet in this process; `.ci/print-releases` runs it with other releases of WeasyPrint."""

from __future__ import annotations

from app.printing.pdf.html import html_of
from app.printing.pdf.patches import switch
from app.printing.pdf.release import installed_release
from app.printing.pdf.render import render_chunk
from tests.printing import invented
from tests.printing.invented_residents import for_residents


def main() -> None:
    is_fast = switch.install()
    sheets = {**invented.every_sheet(), **for_residents()}
    pages = boxes = 0
    for sheet in sheets.values():
        chunk = render_chunk([html_of(invented.stamped(sheet))], max_pages=50)
        pages, boxes = pages + sum(chunk.pages), boxes + len(chunk.boxes[0])
    print(
        f"WeasyPrint {installed_release()}, patches {'in' if is_fast else 'left out'}:"
        f" {len(sheets)} sheets, {pages} pages, {boxes} boxes"
    )


if __name__ == "__main__":
    main()
