"""Rendered chunks under the hash of what went in, so that a print that was cut short goes on where it stopped.

The key covers the HTML of all sheets of the chunk, the style sheet, the engine and its fonts' versions; whatever
changes one of them is another chunk. Kept for a day and within a size; the oldest leave first.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

from app.core import clock
from app.printing.renderer.process import ChunkAnswer

KEEP_BYTES = 256 << 20
KEEP_SECONDS = 24 * 3600
_STYLES = Path(__file__).resolve().parents[2] / "static" / "print"
_ENGINE = Path(__file__).resolve().parents[1]


@cache
def _engine() -> bytes:
    """What renders: library versions, style sheets and our own rendering modules."""
    digest = hashlib.sha256(" ".join(version(name) for name in ("weasyprint", "pydyf", "segno")).encode())
    for path in (*sorted(_STYLES.glob("*.css")), *sorted(_ENGINE.glob("pdf/**/*.py")), _ENGINE / "layout" / "qr.py"):
        digest.update(path.read_bytes())
    return digest.digest()


class Shelf:
    """A folder of chunks: a PDF and its answer under one name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def key(self, html: Sequence[str]) -> str:
        """The name of a chunk."""
        digest = hashlib.sha256(_engine())
        for sheet in html:
            digest.update(hashlib.sha256(sheet.encode("utf-8", "surrogatepass")).digest())
        return digest.hexdigest()

    def take(self, key: str, out: Path) -> ChunkAnswer | None:
        """Put a known chunk at ``out`` and return its answer; None if it is not there (or not whole)."""
        answer = self.folder / f"{key}.json"
        try:
            found = ChunkAnswer.of(json.loads(answer.read_text("utf-8")))
            shutil.copyfile(self.folder / f"{key}.pdf", out)
        except (OSError, ValueError, KeyError):
            return None
        os.utime(answer)
        return found

    def put(self, key: str, out: Path, answer: ChunkAnswer) -> None:
        """Keep a rendered chunk; the answer is written last, so a chunk without one does not count."""
        for path, data in ((f"{key}.pdf", out.read_bytes()), (f"{key}.json", json.dumps(answer.to_json()).encode())):
            half = self.folder / f".{path}.{os.getpid()}"
            half.write_bytes(data)
            os.replace(half, self.folder / path)

    def tidy(self, keep_bytes: int = KEEP_BYTES, keep_seconds: float = KEEP_SECONDS) -> int:
        """Remove what is older than a day, then the oldest until the rest fits; return the bytes that stay."""
        left, oldest_allowed = 0, clock.now().timestamp() - keep_seconds
        answers = sorted(self.folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for answer in answers:
            pdf = answer.with_suffix(".pdf")
            size = answer.stat().st_size + (pdf.stat().st_size if pdf.exists() else 0)
            if answer.stat().st_mtime < oldest_allowed or left + size > keep_bytes:
                answer.unlink(missing_ok=True)
                pdf.unlink(missing_ok=True)
            else:
                left += size
        return left
