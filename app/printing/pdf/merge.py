"""Joining and cutting PDF files; the same input gives the same bytes."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pikepdf

from app.printing.pdf.marks import CornerMarks
from app.printing.pdf.page_codes import draw_code
from app.printing.pdf.voiding import stamp_void

Coded = Mapping[int, tuple[str, int]]
"""Page of the file → number of its sheet, and which page of it this is; both from 1."""


def _save(pdf: pikepdf.Pdf, target: Path | BytesIO) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False):
        pass
    pdf.save(
        target,
        deterministic_id=True,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        progress=_let_others_run,
    )


def _let_others_run(_percent: int) -> None:
    """Writing holds the interpreter: returning to it now and then lets another thread tell how far the work is."""


def merge(parts: Sequence[Path], target: Path, marked: Collection[int] = (), coded: Coded | None = None) -> None:
    """Join ``parts`` in order into ``target``; pages of it that are ``marked`` (from 1) get corner marks, those that
    are ``coded`` the code of their sheet and page."""
    with pikepdf.new() as joined:
        for part in parts:
            with pikepdf.open(part) as source:
                joined.pages.extend(source.pages)
        marks = CornerMarks(joined)
        for number in sorted(marked):
            marks.draw_on(joined.pages[number - 1])
        for number, (sheet, at) in sorted((coded or {}).items()):
            draw_code(joined, joined.pages[number - 1], sheet, at)
        _save(joined, target)


def extract(pieces: Sequence[tuple[Path | BytesIO, int, int]], target: Path | BytesIO, void_note: str = "") -> None:
    """Collect page ranges (file, first page from 1, pages) in order into ``target``; with a note, stamped as void.

    Raises:
        ValueError: a range lies outside its file.
    """
    with ExitStack() as stack:
        joined = stack.enter_context(pikepdf.new())
        opened = {
            path: stack.enter_context(pikepdf.open(path)) for path in dict.fromkeys(path for path, _, _ in pieces)
        }
        for path, first, count in pieces:
            pages = opened[path].pages
            if first < 1 or first - 1 + count > len(pages):
                raise ValueError(f"pages {first}..{first + count - 1} are not in the file")
            joined.pages.extend(pages[first - 1 : first - 1 + count])
        if void_note:
            stamp_void(joined, void_note)
        _save(joined, target)
