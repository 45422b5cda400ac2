"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from sqlalchemy import Select, func, select

from app.core.db import db

T = TypeVar("T")
PER_PAGE = 50


@dataclass(frozen=True)
class Page(Generic[T]):
    """`rows` of page number `page` (from 1) out of `pages`; `total` rows in all."""

    rows: Sequence[T]
    page: int
    pages: int
    total: int
    url: Callable[[int], str]

    def url_for(self, number: int) -> str:
        """The address of another page of the same list."""
        return self.url(number)


def slice_page(rows: Sequence[T], page: str | int | None, url: Callable[[int], str], per: int = PER_PAGE) -> Page[T]:
    """One page of a list that is in memory already."""
    pages = max(1, -(-len(rows) // per))
    number = min(max(1, _number(page)), pages)
    return Page(rows[(number - 1) * per : number * per], number, pages, len(rows), url)


def _number(page: str | int | None) -> int:
    asked = str(page or "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1


def paginate(
    statement: Select[*tuple[Any, ...]],
    page: str | int | None,
    url: Callable[[int], str],
    per: int = PER_PAGE,
    count: Select[int] | None = None,
) -> Page[Any]:
    """The rows of one page of `statement`; a page number that makes no sense is the nearest one that does.

    `count` counts the same rows more cheaply, where the statement joins much. Two statements.
    Rows are scalars where the statement selects one column or entity, else Row objects.
    """
    counting = count if count is not None else select(func.count()).select_from(statement.order_by(None).subquery())
    total = db.session.scalar(counting) or 0
    pages = max(1, -(-total // per))
    number = min(max(1, _number(page)), pages)
    found = db.session.execute(statement.limit(per).offset((number - 1) * per))
    rows = found.scalars().all() if len(statement.column_descriptions) == 1 else found.all()
    return Page(rows, number, pages, total, url)


def page_url_of(path: str, filters: Iterable[tuple[str, str]]) -> Callable[[int], str]:
    """Addresses of the other pages of a list: the same path and filters, another page number."""
    kept = [(name, value) for name, value in filters if name != "page"]
    return lambda number: f"{path}?{urlencode([*kept, ('page', str(number))])}"
