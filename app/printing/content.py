"""Canonical content hash of a sheet: equal contexts give equal hashes, on every machine and in every year.

The hashes of what was printed stay in the database, and the name of a class is part of them: a class that is renamed
keeps its former name for them in ``hashed_as``. Otherwise a sheet that is printed again would be a new version, with
all its rows marked, though nothing on it has changed, and the paper in people's hands would be void.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any


def hashed_name(kind: type) -> str:
    """The name of a class in hashes; ``hashed_as`` is its own, never that of the class it is derived from."""
    return str(vars(kind).get("hashed_as", kind.__name__))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return {"": hashed_name(type(value)), **fields}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    raise TypeError(f"a sheet context may not hold {type(value).__name__}")


def canonical_json(value: Any) -> bytes:
    """Return one fixed JSON form of a context of dataclasses, tuples, integers, dates and text.

    Raises:
        TypeError: the context holds something without a canonical form, for example a float or a set.
    """
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_hash(value: Any) -> str:
    """Return the SHA-256 (64 hex digits) of the canonical form of ``value``."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
