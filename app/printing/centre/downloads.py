"""Files that leave the print centre: one PDF, one a point, or a ZIP; pages are copied, nothing is rendered.

The same sheets give the same bytes: fixed order, fixed dates, numbered names.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO

from app.core.errors import NotFound
from app.printing import files
from app.printing.models import Document, DocumentState
from app.printing.pdf.merge import extract

_FIXED_DATE = (2020, 1, 1, 0, 0, 0)
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+')


@dataclass(frozen=True)
class ArchiveFile:
    """One file of an archive: its folder and name without ``.pdf``, and its sheets in order."""

    folder: str
    name: str
    documents: tuple[Document, ...]


def safe_name(text: str) -> str:
    """A name that every file system takes; Chinese stays as it is."""
    return " ".join(_UNSAFE.sub(" ", text).split()).strip(" .")[:80] or "-"


def pdf_of(documents: Sequence[Document]) -> BytesIO:
    """The pages of some sheets in one file; a version that was replaced is stamped as void.

    Raises:
        NotFound: no sheets, or a file is gone.
    """
    if not documents:
        raise NotFound
    opened = {sha256: files.opened(sha256) for sha256 in {row.sha256 for row in documents}}
    pieces = [(opened[row.sha256], row.first_page, row.pages) for row in documents]
    out = BytesIO()
    void = [row.number for row in documents if row.state == DocumentState.SUPERSEDED]
    extract(pieces, out, " ".join(void) if len(void) == len(documents) else "")
    out.seek(0)
    return out


def zip_of(parts: Iterable[ArchiveFile]) -> IO[bytes]:
    """An archive of PDFs, stored (they are compressed already); lies in a temporary file, not in memory.

    Raises:
        NotFound: nothing to put in, or a file is gone.
    """
    out = TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            entry = zipfile.ZipInfo(f"{safe_name(part.folder)}/{safe_name(part.name)}.pdf", _FIXED_DATE)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, pdf_of(part.documents).getvalue())
        is_empty = not archive.infolist()
    if is_empty:
        out.close()
        raise NotFound
    out.seek(0)
    return out
