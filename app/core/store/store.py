"""One small protocol for finished files: written once under their key, read whole, never changed.

A folder by default; with `LOUDA_STORE_URL=s3://bucket/prefix` a bucket of any S3 service, which several machines share
(credentials and endpoint by the service's own variables, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL` and the like; library:
obstore). The folder is not obstore's: what was acknowledged must be on the disk, and that library does not wait for it.

Keys hold no personal data. Where a key ends in the SHA-256 of the bytes they are compared at each read from a bucket.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from flask_babel import lazy_gettext as _l

from app.core.errors import LoudaError

_KEY = re.compile(r"[a-z]+/[0-9a-f]{8,64}(\.[a-z]+)?")


class StoreUnavailable(LoudaError):
    """The store does not answer, refuses its credentials, or gives other bytes than were stored. Nothing was lost."""

    status = 503

    def __init__(self) -> None:
        super().__init__(_l("存放单据的地方暂时没有回应，没有丢失任何内容。请稍后再试；若仍不行，请告诉管理员。"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored file: its key, its size in bytes, when it was written."""

    key: str
    size: int
    written_at: datetime


class Store(Protocol):
    """What both kinds can do. Keys look like `documents/<sha256>.pdf`. Each raises StoreUnavailable."""

    is_shared: bool

    def add(self, key: str, body: bytes) -> None:
        """Keep the bytes. A document that is there already stays as it is: its key says what it holds."""

    def add_file(self, key: str, written: Path) -> None:
        """Keep a finished file, which goes from where it was written."""

    def read(self, key: str) -> bytes | None:
        """The bytes, or None where there is no such file."""

    def has(self, key: str) -> bool:
        """Whether there is such a file."""

    def remove(self, key: str) -> None:
        """Delete the file if it is there."""

    def forget_unfinished(self, before: datetime) -> None:
        """Delete what was being written when its process died, before this instant."""

    def entries(self, kind: str) -> Iterator[Entry]:
        """All files whose key begins with `<kind>/`, in no order."""


class FolderStore:
    """Files below a folder, readable by this account alone; `documents/` lies where it always did."""

    is_shared = False

    def __init__(self, folders: dict[str, Path]) -> None:
        self._folders = folders

    def path(self, key: str) -> Path:
        """Where a file lies. Raises ValueError for a key that names no file of ours."""
        if not _KEY.fullmatch(key):
            raise ValueError(key)
        kind, name = key.split("/")
        return self._folders["documents"] / f".mark-{name}" if kind == "marks" else self._folders[kind] / name

    def add(self, key: str, body: bytes) -> None:
        path = self.path(key)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.part{os.getpid()}-{threading.get_ident()}")
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(body)
            self.add_file(key, partial)
        except OSError as error:
            raise StoreUnavailable from error

    def add_file(self, key: str, written: Path) -> None:
        path = self.path(key)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync(written)
            os.replace(written, path)
            sync(path.parent)
        except OSError as error:
            raise StoreUnavailable from error

    def forget_unfinished(self, before: datetime) -> None:
        for folder in {*self._folders.values()}:
            for path in folder.iterdir() if folder.is_dir() else ():
                is_rest = path.name.startswith(".") and not path.name.startswith(".mark-") and path.is_file()
                if is_rest and path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)

    def read(self, key: str) -> bytes | None:
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable from error

    def has(self, key: str) -> bool:
        return self.path(key).is_file()

    def remove(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def entries(self, kind: str) -> Iterator[Entry]:
        folder, hidden = (self._folders["documents"], ".mark-") if kind == "marks" else (self._folders[kind], "")
        for path in folder.iterdir() if folder.is_dir() else ():
            name = path.name.removeprefix(hidden)
            if path.name == f"{hidden}{name}" and _KEY.fullmatch(f"{kind}/{name}") and path.is_file():
                seen = path.stat()
                yield Entry(f"{kind}/{name}", seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC))


def sync(path: Path) -> None:
    """Wait until a file or a folder's names are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
