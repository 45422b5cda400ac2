"""Rendered files under the hash of their bytes, in the store: written whole or not at all."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

from flask import current_app

from app.core.db import db
from app.core.errors import NotFound
from app.core.store import mark
from app.core.store.chosen import store_of
from app.core.store.store import FolderStore, Store
from app.printing.renderer.chunk_cache import Shelf
from app.settings import Settings


def documents_dir() -> Path:
    """The folder of printed documents; made on first use, readable by this account alone."""
    settings: Settings = current_app.extensions["louda_settings"]
    settings.documents_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.documents_dir


def _key(sha256: str) -> str:
    return f"documents/{sha256}.pdf"


def _store() -> Store:
    return store_of(current_app.extensions["louda_settings"])


def opened(sha256: str) -> Path | BytesIO:
    """The file with this hash: where it lies, or its bytes from a shared store, which leave no copy on this machine.

    Raises NotFound where it is gone, StoreUnavailable.
    """
    store = _store()
    if isinstance(store, FolderStore):
        path = store.path(_key(sha256))
        if not path.is_file():
            raise NotFound
        return path
    body = store.read(_key(sha256))
    if body is None:
        raise NotFound
    return BytesIO(body)


def is_there(sha256: str) -> bool:
    """Whether the file with this hash is kept."""
    return _store().has(_key(sha256))


def forget(sha256: str) -> None:
    """Delete the file with this hash, if it is there."""
    _store().remove(_key(sha256))


def is_own_store() -> bool:
    """Whether the store is a folder of this installation or a bucket that carries the mark of this database."""
    store = _store()
    return not store.is_shared or mark.is_ours(db.engine, store)


def forget_unfinished(before: datetime) -> None:
    """Delete what died half-written before this instant."""
    _store().forget_unfinished(before)


def written_before(instant: datetime) -> set[str]:
    """The hashes of files that were stored before this instant."""
    old = (entry.key for entry in _store().entries("documents") if entry.written_at < instant)
    return {key.removeprefix("documents/").removesuffix(".pdf") for key in old}


def working_file(job_id: int, part: str = "sheets") -> Path:
    """A place in the same folder to write a file of a job; the same job writes over its own remains."""
    return documents_dir() / f".job-{job_id}-{part}.tmp"


def chunk_cache() -> Shelf:
    """Rendered chunks of prints that may be cut short; old ones are removed on the way."""
    settings: Settings = current_app.extensions["louda_settings"]
    found = Shelf(settings.data_dir / "print-chunks")
    found.tidy()
    return found


def store_file(written: Path) -> str:
    """Bring a finished file into the store under its hash, in one step; return the hash. Raises StoreUnavailable."""
    with written.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _store().add_file(_key(sha256), written)
    return sha256
