"""State machines: each model with decisions declares its legal steps, and `advance` is the only way along them."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from flask_babel import gettext as _

from app.core.errors import Conflict


class Stateful(Protocol):
    """A model with a `state` column and its table of legal steps: state → states that may follow."""

    LEGAL: ClassVar[dict[str, frozenset[str]]]
    state: Any


def is_legal(row: Stateful, to: str) -> bool:
    """Whether `row` may step to `to` now."""
    return to in row.LEGAL.get(str(row.state), frozenset())


def advance(row: Stateful, to: str) -> None:
    """Step `row` to `to`. Raises Conflict (409), writing nothing, where the table does not allow it."""
    if not is_legal(row, to):
        now, wanted = label_of(row, row.state), label_of(row, to)
        raise Conflict(_("当前状态是“%(now)s”，不能变为“%(to)s”。", now=now, to=wanted))
    row.state = to


def label_of(row: Stateful, state: Any) -> str:
    """A state of `row` in the reader's language. The row itself holds only the stored word, whoever wrote it."""
    table = getattr(row, "__table__", None)
    vocabulary = table.c.state.info["choices"][1] if table is not None else None
    named = vocabulary(str(state)) if vocabulary is not None else state
    return str(getattr(named, "label", named))


def steps(**table: str) -> dict[str, frozenset[str]]:
    """Write a table of legal steps: ``steps(draft="open cancelled", open="locked")``."""
    return {state: frozenset(following.split()) for state, following in table.items()}
