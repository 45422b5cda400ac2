"""The store that an installation has chosen by its settings."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from app.core.store.store import FolderStore, Store
from app.settings import Settings


def store_of(settings: Settings) -> Store:
    """The store of an installation."""
    return _bucket(settings.store_url, settings.documents_dir, settings.data_dir) or folder_of(settings)


def folder_of(settings: Settings) -> FolderStore:
    """The folders of this machine, which hold everything where no bucket is set."""
    return _folder(settings.documents_dir, settings.data_dir)


def _folder(documents: Path, data: Path) -> FolderStore:
    return FolderStore({"documents": documents, "uploads": data / "uploads"})


@cache
def _bucket(url: str, documents: Path, data: Path) -> Store | None:
    """One client for a process: it keeps its connections."""
    if not url:
        return None
    from app.core.store.bucket import BucketStore  # nobody else needs that library

    return BucketStore(url, _folder(documents, data))
