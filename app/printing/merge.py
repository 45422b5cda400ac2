"""Joining and cutting PDF files; the same input gives the same bytes."""

from collections.abc import Sequence
from pathlib import Path

import pikepdf


def _save(pdf: pikepdf.Pdf, target: Path) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False):
        pass
    pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def merge(parts: Sequence[Path], target: Path) -> None:
    """Join ``parts`` in order into ``target``."""
    with pikepdf.new() as joined:
        for part in parts:
            with pikepdf.open(part) as source:
                joined.pages.extend(source.pages)
        _save(joined, target)


def extract(pieces: Sequence[tuple[Path, int, int]], target: Path) -> None:
    """Collect page ranges (file, first page from 1, pages) in order into ``target``.

    Raises:
        ValueError: a range lies outside its file.
    """
    with pikepdf.new() as joined:
        for path, first, count in pieces:
            with pikepdf.open(path) as source:
                if first < 1 or first - 1 + count > len(source.pages):
                    raise ValueError(f"pages {first}..{first + count - 1} are not in the file")
                joined.pages.extend(source.pages[first - 1 : first - 1 + count])
        _save(joined, target)
