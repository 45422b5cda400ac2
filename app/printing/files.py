"""Rendered files under the hash of their bytes: written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from flask import current_app

from app.printing.renderer.chunk_cache import Shelf
from app.settings import Settings


def documents_dir() -> Path:
    """The folder of printed documents; made on first use, readable by this account alone."""
    settings: Settings = current_app.extensions["louda_settings"]
    settings.documents_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.documents_dir


def path_of(sha256: str) -> Path:
    """Where the file with this hash lies."""
    return documents_dir() / f"{sha256}.pdf"


def working_file(job_id: int, part: str = "sheets") -> Path:
    """A place in the same folder to write a file of a job; the same job writes over its own remains."""
    return documents_dir() / f".job-{job_id}-{part}.tmp"


def chunk_cache() -> Shelf:
    """Rendered chunks of prints that may be cut short; old ones are removed on the way."""
    settings: Settings = current_app.extensions["louda_settings"]
    found = Shelf(settings.data_dir / "print-chunks")
    found.tidy()
    return found


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def store_file(written: Path) -> str:
    """Bring a finished file to disk under its hash, in one step; return the hash."""
    with written.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _sync(written)
    os.replace(written, path_of(sha256))
    _sync(documents_dir())
    return sha256
