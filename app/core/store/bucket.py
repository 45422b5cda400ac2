"""A bucket of any S3 service as the store, by obstore: several machines share it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import S3Store

from app.core.store.store import Entry, FolderStore, StoreUnavailable
from app.settings import TRUE_WORDS

TIMEOUT = timedelta(seconds=20)
TRIES = 3


class BucketStore:
    """Objects of an S3 bucket. What lay in the folder before the bucket was chosen is read there until it is moved."""

    is_shared = True

    def __init__(self, url: str, before: FolderStore) -> None:
        self._before = before
        is_plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in TRUE_WORDS  # lost once there are options of our own
        self._bucket = S3Store.from_url(
            url,
            client_options={"timeout": TIMEOUT, "connect_timeout": timedelta(seconds=5), "allow_http": is_plain},
            retry_config={"max_retries": TRIES - 1, "retry_timeout": TIMEOUT},
        )

    def add(self, key: str, body: bytes) -> None:
        try:
            obstore.put(self._bucket, key, body, mode="create" if key.startswith("documents/") else "overwrite")
        except AlreadyExistsError:
            pass  # the key is the hash of the bytes: the same file
        except (BaseError, OSError) as error:
            raise StoreUnavailable from error

    def add_file(self, key: str, written: Path) -> None:
        self.add(key, written.read_bytes())
        written.unlink()

    def read(self, key: str) -> bytes | None:
        try:
            body = obstore.get(self._bucket, key).bytes().to_bytes()
        except FileNotFoundError:
            return self._before.read(key)
        except (BaseError, OSError) as error:
            raise StoreUnavailable from error
        named = re.search(r"/([0-9a-f]{64})(\.|$)", key)
        if named and hashlib.sha256(body).hexdigest() != named[1]:
            raise StoreUnavailable
        return body

    def has(self, key: str) -> bool:
        try:
            obstore.head(self._bucket, key)
        except FileNotFoundError:
            return self._before.has(key)
        except (BaseError, OSError) as error:
            raise StoreUnavailable from error
        return True

    def remove(self, key: str) -> None:
        try:
            obstore.delete(self._bucket, key)
        except FileNotFoundError:
            pass
        except (BaseError, OSError) as error:
            raise StoreUnavailable from error
        self._before.remove(key)

    def forget_unfinished(self, before: datetime) -> None:
        self._before.forget_unfinished(before)  # a bucket shows nothing before it is whole

    def entries(self, kind: str) -> Iterator[Entry]:
        try:
            for found in obstore.list(self._bucket, prefix=kind):
                for one in found:
                    yield Entry(one["path"], one["size"], one["last_modified"])
        except (BaseError, OSError) as error:
            raise StoreUnavailable from error
        yield from self._before.entries(kind)

    def move_here(self, key: str) -> None:
        """Bring one file of the folder into the bucket; the folder's goes once the bucket gives the same bytes back."""
        body = self._before.read(key)
        if body is None:
            return
        self.add(key, body)
        if self.read(key) != body:
            raise StoreUnavailable
        self._before.remove(key)

    def unmoved(self, kind: str) -> Iterator[Entry]:
        """What lies in the folder still."""
        return self._before.entries(kind)
