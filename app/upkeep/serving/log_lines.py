"""Lines of the log: text for people, or one JSON object a line (`LOUDA_LOG_FORMAT=json`) for a collector.

Of an exception both formats tell its type and the places in the program, never its own words: those of a database hold
the row that was refused, and so a telephone or a remark. The address of the request that failed is left out for the
same reason, it may be a door code. In development the whole traceback is shown.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from app.settings import ROOT, Settings

OWN_WORDS = "an error"
FOREIGN = ("gunicorn", "werkzeug", "sqlalchemy")  # they put addresses and rows into their words
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def places(error: BaseException) -> list[str]:
    """Where it was raised, outermost first, with what caused it: file, line and function, no values."""
    found: list[str] = []
    link: BaseException | None = error
    while link is not None and len(found) < 80:
        found.append(type(link).__name__)
        for frame in traceback.extract_tb(link.__traceback__):
            path = Path(frame.filename)
            name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else Path(*path.parts[-2:])
            found.append(f"{name}:{frame.lineno} {frame.name}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return found


def _words(record: logging.LogRecord) -> str:
    is_foreign = record.name.partition(".")[0] in FOREIGN
    is_address = record.funcName == "log_exception"  # Flask's own line about a request
    if is_address or (is_foreign and (record.exc_info or record.levelno >= logging.ERROR)):
        return OWN_WORDS
    return record.getMessage()


def _error_of(record: logging.LogRecord) -> BaseException | None:
    info = record.exc_info
    return info[1] if isinstance(info, tuple) else None


class DiscreetFormatter(logging.Formatter):
    """Text without what people wrote."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        line = f"{at} {record.levelname} {record.name}: {_words(record)}"
        error = _error_of(record)
        return line if error is None else "\n    ".join([line, *places(error)])


class JsonFormatter(logging.Formatter):
    """One object a line: at, level, logger, message, process, and of an exception its type and places."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _words(record),
            "process": record.process,
        }
        error = _error_of(record)
        if error is not None:
            told |= {"error": type(error).__name__, "places": places(error)}
        return json.dumps(told, ensure_ascii=False)


def formatter_of(settings: Settings) -> logging.Formatter | None:
    """None in development, where tracebacks are shown as Python writes them."""
    if settings.is_log_json:
        return JsonFormatter()
    return DiscreetFormatter() if settings.is_production else None


def write_lines(settings: Settings) -> None:
    """Have every logger of this process write such lines to standard error; again changes nothing."""
    formatter = formatter_of(settings)
    if formatter is None:
        return
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, DiscreetFormatter | JsonFormatter) for handler in root.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(formatter)
        root.addHandler(handler)


class ServerLogger(Logger):  # type: ignore[misc]
    """gunicorn's own log in the same lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        formatter = formatter_of(Settings.from_env())
        if formatter is not None:
            for handler in self.error_log.handlers:
                handler.setFormatter(formatter)
