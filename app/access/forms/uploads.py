"""The file of a submitted form, and where it waits between preview and commit."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _

from app.access.sessions import settings
from app.core.input import imports
from app.core.input.tables import WEB, refusal
from app.core.store.chosen import store_of


def uploaded_body(field: str = "file") -> bytes:
    """The uploaded file, read up to one byte over the limit. Raises Invalid where there is none."""
    file = request.files.get(field)
    if file is None or not file.filename:
        raise refusal(_("请选择文件。"))
    return file.stream.read(WEB.size + 1)


def store_upload(body: bytes) -> str:
    """Keep a file for its commit; returns what it is asked for by."""
    return imports.store_upload(store_of(settings()), body)


def stored_upload(digest: str) -> bytes:
    """A file that was kept. Raises Conflict where it is gone."""
    return imports.stored_upload(store_of(settings()), digest)
